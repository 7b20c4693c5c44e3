"""Cell -> Aig: every block becomes AND nodes, bit for bit what the oracle `Cell.step` computes.

The way of a weight, in the order in which it happens: `lower_traced` is these stages, each a function from one value
to the next. In italics, the one name that each thing has.

1. `rows.py` -> `Rows`. The *weight* that a *row* (a neuron, or a number of the head) gives a bit is taken apart
   (`digits.py`): 5 is 4 + 1, 7 is 8 - 1, and -w x is w (not x) - w. Each power of two becomes a *digit*, a *variable*
   or its complement, in the *column* of its *place* (`columns.py`); all else is the constant of the row. A variable
   stands for a bit that is not built yet. An integer is the bits that hold its range, `bridge.cell.ranges`: its weight
   is one for each of them. A sum that is only compared with constants is *held* without what they do not tell apart
   (`held.py`, `reached.py`).
   Of a byte's bits, a row may read the number that they add up to for it instead (`bridge.cell.tabled`): the cell is
   lowered as it is and with such tables, and the smaller one of the netlists is taken.
2. `timing.py` -> *deadlines*, where depth matters: the level that the netlist without sharing gives every bit.
3. `sharing.py` -> `Plan` (`plan.py`). Three variables that many columns hold are added once: the sum and the carry of a
   *shared adder* are new variables, whose digits replace the three (`triples.py`). Then each column is put in order:
   two variables that many columns hold come first, as a *pair*, and share their XOR (`pairs.py`). With an *effort*,
   both are then moved about (`annealing.py`, `moves.py`) as *units* and their *uses* (`units.py`).
4. `blocks/` -> `Making` (`making.py`). Block after block, variables get their *literals* in the graph. A block of rows
   (`blocks/sums.py`) builds the shared adders whose inputs are there, then row after row (`adders.py` -> `Sums`): the
   cheaper of two senses (`sense.py`); from the lowest column up, three literals become a sum and a carry, or where only
   carries are read the last two come in order (`compressors.py`); the last columns of a comparison are sorted rather
   than added (`endings.py`). Every adder of a row is noted as a *step*.
5. `trace.py` -> `Trace`. The builder drops what nothing reads; what became of digits, shared adders and steps is told
   in literals of the netlist, for `bridge.equivalence.certificate` to hold against the weights.

Then a second time, if some rows that compare cost less as *gates* than their part of those adders (`choice.py`, by the
*flow* behind them, `area_flow.py`): an AND or OR of n literals n - 1 nodes, at least 2 of n 3n - 5, few literals their
decision diagram. Such a row is *gated* (`gated.py`): *groups* of OR and AND terms are peeled off it, and its *core* is
added up like other rows, or built like the groups from *parts* that reach thresholds (`parts.py`); what groups of
different rows have in common is joined first (`common.py`). The smaller one of the two netlists is taken.

Tables are multiplexers (`embedding.py`), or the rows that are equal are told apart once, and columns are ORs of such
answers (`decoded.py`); where XORs are free, they are sums of products (`monomials.py`). Products add up ANDs of bits
(`blocks/products.py`). And back: what a row costs in nodes (`price.py`). Signals are
named as in `bridge.aig.names`; numbers are two's complement, as wide as their range needs.

A folded network, which is no cell, has a way of its own (`folded.py`): rows and slots in turn (`sequencer.py`), weights
from tables of many words (`lookup.py`), sums of what one step multiplies (`sums.py`). `any_kind.py` takes either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from bridge.aig import Aig, Built
from bridge.aig.names import Name
from bridge.aig.stats import depth
from bridge.arrays import Flags, Ints
from bridge.cell import Cell
from bridge.cell.record import losses_of, sources_of
from bridge.cell.tabled import tabled
from bridge.errors import InputError
from bridge.lowering.annealing import annealed
from bridge.lowering.blocks import lower_blocks
from bridge.lowering.choice import gated_rows, with_pairs
from bridge.lowering.gated import Gated
from bridge.lowering.making import Making
from bridge.lowering.plan import FULL, PLAIN, SHALLOW, SMALL
from bridge.lowering.rows import Rows, rows_of
from bridge.lowering.sharing import plan_of
from bridge.lowering.timing import STRETCH, deadlines_of
from bridge.lowering.trace import Trace, trace_of
from bridge.metadata import MOST_EFFORT, Care, Metadata, Objective, Stretches, stretches_of, with_metadata
from bridge.printable import Listener, unheard

Found: TypeAlias = tuple[Aig, Trace]
WORTH_A_SECOND = 0.001  # of all ANDs: what tables should save before the whole is lowered once more with them
STYLE: dict[Objective, int] = {"plain": PLAIN, "area": SMALL, "balanced": SMALL, "depth": SHALLOW, "xag": FULL}


def lower(
    cell: Cell,
    *,
    objective: Objective = "area",
    care: Care = "all",
    apart: bool = False,
    effort: int = 0,
    progress: Listener = unheard,
) -> Aig:
    """The cell as one sequential netlist with its readout in the comment; validated.

    Adders that several rows need are built once: all that saves ANDs (`area`), or what does so and keeps the netlist
    as shallow as it is without sharing (`depth`), or little deeper (`balanced`). `xag`: all of them, but every one is a
    full adder, which takes a single AND where XORs are free, and tables are sums of products; there are more ANDs in
    all. `plain`: nothing is shared; every row has full adders of its own, even an AND (the baseline). `care`: with
    `alphabet`, the netlist may do anything after a byte that is no symbol of the cell. `apart`: every point and output
    is a node of its own, `a AND a`, so that to change one is to change what its readers in the cell read, and nothing
    else; for analysis, where a name is a place. `effort`: with `area`, how long to look for more that can be shared, in
    thousands of moves for each digit of the weights (`annealing.py`), two to five seconds of processor for ten
    thousand digits; `progress` is told of it. InputError for an effort with other objectives, with more than a million
    digits, or of more than five thousand million moves.
    """
    return lower_traced(cell, objective=objective, care=care, apart=apart, effort=effort, progress=progress)[0]


def lower_traced(
    cell: Cell,
    *,
    objective: Objective = "area",
    care: Care = "all",
    apart: bool = False,
    effort: int = 0,
    progress: Listener = unheard,
) -> tuple[Aig, Trace]:
    """The netlist, and how its sums and trees were built."""
    if not 0 <= effort <= MOST_EFFORT:
        raise InputError(f"an effort is 0..{MOST_EFFORT}, not {effort}")
    if effort and objective != "area":
        raise InputError(f"an effort goes with the objective area, not with {objective}")
    rows = rows_of(cell, whole=apart, small=objective != "plain")
    deadlines = None
    if objective in STRETCH:
        plain = lower(cell, objective="plain", care=care)
        deadlines = deadlines_of(plain, rows.signals(cell), STRETCH[objective])
    cared = np.ones(256, np.bool_) if care == "all" else np.isin(np.arange(256), list(cell.head.symbols))
    wanted = _Wanted(cell, objective, deadlines, cared, apart, progress)
    found, gated = wanted.first(cell, rows)
    told, ands = cell, len(found[0].ands)
    if wanted.small:
        told = tabled(cell, ands / max(1, int(rows.columns.size.sum())), WORTH_A_SECOND * ands)
    chosen = cell
    if told is not cell:
        other, its = wanted.first(told, rows_of(told, small=True))
        if _smaller(found, other, deadlines) is other:
            found, gated, chosen = other, its, told
    if effort:
        found = _smaller(found, wanted.found(chosen, gated, effort), deadlines)
    facts = Metadata(
        readout=cell.readout if cell.text_model else None,
        cell=cell.digest,
        lossy=losses_of(cell.record),
        objective=objective,
        care=care,
        effort=effort,
        sources=sources_of(cell.record),
        scores=cell.labelled,
        inputs=cell.inputs,
        ranges=_ranges_of(cell),
    )
    return with_metadata(found[0], facts).validate(), found[1]


@dataclass(frozen=True, eq=False)
class _Wanted:
    """How a cell is to be lowered. `told`, below: that cell, or one that says the same with other weights."""

    cell: Cell
    objective: Objective
    deadlines: Ints | None
    cared: Flags
    apart: bool
    progress: Listener

    @property
    def small(self) -> bool:
        """Is nothing wanted but few ANDs?"""
        return self.objective == "area" and not self.apart

    def made(self, told: Cell, rows: Rows, effort: int = 0) -> tuple[Making, Built]:
        """The netlist, and how it was made of these rows."""
        plan = plan_of(rows, STYLE[self.objective], self.deadlines)
        plan = annealed(rows, plan, effort, self.progress) if effort else plan
        unnamed = told.by_name.keys() - self.cell.by_name.keys()
        making = lower_blocks(told, rows, plan, self.cared, self.apart, unnamed=unnamed)
        return making, making.builder.build_whole(every_point=self.apart)

    def found(self, told: Cell, gated: Mapping[int, Gated], effort: int) -> Found:
        """With these rows as gates."""
        rows = rows_of(told, whole=self.apart, small=self.objective != "plain", gated=gated)
        making, built = self.made(told, rows, effort)
        return built.aig, trace_of(making, built)

    def first(self, told: Cell, rows: Rows) -> tuple[Found, Mapping[int, Gated]]:
        """Without an effort, and the rows that cost less as gates."""
        making, built = self.made(told, rows)
        found = built.aig, trace_of(making, built)
        gated = {} if self.objective in ("plain", "xag") else gated_rows(rows, making, built)
        del making, built  # a third of what the second netlist would be built beside
        gated = with_pairs(gated) if self.objective == "area" else gated
        return (_smaller(found, self.found(told, gated, 0), self.deadlines) if gated else found), gated


def _ranges_of(cell: Cell) -> dict[str, Stretches]:
    """Those of integers that are no inputs, for who has the netlist alone."""
    own = {name: ranges for name, ranges in cell.ranges.items() if not cell.by_name[name].AT_START}
    found = own | {str(Name("state", name)): held for name, held in cell.held.items()}
    given = {block.name for block in cell.inputs}
    return {
        name: stretches_of(all_of) for name, all_of in found.items() if name not in given and not all_of.plain.all()
    }


def _smaller(one: Found, other: Found, deadlines: Ints | None) -> Found:
    """The netlist of fewer ANDs, then of fewer levels; the first one where the other is deeper than may be."""
    levels, deeper = depth(one[0]), depth(other[0])
    if deadlines is not None and deeper > max(levels, deadlines[-1]):
        return one
    return other if (len(other[0].ands), deeper) < (len(one[0].ands), levels) else one
