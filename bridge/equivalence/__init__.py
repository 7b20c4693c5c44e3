"""Proofs: do two netlists compute the same, and if not, for which input?"""

from bridge.equivalence.alphabet import check_where_cared
from bridge.equivalence.check import check_equivalence, second_opinion
from bridge.equivalence.netlists import check_netlists
from bridge.equivalence.reduction import classes_of, images_of, literals_of
from bridge.equivalence.selftest import ENGINES, fault_of, pairs_of
from bridge.equivalence.sequential import alike, check_machines, check_removal, confirm_machines
from bridge.equivalence.trust import ALONE, CONFIRMED, SHARE, Confirmations, base_of, both_opinions
from bridge.equivalence.verdict import Answer, Verdict
from bridge.equivalence.witness import explained, shortened

__all__ = [
    "ALONE",
    "CONFIRMED",
    "ENGINES",
    "SHARE",
    "Answer",
    "Confirmations",
    "Verdict",
    "alike",
    "base_of",
    "both_opinions",
    "check_equivalence",
    "check_machines",
    "check_netlists",
    "check_removal",
    "check_where_cared",
    "classes_of",
    "confirm_machines",
    "explained",
    "fault_of",
    "images_of",
    "literals_of",
    "pairs_of",
    "second_opinion",
    "shortened",
]
