"""A question about a circuit, resolved: which elements, at which places, what must stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig import Aig, Output
from bridge.aig.cone import cone
from bridge.aig.latches import reset_to_one
from bridge.aig.names import BYTE, CLAIM_HOLDS, GIVEN_HOLDS, group_of, old
from bridge.analysis.circuits.bounds import Bounds, Given
from bridge.analysis.circuits.candidates import Candidate, candidates_of
from bridge.analysis.circuits.layers import Layers
from bridge.analysis.circuits.setting import FREE, MET, Setting, Start, setting_of
from bridge.analysis.claims.formula import Claim
from bridge.analysis.claims.monitor import monitor
from bridge.analysis.dependences.conditions import MOST_FIXED, fixed_inputs
from bridge.analysis.places import placed
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.scores import score_places
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import listed
from bridge.arrays import Bits
from bridge.cell import Cell
from bridge.cell.ranges import Ranges
from bridge.cell.unroll import unrolled
from bridge.equivalence.clauses import clauses_of
from bridge.equivalence.clock import Clock
from bridge.equivalence.solving import Solver
from bridge.errors import InputError
from bridge.execution.states import Reading
from bridge.execution.words import unpacked
from bridge.metadata import read_metadata

ARGMAX = "argmax"
CONFLICTS = 1000


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
    if not candidates_of(subject.aig, subject.blocks):
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
    elements: tuple[Candidate, ...]


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
    return Machine(machine, candidates_of(machine, subject.blocks))


def check_place(text: bytes, at: int, history: int) -> None:
    """InputError for a place before which nothing was read, or not enough for the claim."""
    least = 1 + history
    if not least <= at <= len(text):
        raise InputError(f"byte {at} cannot be asked about: in this text its place must lie in {least} .. {len(text)}")


def start_at(subject: Subject, aig: Aig, text: bytes, at: int, history: int) -> Start:
    """The steps that end with the byte before position `at`, from the state that the text leads to; the latches that
    `aig` has for claims as at reset."""
    check_place(text, at, history)
    reading = Reading(subject.aig, np.frombuffer(text, np.uint8), reset_to_one(subject.aig))
    places = np.arange(at - 1 - history, at)
    state = reading.before(places[:1])[:, 0]
    rows = unpacked(reading.inputs(places[:, None]), 1)[:, :, 0]
    return Start(np.concatenate([state, reset_to_one(aig)[len(state) :]]).astype(np.int64), rows.astype(np.int64))


def start_anywhere(subject: Subject, aig: Aig, history: int) -> Start:
    """Any state and any inputs; the latches that `aig` has for claims as at reset."""
    state = reset_to_one(aig).astype(np.int64)
    state[: len(subject.aig.latches)] = FREE
    return Start(state, np.full((history + 1, len(aig.inputs)), FREE, np.int64))


def narrowed(aig: Aig, start: Start, clock: Clock) -> tuple[Start, Bits]:
    """The same start with the inputs known that the condition fixes, and some values, uint8[free], that meet it.

    InputError if nothing does, or that could not be found out.
    """
    form = setting_of(aig, (), start, ()).form
    small, states = cone(form, [MET]), form.inputs[: int((start.state == FREE).sum())]  # they come first
    read = [place for place, name in enumerate(small.inputs) if name not in {*states}]
    with Solver(clauses_of(small)[0], clock) as solver:
        answer = solver.solve()
        if answer is None:
            raise InputError(f"no state and input that meet the condition were found: {solver.why}")
        if not answer:
            raise InputError("no state and input meet the condition, so there is nothing to keep")
        model = np.append(solver.model, np.zeros(small.variables + 1, np.bool_))  # it may end early
        met: Bits = model[2 : 2 + len(small.inputs)].astype(np.uint8)
        fixed = fixed_inputs(solver, small, read[:MOST_FIXED], [met], CONFLICTS)
    inputs = [
        [fixed.get(f"{name}@{step}", value) for name, value in zip(aig.inputs, row, strict=True)]
        for step, row in enumerate(start.inputs.tolist())
    ]
    values = dict(zip(small.inputs, met.tolist(), strict=True))
    free = [values.get(name, 0) for name in form.inputs if name not in fixed]
    known = np.array(inputs, np.int64).reshape(start.inputs.shape)
    return Start(start.state, known), np.array(free, np.uint8)


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
