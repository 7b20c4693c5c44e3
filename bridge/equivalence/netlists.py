"""`check_netlists`: are two netlists from anywhere equivalent, and if not, what shows it, in one sentence?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bridge.aig import Aig
from bridge.equivalence.alphabet import check_where_cared
from bridge.equivalence.matching import paired
from bridge.equivalence.sequential import check_machines
from bridge.equivalence.verdict import Verdict
from bridge.equivalence.witness import explained, shortened


def check_netlists(
    a: Aig, b: Aig, check: Callable[[Aig, Aig], Verdict] = check_machines, *, by_order: bool = False
) -> Verdict:
    """`check` after the netlists were brought to one interface, see `matching`; `notes` of the verdict say how.

    `by_order`: match inputs, outputs and latches by their place instead of by name. The names of a counterexample are
    those of `a`, which its sentence calls A. Raises InputError when the netlists cannot be compared, and as `check`.
    """
    pair = paired(a, b, by_order=by_order)
    verdict = check_where_cared(pair.a, pair.b, lambda x, y: shortened(x, y, check(x, y)))
    method = "; ".join([verdict.method, *pair.terms])
    return replace(explained(pair.a, pair.b, verdict), method=method, notes=pair.notes)
