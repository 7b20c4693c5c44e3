"""The certificate of a folded network: its logic computes what it says, for all states and all bytes.

1. What decides (the weights and whose turn it is) depends on nothing but the number of the step: one run of a byte's
   steps shows all of it, and ends where it began.
2. Every word is, whatever decides, the number that arithmetic says: sums by the identities of their adders, choices and
   limits case by case, tanh and gates on all values.
3. So the steps of a byte can be told with words (`schedule`): they add up the rows of the network, in order.

The lowering tells what the literals of words are; that is a claim, and a false one makes a proof fail, not succeed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeAlias

import numpy as np

from bridge.aig import TRUE, Aig, names
from bridge.aig.cone import read_by
from bridge.arrays import Bits, Flags, Ints
from bridge.cell.folded import GATE, REACH, UNIT, Folded, tanh
from bridge.cell.passes import LANES, NUMBER, READY, passes_of
from bridge.cell.ranges import Ranges
from bridge.equivalence.certificate.gadgets import Gadgets
from bridge.equivalence.certificate.local import Local, combinations
from bridge.equivalence.certificate.rows import Broken, Row, check_bits
from bridge.equivalence.certificate.schedule import check_schedule
from bridge.execution import compile_program, run
from bridge.execution.words import packed, unpacked
from bridge.lowering.folded import DRIVE_BITS, GATE_BITS, INNER_BITS, NEXT, RING, VALUE_BITS, FoldedTrace

Case: TypeAlias = Sequence[tuple[int, int]]  # literals and their values
NUMBERS = {"weights": (LANES, True), "bias": (1, True), "scale": (1, False)}  # how many, and whether signed
LOADS = tuple(f"load.{name}" for name in ("inner", "reset", "update", "old", "new"))
FLAGS = ("fresh", "biased", "enters", "moves", "candidates", "written", "lane", *LOADS)
AT_ONCE = 1 << 12  # steps
SIXTY_FOURTH = 6  # bits


def check_folded(net: Folded, aig: Aig, trace: FoldedTrace) -> None:
    """Broken with the first thing that does not hold. The nodes that the netlist dropped are added again: they are
    definitions, which change nothing."""
    whole = replace(aig, ands=np.concatenate([aig.ands, trace.dropped])).validate()
    words, half = _Words(whole, trace), 1 << net.shift - 1
    words.check_widths(net.most, net.most * int(net.scales.max()) + half, net.shift)
    words.check_ports(net.shift)
    words.check_registers(passes_of(net).slots)
    words.check_sums(half)
    words.check_functions(net.shift)
    check_schedule(net, _decisions(net, whole, trace))


class _Words:
    """The words of one netlist."""

    def __init__(self, aig: Aig, trace: FoldedTrace) -> None:
        self.aig, self.gadgets, self.local = aig, Gadgets(aig), Local(aig)
        self.words = {name: bits.tolist() for name, bits in trace.words.items()}
        self.adders = trace.adders
        self.next = {2 * variable: latch.next for variable, latch in enumerate(aig.latches, aig.first_latch)}
        self.starts = {2 * variable: latch.reset for variable, latch in enumerate(aig.latches, aig.first_latch)}
        self.latches = {latch.name: 2 * variable for variable, latch in enumerate(aig.latches, aig.first_latch)}
        self.known = {
            (high, low): 2 * variable for variable, (high, low) in enumerate(aig.ands.tolist(), aig.first_and)
        }

    def register(self, name: str) -> list[int]:
        """The literals of its bits, the lowest first."""
        found = list[int]()
        while (literal := self.latches.get(names.state(name, len(found)))) is not None:
            found.append(literal)
        return found

    def lanes(self, kind: str, slot: int) -> list[int]:
        """What all lanes of a slot hold."""
        return [bit for lane in range(LANES) for bit in self.register(f"{kind}.{slot}.{lane}")]

    def follow(self, bits: Sequence[int]) -> list[int]:
        """The literals of what registers become."""
        return [self.next[bit] for bit in bits]

    def check_widths(self, sums: int, products: int, shift: int) -> None:
        """No number is too large for its bits, those of rows being at most so large. Gates are 0..64, so what they
        multiply stays as large as it was, and a new state lies between two states."""
        exact = {"bits.inner": INNER_BITS, "driven": DRIVE_BITS, "tanh": VALUE_BITS, "bits.reset": GATE_BITS}
        exact |= {"bits.update": GATE_BITS, "gated": INNER_BITS + GATE_BITS, "step": VALUE_BITS + 1}
        exact |= {"after": VALUE_BITS + SIXTY_FOURTH, "now": sums.bit_length() + 1}
        if any(len(self.words[name]) != width for name, width in exact.items()):
            raise Broken("a number has other bits than it needs")
        product = len(self.words["product"])
        if product <= products.bit_length() or len(self.words["drive"]) != product - shift + 1:
            raise Broken("a number has fewer bits than it needs")

    def check_ports(self, shift: int) -> None:
        value = self.words["product"][shift:]
        outputs = [(names.element(NUMBER, bit), literal) for bit, literal in enumerate(value)]
        if [(output.name, output.literal) for output in self.aig.outputs[:-1]] != outputs:
            raise Broken("the outputs are not the scaled sum")
        if self.aig.outputs[-1].name != READY or self.aig.inputs != (*names.BYTE,):
            raise Broken("the inputs are not a byte, or the last output does not say what is ready")

    def check_registers(self, slots: int) -> None:
        """What each register becomes."""
        words = self.words
        if self.follow(self.register("sum")) != words["now"]:
            raise Broken("the register of the sum is not the sum so far")
        for name in (load.removeprefix("load.") for load in LOADS):
            (load,), register = words[f"load.{name}"], self.register(name)
            for new, old, out in zip(words[f"bits.{name}"], register, self.follow(register), strict=True):
                self._chosen([(load, new)], old, out)
        if any(self.starts[bit] != 0 for slot in range(slots) for bit in self.lanes(RING, slot)):
            raise Broken("the state does not start at 0")
        for kind, slot in ((kind, slot) for kind in (RING, NEXT) for slot in range(slots - 1)):
            if self.follow(self.lanes(kind, slot)) != self.lanes(kind, slot + 1):
                raise Broken("a ring does not go round")
        (enters,), (moves,), new = words["enters"], words["moves"], self.register("new")
        written = [bit for bit in words["written"] for _ in new]
        for select, bit, old, out in zip(written, new * LANES, self.lanes(NEXT, 0), words["held"], strict=True):
            self._chosen([(select, bit)], old, out)
        last = zip(
            words["codes"], words["held"], self.lanes(RING, 0), self.follow(self.lanes(RING, slots - 1)), strict=True
        )
        for code, bit, old, out in last:
            self._chosen([(enters, code), (moves, bit)], old, out)
        if self.follow(self.lanes(NEXT, slots - 1)) != words["held"]:
            raise Broken("the second ring does not take what is held")

    def check_sums(self, half: int) -> None:
        words, head = self.words, self.lanes(RING, 0)
        (fresh,), (biased,), old = words["fresh"], words["biased"], self.register("old")
        width = len(head) // LANES
        weight = len(words["weights"]) // LANES
        pairs = [(words["weights"][weight * n :][:weight], head[width * n :][:width]) for n in range(LANES)]
        products = [self._product(*pair, right_signed=True) for pair in pairs]
        before = [self._and(bit, fresh ^ 1) for bit in self.register("sum")]
        bias = [self._and(bit, biased) for bit in words["bias"]]
        self._total("now", chain(_signed(before), _signed(bias), *products), 0)
        self._total("product", self._product(words["now"], words["scale"]), half)
        self._total("gated", self._product(self.register("inner"), self.register("reset")), GATE // 2)
        value = words["product"][half.bit_length() :]
        self._total("drive", chain(_signed(value), _signed(words["gated"][SIXTY_FOURTH:])), 0)
        self._total("step", chain(_signed(words["tanh"]), ((bit, -worth) for bit, worth in _signed(old))), 0)
        held = ((bit, worth << SIXTY_FOURTH) for bit, worth in _signed(old))
        self._total("after", chain(self._product(words["step"], self.register("update")), held), GATE // 2)

    def check_functions(self, shift: int) -> None:
        words, value = self.words, self.words["product"][shift:]
        self._saturated(value, words["bits.inner"])
        self._saturated(value[1:] or value, words["of_gate"])
        self._saturated(words["drive"], words["candidate"])
        (candidates,) = words["candidates"]
        for candidate, of_gate, out in zip(words["candidate"], words["of_gate"], words["driven"], strict=True):
            self._chosen([(candidates, candidate)], of_gate, out)
        self._computes("driven", words["tanh"], tanh, REACH)
        for name in ("bits.reset", "bits.update"):
            self._computes("tanh", words[name], lambda values: values + UNIT + 2 >> 2, UNIT)
        if words["bits.new"] != words["after"][SIXTY_FOURTH:]:
            raise Broken("a new state is not what it should be")
        lanes, head = words["lane"], self.lanes(RING, 0)
        for bit, out in enumerate(words["bits.old"]):
            pairs = zip(lanes, head[bit :: len(words["bits.old"])], strict=True)
            self._decided([case for pair in pairs for case in _open(*pair, shut=lanes)], [0, 1] * LANES, out)

    def _product(
        self, left: Sequence[int], right: Sequence[int], right_signed: bool = False
    ) -> Iterator[tuple[int, int]]:
        """The digits of a signed number times another, and what each is worth."""
        for bit, worth in _signed(left):
            for other, times in _signed(right) if right_signed else _plain(right):
                yield self._and(bit, other), worth * times

    def _and(self, a: int, b: int) -> int:
        """The literal of `a & b`; -1 if there is none."""
        low, high = sorted((a, b))
        if low == 0 or high == low ^ 1:
            return 0
        return high if low in (1, high) else self.known.get((high, low), -1)

    def _total(self, name: str, digits: Iterator[tuple[int, int]] | chain[tuple[int, int]], constant: int) -> None:
        """Its bits must be the lowest ones of the sum of digits and constant."""
        bits, left = self.words[name], list[tuple[int, int]]()
        for literal, worth in digits:
            place = abs(worth).bit_length() - 1
            if place < len(bits):
                left.append((place, literal ^ int(worth < 0)))
                constant += min(worth, 0)
        adders = [
            [0, place, a, b, c, 0, total, carry, 0] for place, a, b, c, total, carry in self.adders[name].tolist()
        ]
        check_bits(self.gadgets, Row(left, adders, constant), 0, bits, 0)

    def _computes(self, read: str, outs: Sequence[int], function: Callable[[Ints], Ints], reach: int) -> None:
        """The function of a number of -reach .. reach - 1, in the bits of which no carry is lost."""
        ranges = Ranges(np.array([-reach]), np.array([reach - 1]))
        values = function(combinations(ranges)[:, 0])
        expected = [values >> place & 1 for place in range(len(outs))]
        if not self.local.computes(np.array(self.words[read]), ranges, outs, expected):
            raise Broken(f"what is made of {read} is not what it should be")

    def _saturated(self, bits: Sequence[int], outs: Sequence[int]) -> None:
        """The nearest signed number that fewer bits can hold."""
        sign, low, beyond = bits[-1], bits[: len(outs) - 1], bits[len(outs) - 1 : -1]
        if not beyond:
            if [*low, *[sign] * (len(outs) - len(low))] != [*outs]:
                raise Broken("a number in more bits is not the same")
            return
        far = [[(sign, side), (bit, 1 - side)] for side in (0, 1) for bit in beyond]
        near = [[(bit, side) for bit in (sign, *beyond)] for side in (0, 1)]
        for bit, out in zip(low, outs, strict=False):
            cases = [*far, *([*case, (bit, value)] for case in near for value in (0, 1))]
            self._decided(cases, [1] * len(beyond) + [0] * len(beyond) + [0, 1, 0, 1], out)
        if outs[-1] != sign:
            raise Broken("a limited number has another sign")

    def _chosen(self, ways: Sequence[tuple[int, int]], other: int, out: int) -> None:
        """Of the first way that is open, else the other one."""
        selects, literals = [*(select for select, _ in ways), TRUE], [*(literal for _, literal in ways), other]
        pairs = enumerate(zip(selects, literals, strict=True))
        cases = [case for place, pair in pairs for case in _open(*pair, shut=selects[:place])]
        self._decided(cases, [0, 1] * len(literals), out)

    def _decided(self, cases: Sequence[Case], expected: Sequence[int], out: int) -> None:
        if not self.local.decides(cases, expected, out):
            raise Broken("a choice is not the one that it should be")


def _open(select: int, literal: int, shut: Sequence[int]) -> list[Case]:
    """Two cases: a way is open, and no other of some, and the literal of that way is 0, is 1."""
    chosen = [(select, 1), *((other, 0) for other in shut if other != select)]
    return [[*chosen, (literal, value)] for value in (0, 1)]


def _plain(bits: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Literals and what they are worth."""
    return ((bit, 1 << place) for place, bit in enumerate(bits))


def _signed(bits: Sequence[int]) -> Iterator[tuple[int, int]]:
    last = len(bits) - 1
    return ((bit, -worth if worth >> last else worth) for bit, worth in _plain(bits))


def _decisions(net: Folded, aig: Aig, trace: FoldedTrace) -> dict[str, Ints]:
    """What `check_schedule` is told. Broken unless that depends on nothing else, and begins again after a byte."""
    passes, codes = passes_of(net), trace.words["codes"]
    words = {name: trace.words[name] for name in (*NUMBERS, *FLAGS)} | {READY: np.array([aig.outputs[-1].literal])}
    literals = np.concatenate([*words.values()])
    alone, also = read_by(aig, literals), read_by(aig, codes)
    free = np.flatnonzero([latch.reset is None for latch in aig.latches]) + aig.first_latch
    if alone[1 : aig.first_latch].any() or (also & ~alone)[aig.first_latch : aig.first_and].any() or alone[free].any():
        raise Broken("what decides is not the number of the step alone")
    bits = _by_step(aig, literals, alone, passes.steps)
    ends = np.cumsum([len(part) for part in words.values()])[:-1]
    told: dict[str, Ints] = dict(zip(words, np.split(bits, ends, axis=1), strict=True))
    told |= {name: numbers(told[name], lanes, signed) for name, (lanes, signed) in NUMBERS.items()}
    told = {name: part[:, 0] if part.shape[1] == 1 else part for name, part in told.items()}
    of_bytes = packed((np.arange(256) >> np.arange(8)[:, None] & 1).astype(np.uint8)[None])
    program = compile_program(aig, codes)
    found = run(program, np.repeat(of_bytes, passes.slots, axis=0), program.reset_state(of_bytes.shape[2]))[0]
    return told | {"codes": numbers(np.moveaxis(unpacked(found, 256), 1, 2), LANES, signed=True)}


def _by_step(aig: Aig, literals: Ints, alone: Flags, steps: int) -> Ints:
    """int64[steps, literals]: the bits that depend on nothing but the step. `alone`: bool[variables], what these read.
    Broken unless that is after so many steps what it was."""
    program, parts = compile_program(aig, literals), list[Ints]()
    state = start = program.reset_state(1)
    for first in range(0, steps, AT_ONCE):
        inputs = np.zeros((min(AT_ONCE, steps - first), len(aig.inputs), 1), np.uint64)
        outputs, state = run(program, inputs, state)
        parts.append((outputs[:, :, 0] & np.uint64(1)).astype(np.int64))
    if ((state ^ start)[alone[aig.first_latch : aig.first_and]] & np.uint64(1)).any():
        raise Broken("the steps of a byte do not end where they began")
    return np.concatenate(parts)


def numbers(bits: Bits | Ints, count: int, signed: bool) -> Ints:
    """int64[..., count] of uint8[..., count * width]."""
    several = bits.reshape(*bits.shape[:-1], count, -1).astype(np.int64)
    worth = 1 << np.arange(several.shape[-1])
    worth[-1:] *= -1 if signed else 1  # there may be none: all numbers are 0
    return several @ worth
