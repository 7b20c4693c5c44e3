"""Certificates: proof in linear time, without SAT, that a netlist computes what a cell or a folded network says."""

from bridge.equivalence.certificate.certify import certify

__all__ = ["certify"]
