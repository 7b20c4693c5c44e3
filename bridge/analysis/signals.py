"""Names of signals -> literals. Everything in `bridge.analysis` that takes a name goes through `resolve`.

A name is that of an input (`byte[3]`), a latch (`state.m[7]`), a point (an internal neuron, `h[12]`), an output
(`logit.97[0]`), or of a group of them (`byte`, `state.m`, `state`, `logit.97`, `logit`, `h`, `layer1.*`), see
`bridge.aig.names`. A symbol may be written as its character: `logit.'a'` is `logit.97`. Three more exist on
text models (see `predicted.outputs`): `argmax`, the likeliest byte, `greedy`, what temperature 0 writes, and
`probability.97`, the probability of one.

When a signal has its value. Step t reads the state that step t - 1 left, and the inputs of step t. Inputs, points and
outputs have a value *during* a step; a state bit that something affects is looked at *after* the step.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig, Output
from bridge.aig.names import BELOW, group_of, held, members, plain, quoted
from bridge.arrays import Ints
from bridge.errors import InputError

_NEAREST = 3


@dataclass(frozen=True)
class Bit(Output):
    """One named literal; `latch`: its index if it is a state bit, else -1."""

    latch: int = -1


@dataclass(frozen=True)
class Signal:
    """A name and the bits it stands for; a group differs when one of its bits does."""

    name: str
    bits: tuple[Bit, ...]

    @property
    def nodes(self) -> tuple[Bit, ...]:
        """One bit of each node that it stands for; the others are changed with it."""
        return tuple({bit.variable: bit for bit in self.bits if bit.variable}.values())


def listed(names: str | Iterable[str]) -> list[str]:
    """Several names, or one alone."""
    return [names] if isinstance(names, str) else list(names)


def named_bits(aig: Aig) -> dict[str, Bit]:
    """Every name of the netlist; where one is used twice, outputs come before points, latches and inputs."""
    outputs = (Bit(output.name, output.literal) for output in aig.outputs)
    return {bit.name: bit for bit in (*input_bits(aig), *state_bits(aig), *point_bits(aig), *outputs)}


def resolve(aig: Aig, name: str) -> Signal:
    """The bits of a name; InputError with the nearest names when there is no such signal."""
    return resolve_all(aig, [name])[0]


def resolve_all(aig: Aig, names: Iterable[str]) -> list[Signal]:
    """`resolve` for many names at once."""
    known = named_bits(aig)
    return [_resolved(aig, known, name) for name in names]


def _resolved(aig: Aig, known: dict[str, Bit], name: str) -> Signal:
    found = [plain(name)] if plain(name) in known else members(name, known)
    if found:
        return Signal(name, tuple(known[key] for key in found))
    if members(name + BELOW, known):
        raise InputError(
            f"netlist {aig.name!r} has no signal {name!r}; for all signals below it write {name + BELOW!r}"
        )
    raise InputError(f"netlist {aig.name!r} has no signal {name!r}{_advice(plain(name), known)}")


def _advice(name: str, known: dict[str, Bit]) -> str:
    if quoted(name):
        return unquoted(name)
    groups = dict.fromkeys(group_of(key) for key in known)
    if held(name) in groups | known:
        return f"; it is only held: {held(name)}"
    near = difflib.get_close_matches(name, list(groups | known), n=_NEAREST, cutoff=0.5)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    some = ", ".join([*groups][:8])
    return f"; it has {some}{', ...' if len(groups) > 8 else ''}" if some else "; it has no named signals"


def unquoted(name: str) -> str:
    """What to say of a symbol without its quotes, the end of a sentence."""
    return f'; a shell takes quotes away: write "{quoted(name)}" or {plain(quoted(name))}'


def state_bits(aig: Aig) -> tuple[Bit, ...]:
    """All state bits, in the order of the latches."""
    first_latch = aig.first_latch
    return tuple(Bit(latch.name, 2 * (first_latch + index), index) for index, latch in enumerate(aig.latches))


def input_bits(aig: Aig) -> tuple[Bit, ...]:
    """All inputs, in order."""
    return tuple(Bit(name, 2 * variable) for variable, name in enumerate(aig.inputs, 1))


def point_bits(aig: Aig) -> tuple[Bit, ...]:
    """All points, in order."""
    return tuple(Bit(point.name, point.literal) for point in aig.points)


def singles(bits: Iterable[Bit]) -> tuple[Signal, ...]:
    """Every bit as a signal of its own."""
    return tuple(Signal(bit.name, (bit,)) for bit in bits)


def grouped_outputs(aig: Aig) -> tuple[Signal, ...]:
    """The outputs as numbers: `logit.97[0]`, `logit.97[1]`, ... are one signal `logit.97`, in order."""
    groups: dict[str, list[Bit]] = {}
    for output in aig.outputs:
        groups.setdefault(group_of(output.name), []).append(Bit(output.name, output.literal))
    return tuple(Signal(name, tuple(bits)) for name, bits in groups.items())


def target_literals(aig: Aig, bits: Sequence[Bit]) -> Ints:
    """int64[n]: what to look at in a step: the next value of a state bit, the value of everything else."""
    return np.array([bit.literal if bit.latch < 0 else aig.latches[bit.latch].next for bit in bits], np.int64)
