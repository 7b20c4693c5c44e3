"""Is a state in which it matters ever reached? Asked of ABC's `pdr`, whose answers are replayed, or checked by our SAT.

The question is put as a machine: that of the netlist, which in every step also tries two runs from where it is, one of
them changed, and compares their targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder, Output, default_names
from bridge.aig.latches import known_resets, normalized
from bridge.aig.literals import through
from bridge.analysis.dependences.answer import Found
from bridge.analysis.dependences.cofactors import Pair, pair_of
from bridge.analysis.dependences.conditions import Condition, checked, nothing, satisfying_runs
from bridge.analysis.dependences.replay import Witness, state_after
from bridge.analysis.signals import Bit
from bridge.arrays import Bits, Ints
from bridge.equivalence.clock import Clock
from bridge.equivalence.invariant import proves
from bridge.equivalence.model_checking import search
from bridge.errors import InputError, ToolError
from bridge.toolchain import locate

PDR = "ABC's pdr"
WORDS, ROUNDS = 16, 4
_ASKED = 0.3  # of the seconds left, to see whether anything satisfies a condition
CHECKED, ALONE = f"{PDR}, its invariant checked by our own SAT", f"{PDR} alone, its invariant could not be checked"


def ask_pdr(
    aig: Aig,
    group: Sequence[Bit],
    targets: Sequence[Bit],
    steps: int,
    clock: Clock,
    claims: Ints | None = None,
    condition: Condition | None = None,
) -> Found:
    """Whether a change of the group is felt from any state reachable from reset; claims, condition: see `pair_of`."""
    try:
        abc = locate("abc")
    except ToolError as error:
        return Found("undecided", PDR, why=str(error))
    # What a condition fixes is not put in: here the states are not chosen.
    pair = pair_of(aig, group, targets, steps, claims, condition and replace(condition, fixed={}))
    machine = _known(_machine(aig, pair))
    found = search(machine, abc, clock.share(1.0))
    if found.trace is not None:
        witness = _replayed(pair, found.trace, targets)
        why = "" if witness else f"{PDR} gave a run that shows nothing"
        return Found("yes" if witness else "undecided", PDR, witness, why)
    if not found.proven:
        return Found("undecided", PDR, why=f"{PDR} came to no end")
    checked = proves(machine, found.invariant, Clock(max(1.0, clock.left)))
    return Found("no", CHECKED if checked else ALONE)


def _known(machine: Aig) -> Aig:
    """With every reset 0."""
    return normalized(known_resets(machine, [latch.name for latch in machine.latches if latch.reset is None]))


def satisfied(aig: Aig, condition: Condition, clock: Clock, reachable: bool) -> Condition:
    """`checked`, and that a reachable state satisfies it, if that is asked for, as far as time allows."""
    found = checked(aig, condition, clock)
    if not reachable:
        return found
    among = checked(aig, replace(found, led=False, fixed={}), clock)
    among = replace(among, examples=found.examples, met=False)
    if any(satisfying_runs(aig, among, 1, WORDS, seed).mask.any() for seed in range(ROUNDS)):
        return replace(among, met=True)
    try:
        abc = locate("abc")
    except ToolError:
        return among
    shown = Output("met", among.holds.literal), Output("never", FALSE)
    machine = _known(replace(aig, outputs=shown, points=(), comment=""))
    asked = search(machine, abc, clock.share(_ASKED))
    if asked.proven and proves(machine, asked.invariant, clock.part(_ASKED)):
        raise InputError(nothing(among))
    return replace(among, met=asked.trace is not None)


def _machine(aig: Aig, pair: Pair) -> Aig:
    """Its outputs are those of the first run, then those of the second; inputs: of the step, then of the runs."""
    builder = AigBuilder("reaching", aig.variables + pair.ours.variables + pair.theirs.variables)
    latches, own = len(aig.latches), len(aig.inputs)
    inputs = builder.inputs(pair.ours.inputs[latches:])
    states = builder.latches(aig.latches)
    for side, half in zip("lr", (pair.ours, pair.theirs), strict=True):
        builder.outputs(default_names(side, len(half.outputs)), builder.instance(half, [*states, *inputs]))
    image = builder.copy(aig, [*inputs[:own], *states])
    for state, latch in zip(states, aig.latches, strict=True):
        builder.set_next(state, through(image, latch.next))
    return builder.build()


def _replayed(pair: Pair, trace: Bits, targets: Sequence[Bit]) -> Witness | None:
    """The runs that ABC claims to be apart: trace, uint8[T, inputs of the machine], from reset."""
    aig, own = pair.aig, len(pair.aig.inputs)
    width = len(pair.ours.inputs) - len(aig.latches)
    starts = iter(trace[0, width:].tolist())
    reset = np.array([next(starts) if latch.reset is None else latch.reset for latch in aig.latches], np.uint8)
    state = state_after(aig, reset, trace[:-1, :own])
    witness = pair.witness(np.concatenate([state, trace[-1, :width]]), targets)
    return witness and replace(witness, origin=(reset, trace[:-1, :own]), from_reset=True)
