"""A netlist rewritten for few real ANDs, piece by piece between its points, so that it is proven piece by piece."""

from __future__ import annotations

from bridge.aig.cut import cut
from bridge.aig.graph import Aig
from bridge.aig.join import join
from bridge.aig.xag.network import ROUNDS, xag


def with_few_ands(aig: Aig, rounds: int = ROUNDS) -> Aig:
    """The netlist, with its points, of which `xag(_, 0)` is as small as `xag(_, rounds)` makes the pieces.

    An XOR is three ANDs in it, so it has more ANDs than before.
    """
    form = cut(aig)
    return join(aig, xag(form, rounds).to_aig(form))
