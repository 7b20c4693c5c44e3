"""Certificates: a proof, in linear time and without SAT, that a netlist computes what a cell or a folded network says."""

from bridge.equivalence.certificate.certify import certify

__all__ = ["certify"]
