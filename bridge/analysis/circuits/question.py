"""A question about a circuit, resolved: which elements, at which places, what must stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig import Aig, Output
from bridge.aig.cone import cone
from bridge.aig.names import BYTE, CLAIM_HOLDS, GIVEN_HOLDS, group_of, old, parse
from bridge.analysis.circuits.bounds import Bounds, Given
from bridge.analysis.circuits.elements import Element, elements_of
from bridge.analysis.circuits.layers import Layers
from bridge.analysis.circuits.setting import FREE, MET, Setting, Start, setting_of
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.monitor import monitor
from bridge.analysis.places import placed
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.scores import score_places
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import listed
from bridge.arrays import Bits, Ints
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.cell.unroll import unrolled
from bridge.equivalence.clauses import clauses_of
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.errors import InputError
from bridge.execution import compile_program, run
from bridge.execution.states import Reading
from bridge.execution.words import packed, unpacked
from bridge.metadata import read_metadata

ARGMAX = "argmax"
CONFLICTS = 1000
FORCED = 256  # inputs at most of which it is asked whether the condition fixes them


@dataclass(frozen=True, eq=False)
class Subject:
    """A model. `aig`: in which every name is a place; `blocks`: the names of the candidates."""

    model: Cell | Aig
    aig: Aig
    blocks: tuple[str, ...]


def subject_of(model: Cell | Aig, blocks: str | Sequence[str] = ()) -> Subject:
    """A serial cell is asked about all nodes of its code, in one pass. InputError for blocks that there are not."""
    if isinstance(model, Cell) and model.serial:
        model = _in_one_pass(model)
    subject = Subject(model, _asked_once(placed(model)), tuple(listed(blocks)))
    if not elements_of(subject.aig, subject.blocks):
        raise InputError("the model has no neuron, feature or state that could be left out")
    return subject


def _in_one_pass(cell: Cell) -> Cell | Aig:
    try:
        return unrolled(cell)
    except InputError:  # more than its trees depends on the code node
        return placed(cell)


def _asked_once(aig: Aig) -> Aig:
    """All signals that depend on the code node have a place for each."""
    return asked_at_once(aig, [point.name for point in aig.points])


def predicts(aig: Aig) -> bool:
    """Has it a likeliest byte or class?"""
    return read_metadata(aig).readout is not None or bool(score_places(aig))


@dataclass(frozen=True, eq=False)
class Machine:
    """`aig`: with the outputs that `setting_of` asks for: condition, behaviour, prediction; `elements`: of it."""

    aig: Aig
    elements: tuple[Element, ...]


def watched(subject: Subject, keeps: Claim | None, where: Claim | None) -> Machine:
    """The netlist with what is asked about it."""
    machine = monitor(subject.aig, keeps, where)
    shown = [o.name for o in subject.aig.outputs]
    if predicts(machine):
        machine = with_prediction(machine, [ARGMAX])
        shown = [o.name for o in machine.outputs if group_of(o.name) == ARGMAX]
    known = {o.name: o.literal for o in machine.outputs}
    asked = [Output(name, known.get(name, 1)) for name in (GIVEN_HOLDS, CLAIM_HOLDS)]
    machine = replace(machine, outputs=(*asked, *(Output(name, known[name]) for name in shown)))
    return Machine(machine, elements_of(machine, subject.blocks))


def predicted_at(subject: Subject, state: Ints, read: Ints) -> int:
    """The number that `argmax` is after one step. state, read: int64[latches], int64[inputs], 0 and 1."""
    aig = with_prediction(subject.aig, [ARGMAX])
    program = compile_program(aig)
    rows = packed(read.astype(np.uint8)[:, None])[None]
    values = run(program, rows, packed(state.astype(np.uint8)[:, None]))[0][0]
    bits = {parse(o.name).index or 0: place for place, o in enumerate(aig.outputs) if group_of(o.name) == ARGMAX}
    return sum(int(values[place, 0] & np.uint64(1)) << bit for bit, place in bits.items())


def start_at(subject: Subject, text: bytes, at: int, history: int) -> Start:
    """The steps that end with the byte before position `at`, from the state that the text leads to.

    InputError for a place before which nothing was read, or not enough for the claim."""
    if not 1 + history <= at <= len(text):
        least = 1 + history
        raise InputError(f"byte {at} cannot be asked about: in this text its place must lie in {least} .. {len(text)}")
    resets = np.array([bool(latch.reset) for latch in subject.aig.latches], np.bool_)
    reading = Reading(subject.aig, np.frombuffer(text, np.uint8), resets)
    first = at - 1 - history
    state = reading.before(np.array([first]))[:, 0].astype(np.int64)
    places = np.arange(first, at)[:, None]
    rows = unpacked(reading.inputs(places), 1)[:, :, 0].astype(np.int64)
    return Start(state, rows)


def start_anywhere(aig: Aig, history: int, plain: int) -> Start:
    """Any state and any inputs; the latches of the condition, those from `plain` on, as at reset."""
    state = np.full(len(aig.latches), FREE, np.int64)
    state[plain:] = [latch.reset or 0 for latch in aig.latches[plain:]]
    return Start(state, np.full((history + 1, len(aig.inputs)), FREE, np.int64))


def narrowed(aig: Aig, start: Start, clock: Clock) -> tuple[Start, Bits]:
    """The same start with the inputs known that the condition fixes, and some values, uint8[free], that meet it.

    InputError if nothing does, or that could not be found out.
    """
    form = setting_of(aig, (), start, ()).form
    small = cone(form, [MET])
    where = {name: place for place, name in enumerate(form.inputs)}
    clauses, _ = clauses_of(small)
    with Solver(clauses, clock) as solver:
        answer = solver.solve()
        if answer is None:
            raise InputError(f"no state and input that meet the condition were found: {solver.why}")
        if not answer:
            raise InputError("no state and input meet the condition, so there is nothing to keep")
        found = np.zeros(len(form.inputs), np.uint8)
        model = solver.model
        for place, name in enumerate(small.inputs):
            found[where[name]] = model[place + 2] if place + 2 < len(model) else 0
        fixed: dict[str, int] = {}
        states = int((start.state == FREE).sum())  # they come first
        asked = [(place, name) for place, name in enumerate(small.inputs) if where[name] >= states]
        for place, name in asked[:FORCED]:
            value = int(found[where[name]])
            if solver.solve([-(place + 2) if value else place + 2], conflicts=CONFLICTS) is False:
                fixed[name] = value
    inputs = start.inputs.copy()
    for step, row in enumerate(inputs):
        for place, name in enumerate(aig.inputs):
            row[place] = fixed.get(f"{name}@{step}", row[place])
    free = [place for place, name in enumerate(form.inputs) if name not in fixed]
    return Start(start.state, inputs), found[free]


def layers_of(subject: Subject, setting: Setting, wanted: int) -> Layers | None:
    """The cell as layers, where its head is one that compares sums; None for any other model."""
    cell = subject.model
    if not isinstance(cell, Cell) or not cell.text_model or cell.head.code is not None:
        return None
    if wanted not in cell.head.symbols or len(cell.head.symbols) == 1:
        return None
    known = dict(zip(subject.aig.leaves, setting.leaves.tolist(), strict=False))
    leaves = {}
    for name, held in cell.held.items():
        leaves[old(name)] = _leaf_bounds(held, [known[bit] for bit in cell.latches(name)])
    for block in cell.inputs:
        leaves[block.name] = _leaf_bounds(cell.ranges[block.name], [known[bit] for bit in cell.signals(block.name)])
    values = np.arange(256)
    possible = np.ones(256, np.bool_)
    for bit, name in enumerate(BYTE):
        value = known.get(name, FREE)
        possible &= True if value == FREE else (values >> bit & 1) == value
    return Layers.of(cell, Given(possible, leaves), setting.elements, cell.head.symbols.index(wanted))


def _leaf_bounds(ranges: Ranges, bits: Sequence[int]) -> Bounds:
    """Of the elements that these bits spell; what is not known in full is anything, but for plain bits."""
    values = np.array(bits, np.int64)
    ends = [np.where(values == FREE, end, values) for end in (0, 1)]
    kind = np.float32 if ranges.are_bits else np.float64
    if ranges.are_bits and ranges.bits == len(ranges):
        return Bounds(*(end[None].astype(kind) for end in ends))
    low, high = ranges.low.copy(), ranges.high.copy()
    free = np.zeros(len(ranges), np.bool_)
    np.logical_or.at(free, ranges.owners, values == FREE)
    spelled = np.clip(ranges.decode(ends[0][None].astype(np.uint8))[0], ranges.low, ranges.high)
    low, high = np.where(free, low, spelled), np.where(free, high, spelled)
    return Bounds(low[None].astype(kind), high[None].astype(kind))
