"""Is a state in which it matters ever reached? Asked of ABC's `pdr`, whose answers are replayed, or checked by our SAT.

The question is put as a machine: that of the netlist, which in every step also tries two runs from where it is, one of
them changed, and compares their targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import Aig, AigBuilder, default_names
from bridge.aig.latches import known_resets, normalized
from bridge.aig.literals import through
from bridge.analysis.dependences.answer import Found
from bridge.analysis.dependences.cofactors import Pair, pair_of
from bridge.analysis.dependences.replay import Witness, state_after
from bridge.analysis.signals import Bit
from bridge.arrays import Bits, Ints
from bridge.equivalence.clock import Clock
from bridge.equivalence.invariant import proves
from bridge.equivalence.model_checking import search
from bridge.errors import ToolError
from bridge.toolchain import locate

PDR = "ABC's pdr"
CHECKED, ALONE = f"{PDR}, its invariant checked by our own SAT", f"{PDR} alone, its invariant could not be checked"


def ask_pdr(
    aig: Aig, group: Sequence[Bit], targets: Sequence[Bit], steps: int, clock: Clock, claims: Ints | None = None
) -> Found:
    """Whether a change of the group is felt from any state reachable from reset; claims: see `pair_of`."""
    try:
        abc = locate("abc")
    except ToolError as error:
        return Found("undecided", PDR, why=str(error))
    pair = pair_of(aig, group, targets, steps, claims)
    unknown = [latch.name for latch in aig.latches if latch.reset is None]
    machine = normalized(known_resets(_machine(aig, pair), unknown))
    found = search(machine, abc, clock.share(1.0))
    if found.trace is not None:
        witness = _replayed(pair, found.trace, targets)
        why = "" if witness else f"{PDR} gave a run that shows nothing"
        return Found("yes" if witness else "undecided", PDR, witness, why)
    if not found.proven:
        return Found("undecided", PDR, why=f"{PDR} came to no end")
    checked = proves(machine, found.invariant, Clock(max(1.0, clock.budget - clock.seconds)))
    return Found("no", CHECKED if checked else ALONE)


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
    return witness and replace(witness, origin=(reset, trace[:-1, :own]))
