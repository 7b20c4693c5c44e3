"""Proofs: do two netlists compute the same, and if not, for which input?"""

from bridge.equivalence.check import both_opinions, check_equivalence, second_opinion
from bridge.equivalence.cutting import check_shape, cone, core, cut, cut_names, join
from bridge.equivalence.interface import aligned
from bridge.equivalence.verdict import Answer, Verdict

__all__ = [
    "Answer",
    "Verdict",
    "aligned",
    "both_opinions",
    "check_equivalence",
    "check_shape",
    "cone",
    "core",
    "cut",
    "cut_names",
    "join",
    "second_opinion",
]
