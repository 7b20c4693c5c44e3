"""The places that a circuit is asked about as one combinational netlist: the steps that lead there, the condition, the
model, and the model with what is not kept let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from bridge.aig import TRUE, Aig, AigBuilder
from bridge.aig.literals import through
from bridge.aig.names import OLD, element, parse
from bridge.analysis.circuits.bounds import Numbers
from bridge.analysis.circuits.candidates import KEEP, REST, Candidate, opened
from bridge.analysis.predicted.arithmetic import looked_up
from bridge.arrays import Bits, Ints, Words
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.execution.compile.program import Program, compile_program
from bridge.execution.machines.run import run

FREE = -1
MET, TRUTH, KEPT, SAME, OWN_FROM = range(5)  # outputs
WIDEST = 12  # bits of an element whose values are listed


@dataclass(frozen=True, eq=False)
class Start:
    """Where the steps begin: 0, 1, or FREE each. `state`: int64[latches] before the first step; `inputs`: int64[steps,
    inputs], what is read; the last step is the one that is looked at."""

    state: Ints
    inputs: Ints


@dataclass(frozen=True, eq=False)
class Setting:
    """`form`: its inputs are the `free` ones before and in the last step, then `keep[i]` for all elements, then
    `rest[j]` for all their variables. Its outputs: is the condition met; does the model behave; does the circuit; do
    both predict the same; then `own[j]`, what each of the variables would be in the circuit by itself; then what the
    circuit predicts.

    `leaves`: int64[inputs + latches], what the last step reads, 0, 1, or FREE where that depends.
    """

    form: Aig
    elements: tuple[Candidate, ...]
    leaves: Ints
    free: int

    @cached_property
    def owners(self) -> Ints:
        """int64[rests]: which element each `rest[j]` belongs to."""
        return np.repeat(np.arange(len(self.elements)), [len(item.variables) for item in self.elements])

    @cached_property
    def _codes(self) -> tuple[Ints, Ints]:
        """int64[rests] twice: which bit of its element each is, and whether inverted."""
        bits = [bit for item in self.elements for bit in item.own]
        codes = np.array([(parse(bit.name).bit or 0, bit.literal & 1) for bit in bits], np.int64).reshape(-1, 2)
        return codes[:, 0], codes[:, 1]

    def spelled(self, values: Numbers) -> Bits:
        """uint8[batch, rests]: the bits of values of all elements, [batch, elements]."""
        shifts, flips = self._codes
        found: Bits = ((values.astype(np.int64)[:, self.owners] >> shifts & 1) ^ flips).astype(np.uint8)
        return found

    @cached_property
    def broken(self) -> Aig:
        """One output: the condition is met, and the circuit does not behave."""
        builder = AigBuilder(self.form.name, self.form.variables)
        outputs = builder.instance(self.form, builder.inputs(self.form.inputs))
        builder.output("broken", builder.and_(outputs[MET], outputs[KEPT] ^ 1))
        return builder.build()

    @cached_property
    def _program(self) -> Program:
        return compile_program(self.form)

    def run(self, free: Words, kept: Words, rest: Words) -> Words:
        """uint64[outputs, W] of uint64[free, W], uint64[elements, W], uint64[rests, W]."""
        rows = np.concatenate([free, kept, rest])[None]
        outputs: Words = run(self._program, rows, self._program.reset_state(rows.shape[2]))[0][0]
        return outputs


def setting_of(aig: Aig, elements: Sequence[Candidate], start: Start, ranges: Sequence[Ranges | None]) -> Setting:
    """aig: its outputs are the condition, the behaviour, and the bits of the prediction. ranges: of what each element
    can be, None for anything that its bits spell."""
    builder = AigBuilder(aig.name, (len(start.inputs) + 2) * aig.variables)
    state = [_leaf(builder, latch.name, int(v)) for latch, v in zip(aig.latches, start.state, strict=True)]
    rows = [
        [_leaf(builder, f"{name}@{step}", int(v)) for name, v in zip(aig.inputs, row, strict=True)]
        for step, row in enumerate(start.inputs)
    ]
    for row in rows[:-1]:
        state = through(builder.copy(aig, [*row, *state]), aig.next_literals()).tolist()
    free = sum(int((values == FREE).sum()) for values in (start.state, start.inputs))
    keep = builder.inputs(element(KEEP, place) for place in range(len(elements)))
    rest = builder.inputs(element(REST, place) for place in range(sum(len(item.variables) for item in elements)))
    met, truth, *plain = builder.instance(aig, [*rows[-1], *state])
    met = reduce(builder.and_, _spelled(builder, rest, elements, ranges), met)
    _, kept, *shown = builder.instance(opened(aig, elements), [*rows[-1], *keep, *rest, *state])
    predicted, own = shown[: len(plain)], shown[len(plain) :]
    same = reduce(builder.and_, (builder.xor(*pair) ^ 1 for pair in zip(plain, predicted, strict=True)), TRUE)
    results = met, truth, kept, same, *own, *predicted
    builder.outputs((element("result", place) for place in range(len(results))), results)
    leaves = np.array([literal if literal <= TRUE else FREE for literal in (*rows[-1], *state)], np.int64)
    return Setting(builder.build(), tuple(elements), leaves, free)


def _leaf(builder: AigBuilder, name: str, value: int) -> int:
    return builder.input(name) if value == FREE else value


def _spelled(
    builder: AigBuilder, rest: Sequence[int], elements: Sequence[Candidate], ranges: Sequence[Ranges | None]
) -> list[int]:
    """Whether what stands for each integer is one of its values."""
    found, first = [], 0
    for item, values in zip(elements, ranges, strict=True):
        bits = rest[first : first + len(item.variables)]
        first += len(bits)
        if values is not None and values.bits <= WIDEST:
            spelled = values.spelled()[:, 0]
            fits = ((spelled >= values.low[0]) & (spelled <= values.high[0])).astype(np.int64)
            found += looked_up(builder, bits, fits) if not fits.all() else []
    return found


def ranges_of(model: Cell | Aig, elements: Sequence[Candidate]) -> list[Ranges | None]:
    """Of a cell; a netlist knows none."""
    if not isinstance(model, Cell):
        return [None] * len(elements)
    known: dict[str, Ranges] = {}
    for source in model.sources:
        block = source.removeprefix(OLD)
        ranges = model.held[block] if model.at_start(source) else model.ranges[block]
        known |= {name: ranges.of([place]) for place, name in enumerate(model.elements(source)) if place < len(ranges)}
    found = [known.get(item.name) for item in elements]
    return [None if r is None or r.bits != len(e.variables) else r for r, e in zip(found, elements, strict=True)]
