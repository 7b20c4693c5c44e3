"""The elements that a circuit is chosen from, and the netlist in which each can be kept or let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bridge.aig import Aig, Output
from bridge.aig.names import element, parse
from bridge.analysis.signals import Bit, input_bits, point_bits, resolve_all, state_bits
from bridge.arrays import Ands, Int, Ints
from bridge.compiled import compiled
from bridge.errors import InputError

KEEP, REST, OWN = "keep", "rest", "own"
MADE = ("claim.", "do.")  # what conditions and interventions have added
READ = ("byte", "node")  # what is read and asked is said by the condition: no element


@dataclass(frozen=True)
class Candidate:
    """An element of the model: a neuron, a feature, an output of a tree, a part of the state. `own`: those of its
    `bits` whose variables no other bit and no earlier element has."""

    name: str
    bits: tuple[Bit, ...]
    own: tuple[Bit, ...]

    @property
    def block(self) -> str:
        return parse(self.name).group

    @cached_property
    def variables(self) -> tuple[int, ...]:
        """Of its own bits in the netlist."""
        return tuple(bit.variable for bit in self.own)


def candidates_of(aig: Aig, blocks: Sequence[str] = ()) -> tuple[Candidate, ...]:
    """All elements of a netlist, what it reads first, then its state, then its blocks, in order; or those with these
    names. Bits on a constant are no places, and neither is a bit on a node that an earlier element has.

    InputError for names that there are not, or that name no element.
    """
    places = [bit for bit in (*input_bits(aig), *state_bits(aig), *point_bits(aig)) if _is_place(bit)]
    groups: dict[str, list[Bit]] = {}
    for bit in places:
        groups.setdefault(str(replace(parse(bit.name), bit=None)), []).append(bit)
    if blocks:
        wanted = {bit.name for signal in resolve_all(aig, blocks) for bit in signal.bits}
        if not wanted & {bit.name for bit in places}:
            raise InputError(f"{', '.join(blocks)} names no neuron, feature or state that could be left out")
        groups = {name: bits for name, bits in groups.items() if any(bit.name in wanted for bit in bits)}
    taken, found = set[int](), []
    for name, bits in groups.items():
        own: dict[int, Bit] = {}
        for bit in bits:
            if bit.variable not in taken:
                own.setdefault(bit.variable, bit)
        taken |= own.keys()
        if own:
            found.append(Candidate(name, tuple(bits), tuple(own.values())))
    return tuple(found)


def _is_place(bit: Bit) -> bool:
    return bit.variable > 0 and parse(bit.name).kind not in READ and not bit.name.startswith(MADE)


def opened(aig: Aig, elements: Sequence[Candidate]) -> Aig:
    """The netlist with two more kinds of inputs: `keep[i]`, one for each element, and `rest[j]`, one for each of their
    variables, in order. Who reads a variable reads its own value where its element is kept, and else `rest`.

    Its outputs are those of `aig`, then `own[j]`: what each variable would be by itself.
    """
    variables = [variable for item in elements for variable in item.variables]
    owners = [place for place, item in enumerate(elements) for _ in item.variables]
    keep, rest = len(aig.inputs) + 1, len(aig.inputs) + 1 + len(elements)
    more = len(elements) + len(variables)
    switches = np.zeros((aig.variables, 2), np.int64)
    switches[variables, 0] = 2 * (keep + np.array(owners, np.int64))
    switches[variables, 1] = 2 * (rest + np.arange(len(variables)))
    own = np.zeros(aig.variables, np.int64)
    own[1 : aig.first_latch] = 2 * np.arange(1, aig.first_latch)
    own[aig.first_latch : aig.first_and] = 2 * (np.arange(aig.first_latch, aig.first_and) + more)
    ands, read = _with_choices(aig.ands, aig.first_and, switches, own)

    def moved(literal: int) -> int:
        return int(read[literal >> 1]) ^ (literal & 1)

    shown = [Output(element(OWN, place), int(own[variable])) for place, variable in enumerate(variables)]
    return replace(
        aig,
        inputs=(
            *aig.inputs,
            *(element(KEEP, place) for place in range(len(elements))),
            *(element(REST, place) for place in range(len(variables))),
        ),
        latches=tuple(replace(latch, next=moved(latch.next)) for latch in aig.latches),
        ands=ands,
        outputs=(*(Output(output.name, moved(output.literal)) for output in aig.outputs), *shown),
        points=(),
        properties=replace(aig.properties, bad=(), constraints=(), justice=(), fairness=()),
    )


@compiled
def _with_choices(ands: Ands, first: Int, switches: Ints, own: Ints) -> tuple[Ands, Ints]:
    """Rebuild the nodes with a choice behind some variables: what it would be, or another literal.

    switches: int64[variables, 2], the literals that say which and that are the other one, 0 where there is no choice;
    own: int64[variables], the new literals of the leaves, those of the nodes are filled in. Returns uint32[n, 2] and
    int64[variables], what readers of each variable read.
    """
    chosen = 0
    for variable in range(len(own)):
        chosen += switches[variable, 0] > 0
    next_literal = np.int64(0)
    for variable in range(first):
        next_literal = max(next_literal, own[variable] + 2)
    for variable in range(len(own)):
        next_literal = max(next_literal, switches[variable, 0] + 2, switches[variable, 1] + 2)
    result = np.empty((len(ands) + 3 * chosen, 2), np.uint32)
    read, used = own.copy(), 0
    for variable in range(len(own)):
        if variable >= first:
            a, b = np.int64(ands[variable - first, 0]), np.int64(ands[variable - first, 1])
            _put(result, used, read[a >> 1] ^ (a & 1), read[b >> 1] ^ (b & 1))
            own[variable] = next_literal
            used, next_literal = used + 1, next_literal + 2
        read[variable] = own[variable]
        keep, other = switches[variable, 0], switches[variable, 1]
        if keep:
            _put(result, used, own[variable], keep)
            _put(result, used + 1, other, keep ^ 1)
            _put(result, used + 2, next_literal ^ 1, (next_literal + 2) ^ 1)
            read[variable] = (next_literal + 4) ^ 1
            used, next_literal = used + 3, next_literal + 6
    return result, read


@compiled
def _put(result: Ands, place: Int, a: Int, b: Int) -> None:
    result[place, 0] = max(a, b)
    result[place, 1] = min(a, b)
