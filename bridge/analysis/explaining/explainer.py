"""Why a model predicts what it does at a place of a text, or in a row: `explain`, and `Explainer` for many places."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import parse
from bridge.analysis.explaining.effects import Asked, Flips, Swaps
from bridge.analysis.explaining.explanation import Explanation, Likely, Margin
from bridge.analysis.explaining.head import Head
from bridge.analysis.explaining.parts import parts_of
from bridge.analysis.explaining.place import Place, RowPlaces, TextPlaces
from bridge.analysis.explaining.reason import SECONDS, Reason, Reasons
from bridge.analysis.explaining.terms import margin_terms, node_terms, values_at
from bridge.analysis.places import placed, same_nodes, told
from bridge.analysis.reachability import spread
from bridge.analysis.signals import point_bits, state_bits
from bridge.arrays import Ints
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.execution.rows import Rows
from bridge.printable import in_quotes

HORIZON, FARTHEST = 8, 64
TOP = 8  # symbols told

Symbol = str | int | bytes


class Explainer:
    """A model with a text, or with rows of numbers, whose states are kept: a place costs a moment.

    InputError where the model does not read that, or its comment does not say what its numbers are.
    """

    def __init__(self, model: Cell | Aig, read: bytes | Rows) -> None:
        check_text(read)
        self.cell = model if isinstance(model, Cell) else None
        aig = placed(model)
        self.head = Head.of(aig, _points(aig))
        if isinstance(read, bytes) and self.head.readout is None:
            raise InputError(f"{aig.name!r} gives scores: ask about a row of numbers (--data), not about a text")
        if not isinstance(read, bytes) and self.head.readout is not None:
            raise InputError(f"{aig.name!r} predicts bytes: ask about a text (--text), not about a row of numbers")
        self._places = TextPlaces(self.head.aig, read) if isinstance(read, bytes) else RowPlaces(self.head.aig, read)
        self._parts, self._swaps = parts_of(self.head.aig), Swaps(self.head)

    def __repr__(self) -> str:
        return f"<Explainer of {self.head.aig.name!r}>"

    @cached_property
    def _flips(self) -> Flips:
        return Flips(self.head, self.cell)

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self.head, self.cell, self._parts)

    @cached_property
    def _notes(self) -> tuple[str, ...]:
        """What a netlist without its cell cannot tell."""
        if self.cell is not None:
            return ()
        same = told(same_nodes(self.head.aig, (*state_bits(self.head.aig), *point_bits(self.head.aig))))
        return tuple(filter(None, (same, "the terms of the margin by neuron need the cell; this is a netlist")))

    def at(self, at: int, *, against: Symbol | None = None, horizon: int = HORIZON) -> Explanation:
        """Of the prediction of byte `at`, after byte `at` - 1 was read; or of row `at`.

        against: the symbol or class that the likeliest is compared with, by default the runner-up; horizon: how many
        steps back what was read is swapped. InputError for a place, a symbol or a horizon that there is not.
        """
        place = self._places.at(at, _checked(horizon))
        numbers = self._swaps.numbers(place)
        asked = self._asked(place, numbers, against)
        swaps = self._swaps.effects(place, self._parts, asked, numbers)
        flips = self._flips
        known = place.truth >= 0
        return Explanation(
            at,
            place.context,
            truth=in_quotes(bytes([place.truth])) if known else None,
            cost=float(self.head.costs(numbers[None], place.truth)[0]) if known else None,
            likely=self._likely(numbers),
            margin=self._margin(place, numbers, asked),
            effects=flips.effects(place, asked, numbers),
            states=flips.states,
            swaps=tuple(swaps),
            measure=asked.measure,
            symbols=tuple(self.head.shown(rank) for rank in range(self.head.symbols)),
            notes=self._notes,
        )

    def reason(
        self,
        at: int,
        *,
        against: Symbol | None = None,
        horizon: int = HORIZON,
        smallest: bool = False,
        seconds: float = SECONDS,
        memory: float | None = None,
    ) -> Reason:
        """A smallest sufficient reason, see `Reasons.find`: few of the last `horizon` steps' bytes (or inputs) and of
        the state bits before them that force the likeliest, or with `against` that it stays likelier than that."""
        clock = Clock(seconds, memory)
        place = self._places.at(at, _checked(horizon))
        numbers = self._swaps.numbers(place)
        rival = None if against is None else self._asked(place, numbers, against).rival
        return self._reasons.find(place, numbers, rival, smallest, clock)

    def _asked(self, place: Place, numbers: Ints, against: Symbol | None) -> Asked:
        worths = self.head.worths(numbers[None])[0]
        likeliest = int(worths.argmax())
        if against is None:
            order = np.argsort(-worths, kind="stable").tolist()
            return Asked(likeliest, order[1] if len(order) > 1 else likeliest, place.truth)
        rival = self.head.rank(against)
        if rival == likeliest:
            raise InputError(f"{self.head.shown(rival)} is the likeliest itself: compare it with another one")
        return Asked(likeliest, rival, place.truth)

    def _likely(self, numbers: Ints) -> tuple[Likely, ...]:
        worths = self.head.worths(numbers[None])[0]
        readout = self.head.readout
        shares = None if readout is None else readout.probabilities(numbers[None])[0][list(readout.symbols)]
        order = np.argsort(-worths, kind="stable")[:TOP].tolist()
        return tuple(
            Likely(self.head.shown(rank), int(worths[rank]), None if shares is None else float(shares[rank]))
            for rank in order
        )

    def _margin(self, place: Place, numbers: Ints, asked: Asked) -> Margin:
        worths, pair = self.head.worths(numbers[None])[0], (asked.likeliest, asked.rival)
        unit, scale = self.head.unit
        alone = pair[0] == pair[1]
        worth = int(worths[pair[0]]) - (0 if alone else int(worths[pair[1]]))
        margin = Margin(self.head.shown(pair[0]), "0" if alone else self.head.shown(pair[1]), worth, unit, scale)
        values = {}
        if self.cell is not None:
            values = values_at(self.cell, place.states[-1], place.inputs[-1], self.head.aig.inputs)
        if self.head.readout is not None and self.head.readout.code is not None:
            return replace(margin, nodes=node_terms(self.head, numbers, pair, self.cell, values))
        return margin if self.cell is None else replace(margin, terms=margin_terms(self.head, self.cell, values, pair))


def explain(
    model: Cell | Aig,
    read: bytes | Rows,
    at: int,
    *,
    against: Symbol | None = None,
    horizon: int = HORIZON,
    reason: bool = False,
    smallest: bool = False,
    seconds: float = SECONDS,
    memory: float | None = None,
) -> Explanation:
    """Why a text model predicts what it does for byte `at` of a text, or a network for row `at`: the likeliest, exact
    terms of its margin over the runner-up (or over `against`), what every state bit, neuron and byte changes, and with
    `reason` what suffices for it; see `Explainer`, which is for many places."""
    explainer = Explainer(model, read)
    found = explainer.at(at, against=against, horizon=horizon)
    if not (reason or smallest):
        return found
    why = explainer.reason(at, against=against, horizon=horizon, smallest=smallest, seconds=seconds, memory=memory)
    return replace(found, reason=why)


def _points(aig: Aig) -> list[str]:
    """The names of all points but those that tell nothing but which code node is asked about."""
    masks = np.zeros((aig.variables, 1), np.uint64)
    masks[1 : aig.first_and, 0] = [parse(name).kind != "node" for name in aig.leaves]
    spread(aig.ands, aig.first_and, masks)
    return [bit.name for bit in point_bits(aig) if masks[bit.variable, 0]]


def _checked(horizon: int) -> int:
    if not 1 <= horizon <= FARTHEST:
        raise InputError(f"the horizon must lie in 1 .. {FARTHEST} steps, not {horizon}")
    return horizon
