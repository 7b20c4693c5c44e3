"""Certificates: a proof, in linear time and without SAT, that a netlist computes what a cell says."""

from bridge.equivalence.certificate.certify import certify

__all__ = ["certify"]
