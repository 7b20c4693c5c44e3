"""What a reason has to force, laid out over the last steps as one combinational netlist that says where it is broken.

Its inputs are the latches before the first of the steps and what each of them reads. Its outputs, all of them together
being the question, each say that one rival is ahead; where the likeliest of a code tree is asked about there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridge.aig import FALSE, TRUE, Aig, AigBuilder
from bridge.aig.names import BYTE
from bridge.analysis.explaining.head import Head
from bridge.analysis.explaining.units import Group
from bridge.analysis.predicted import heads
from bridge.analysis.predicted.arithmetic import any_of, at_most_one, constant, difference
from bridge.analysis.unrolling import unroll
from bridge.lowering.embedding import lower_table
from bridge.metadata import read_metadata

Numbers = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Forced:
    """That the symbol of rank `first` is the likeliest, or with `rival` likelier than that one. `value`: of a head of
    one number, what it is."""

    first: int
    rival: int | None = None
    value: int = 0


def laid_out(head: Head, steps: int) -> Aig:
    """The numbers of the head after so many steps."""
    return unroll(head.aig, [(steps, bit) for bit in head.bits], steps=steps)


def broken(head: Head, form: Aig, forced: Forced, groups: Sequence[Group], nearest: Sequence[int] = ()) -> Aig:
    """The question, an output for each rival, those in `nearest`, ranks, first. form: see `laid_out`. It is not broken
    by what there is not: an automaton that is in two states, bytes that a netlist does not care for. Outputs on the
    constant are left out."""
    builder, leaves = AigBuilder.like(form)
    bits = builder.instance(form, leaves)
    ends = head.ends.tolist()
    numbers = [bits[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    valid = _valid(builder, head, leaves, groups)
    rivals = {name: builder.and_(literal, valid) for name, literal in _rivals(builder, head, numbers, forced)}
    for name in dict.fromkeys([*map(str, nearest), *rivals]):
        if rivals.get(name, FALSE) != FALSE:
            builder.output(name, rivals[name])
    return builder.build()


def _valid(builder: AigBuilder, head: Head, leaves: list[int], groups: Sequence[Group]) -> int:
    found = TRUE
    for group in groups:
        states = (leaves[bit] ^ (place == 0) for place, bit in enumerate(group.bits.tolist()))
        found = builder.and_(found, at_most_one(builder, states))
    alphabet = read_metadata(head.aig).alphabet
    if alphabet is not None:
        known = np.isin(np.arange(256), list(alphabet)).astype(np.uint8)[:, None]
        places = [head.aig.inputs.index(name) for name in BYTE]
        for start in range(len(head.aig.latches), len(leaves), len(head.aig.inputs)):
            byte = [leaves[start + place] for place in places]
            found = builder.and_(found, lower_table(builder, byte, known)[0])
    return found


def _rivals(builder: AigBuilder, head: Head, numbers: Numbers, forced: Forced) -> list[tuple[str, int]]:
    if head.symbols == 1:
        return [("other", _differs(builder, numbers[0], constant(forced.value, len(numbers[0]))))]
    readout = head.readout
    if forced.rival is None and readout is not None and readout.code is not None:
        found = heads.argmax(builder, readout, numbers)
        return [("other", _differs(builder, found, constant(readout.symbols[forced.first], len(found))))]
    ranks = range(head.symbols) if forced.rival is None else [forced.rival]
    return [(str(rank), _ahead(builder, head, numbers, rank, forced.first)) for rank in ranks if rank != forced.first]


def _differs(builder: AigBuilder, one: Sequence[int], other: Sequence[int]) -> int:
    return any_of(builder, [builder.xor(a, b) for a, b in zip(one, other, strict=True)])


def _ahead(builder: AigBuilder, head: Head, numbers: Numbers, rival: int, first: int) -> int:
    """Of equals the lower rank is."""
    ranks = sorted((rival, first))
    if head.readout is None:
        negative = difference(builder, numbers[ranks[0]], numbers[ranks[1]])[-1]
    else:
        negative = heads.margin(builder, head.readout, numbers, ranks)[-1]
    return negative ^ (rival < first)
