"""A folded network as logic: rows of weights come out of a table one after the other, and one adder adds them up.

The values that rows read go round in a ring of slots, `LANES` numbers wide, which costs no gate: in each step all lanes
of the slot at its head are multiplied by weights. A pass through all slots is a row: a sum, which is scaled when the
pass ends. A byte takes `Passes.passes` of them:

    one in which the codes of the byte come into the ring
    three for each unit: reset, update, candidate; its new value goes into a second ring, on the first pass after them
    one in which the units' slots of the second ring go into the first
    one for each symbol: its logit stands at the outputs `number`, and `ready` is 1, in the last step of the pass

The input `byte` is held all that time. Before the first byte all states are 0, which is what `Folded.reset` says.
"""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.names import byte, element, state
from bridge.arrays import Bits, Ints
from bridge.cell.folded import GATE, REACH, ROWS, UNIT, Folded, tanh_table
from bridge.cell.passes import LANES, NUMBER, READY, passes_of
from bridge.lowering.lookup import choose_words, join, look_up
from bridge.lowering.sums import Sum, saturated

VALUE_BITS, WEIGHT_BITS, GATE_BITS, CODE_BITS = 8, 3, 7, 4
DRIVE_BITS, INNER_BITS = 9, 11  # of what tanh is given, of what reset gates multiply


def lower_folded(net: Folded, name: str = "folded") -> Aig:
    """The machine. Inputs `byte[i]`, outputs `ready` and `number[i]`, signed. InputError: see `passes_of`."""
    return _Machine(net, name).build()


class _Machine:
    """What is built, step by step; every part is called once."""

    def __init__(self, net: Folded, name: str) -> None:
        self.net, self.passes = net, passes_of(net)
        self.builder = AigBuilder(name, 1 << 17)
        self.byte = self.builder.inputs(byte(bit) for bit in range(8))

    def build(self) -> Aig:
        builder, passes = self.builder, self.passes
        self._sequencer()
        ring = [[self._register(f"ring.{slot}.{lane}") for lane in range(LANES)] for slot in range(passes.slots)]
        value = self._row(ring[0])
        self._rings(ring, self._unit(ring[0], value))
        for bit, literal in enumerate(value):
            builder.output(element(NUMBER, bit), literal)
        builder.output(READY, builder.and_(self.answering, self.slot[-1]))
        return builder.build()

    def _sequencer(self) -> None:
        """Which slot is at the head, which pass this is, whose turn among units."""
        builder, passes = self.builder, self.passes
        self.slot = [builder.latch(state("slot", index), index == 0) for index in range(passes.slots)]
        for index, latch in enumerate(self.slot):
            builder.set_next(latch, self.slot[index - 1])
        count = [builder.latch(state("pass", bit)) for bit in range((passes.passes - 1).bit_length())]
        self.row = choose_words(builder, count, passes.passes)
        last = builder.and_(self.slot[-1], self.row[-1])
        counted = Sum()
        counted.add(count, signed=False)
        counted.add_digit(self.slot[-1], 0)
        for latch, after in zip(count, counted.bits(builder, len(count)), strict=True):
            builder.set_next(latch, builder.and_(after, last ^ 1))
        end = self.slot[-1]
        begins = builder.and_(end, self.row[0])
        units_end = builder.and_(end, self.row[ROWS * passes.units])
        self.computing = self._flag("computing", begins, units_end)
        self.entering = self.row[0]
        self.moving = self.row[ROWS * passes.units + 1]
        self.answering = self._flag("answering", builder.and_(end, self.moving), last)
        self.kind = self._turns("kind", ROWS, builder.and_(end, self.computing))
        # A unit has its turn until the next one's reset gate is known: until its new value is in the second ring.
        turn = builder.and_(builder.and_(end, self.computing), self.kind[0])
        self.lane = self._turns("lane", LANES, turn, LANES - 1)
        self.home = self._turns("home", passes.held, builder.and_(turn, self.lane[-1]), passes.held - 1)

    def _flag(self, name: str, on: int, off: int) -> int:
        """A latch that is 1 from the step after one to that of the other."""
        latch = self.builder.latch(state(name, 0))
        self.builder.set_next(latch, self.builder.or_(on, self.builder.and_(latch, off ^ 1)))
        return latch

    def _turns(self, name: str, count: int, step: int, first: int = 0) -> list[int]:
        """Latches of which one is 1, the next one after each step in which `step` is."""
        latches = [self.builder.latch(state(name, index), index == first) for index in range(count)]
        for index, latch in enumerate(latches):
            self.builder.set_next(latch, self.builder.mux(step, latches[index - 1], latch))
        return latches

    def _register(self, name: str, width: int = VALUE_BITS) -> list[int]:
        return [self.builder.latch(state(name, bit)) for bit in range(width)]

    def _keep(self, name: str, load: int, bits: list[int]) -> list[int]:
        """A register that takes bits when told to, else keeps what it has."""
        register = self._register(name, len(bits))
        for latch, bit in zip(register, bits, strict=True):
            self.builder.set_next(latch, self.builder.mux(load, bit, latch))
        return register

    def _row(self, head: list[list[int]]) -> list[int]:
        """The sum so far of the products of this pass, scaled: signed, in 64ths of a nat."""
        builder, net, passes = self.builder, self.net, self.passes
        places = np.r_[1 : ROWS * passes.units + 1, passes.passes - passes.symbols : passes.passes]
        rows = [self.row[place] for place in places]
        words = [builder.and_(row, slot) for row in rows for slot in self.slot]
        weights = look_up(builder, words, digits(net.weights.reshape(len(words), LANES), WEIGHT_BITS))
        width = net.most.bit_length() + 1
        wanted = int(np.abs(net.biases).max(initial=1)).bit_length() + 1
        bias = look_up(builder, rows, digits(net.biases[:, None], wanted))
        scale = look_up(builder, rows, digits(net.scales[:, None], int(net.scales.max(initial=1)).bit_length()))
        # The candidate's sum begins again where what was held ends, and only then has its bias.
        candidate = builder.and_(self.kind[2], self.computing)
        begins, again = self.slot[0], builder.and_(candidate, self.slot[passes.held])
        biased = builder.or_(again, builder.and_(begins, candidate ^ 1))
        fresh = builder.or_(begins, again)
        before = self._register("sum", width)
        sums = Sum()
        sums.add([builder.and_(bit, fresh ^ 1) for bit in before], signed=True)
        sums.add([builder.and_(bit, biased) for bit in bias], signed=True)
        for lane, value in enumerate(head):
            digits_of = weights[lane * WEIGHT_BITS : (lane + 1) * WEIGHT_BITS]
            sums.add_product(builder, digits_of, value, right_signed=True)
        now = sums.bits(builder, width)
        for latch, bit in zip(before, now, strict=True):
            builder.set_next(latch, bit)
        product = Sum(1 << net.shift - 1)
        product.add_product(builder, now, scale, right_signed=False)
        return product.bits(builder, width + len(scale))[net.shift :]

    def _unit(self, head: list[list[int]], value: list[int]) -> list[int]:
        """The new value of the unit whose turn it is, in the steps in which it goes into the second ring."""
        builder, end = self.builder, self.slot[-1]
        read_on = builder.and_(self.kind[2], self.slot[self.passes.held - 1])
        inner = self._keep("inner", read_on, saturated(builder, value, INNER_BITS))
        reset = self._register("reset", GATE_BITS)
        gated = Sum(GATE // 2)
        gated.add_product(builder, inner, reset, right_signed=False)
        drive = Sum()
        drive.add(value, signed=True)
        drive.add(gated.bits(builder, INNER_BITS + GATE_BITS)[6:], signed=True)
        candidate = saturated(builder, drive.bits(builder, len(value) + 1), DRIVE_BITS)
        gate = saturated(builder, value[1:], DRIVE_BITS)
        new = self._tanh([builder.mux(self.kind[2], a, b) for a, b in zip(candidate, gate, strict=True)])
        opened = Sum(UNIT + 2)
        opened.add(new, signed=True)
        gates = opened.bits(builder, VALUE_BITS + 1)[2:]
        for latch, bit in zip(reset, gates, strict=True):
            builder.set_next(latch, builder.mux(builder.and_(end, self.kind[0]), bit, latch))
        update = self._keep("update", builder.and_(end, self.kind[1]), gates)
        lanes = [
            [builder.and_(self.lane[lane], bits[bit]) for lane, bits in enumerate(head)] for bit in range(VALUE_BITS)
        ]
        old = self._keep("old", self._at_home(), [join(builder, bits) for bits in lanes])
        step, after = Sum(), Sum(GATE // 2)
        step.add(new, signed=True)
        step.add(old, signed=True, negative=True)
        after.add_product(builder, step.bits(builder, VALUE_BITS + 1), update, right_signed=False)
        after.add(old, signed=True, place=6)
        return self._keep("new", builder.and_(end, self.kind[2]), after.bits(builder, VALUE_BITS + 6)[6:])

    def _at_home(self) -> int:
        """Whether the slot of the unit whose turn it is is at the head."""
        return join(self.builder, [self.builder.and_(*pair) for pair in zip(self.home, self.slot, strict=False)])

    def _tanh(self, drive: list[int]) -> list[int]:
        """Of a signed number of DRIVE_BITS: the table has the values of what is not negative, those below are
        minus the value of minus the number."""
        builder, sign = self.builder, drive[-1]
        size = Sum()
        for place, bit in enumerate(drive[:-1]):
            size.add_digit(builder.xor(bit, sign), place)
        size.add_digit(sign, 0)
        table = np.append(tanh_table()[REACH:], tanh_table()[:1] * -1)
        words = choose_words(builder, size.bits(builder, DRIVE_BITS), REACH + 1)
        found = look_up(builder, words, digits(table[:, None], VALUE_BITS - 1))
        value = Sum()
        for place, bit in enumerate(found):
            value.add_digit(builder.xor(bit, sign), place)
        value.add_digit(sign, 0)
        # Minus 0 is 0: the sign of the result is that of the number only if there is a size.
        return [*value.bits(builder, VALUE_BITS - 1), builder.and_(sign, join(builder, found))]

    def _rings(self, ring: list[list[list[int]]], new: list[int]) -> None:
        """Both rings go round; the first takes in codes or the units' new states, the second a new state."""
        builder, passes = self.builder, self.passes
        codes = self._codes()
        second = [[self._register(f"next.{slot}.{lane}") for lane in range(LANES)] for slot in range(passes.slots)]
        for slot in range(1, passes.slots):
            for lane in range(LANES):
                for bit in range(VALUE_BITS):
                    builder.set_next(ring[slot - 1][lane][bit], ring[slot][lane][bit])
                    builder.set_next(second[slot - 1][lane][bit], second[slot][lane][bit])
        home = builder.and_(self._at_home(), builder.or_(self.kind[0], self.moving))
        of_units = join(builder, self.slot[: passes.held])
        moves, enters = builder.and_(self.moving, of_units), builder.and_(self.entering, of_units ^ 1)
        for lane in range(LANES):
            writes = builder.and_(home, self.lane[lane])
            for bit in range(VALUE_BITS):
                held = builder.mux(writes, new[bit], second[0][lane][bit])
                builder.set_next(second[-1][lane][bit], held)
                kept = builder.mux(moves, held, ring[0][lane][bit])
                builder.set_next(ring[-1][lane][bit], builder.mux(enters, codes[lane][bit], kept))

    def _codes(self) -> list[list[int]]:
        """By lane: the code of the byte in the slot at the head, as a value of the ring, which counts in 128ths."""
        builder, net, passes = self.builder, self.net, self.passes
        bytes_read = choose_words(builder, self.byte, 256)
        symbols = [
            join(builder, [bytes_read[value] for value in np.flatnonzero(net.ranks == rank).tolist()])
            for rank in range(passes.symbols)
        ]
        words = [builder.and_(symbol, slot) for symbol in symbols for slot in self.slot[passes.held :]]
        found = look_up(builder, words, digits(net.embedding.reshape(len(words), LANES), CODE_BITS))
        fill = [0] * (VALUE_BITS - CODE_BITS)
        return [fill + found[lane * CODE_BITS : (lane + 1) * CODE_BITS] for lane in range(LANES)]


def digits(numbers: Ints, width: int) -> Bits:
    """uint8[rows, columns * width]: the bits of int[rows, columns] in two's complement, from the lowest on."""
    bits = numbers.astype(np.int64)[:, :, None] >> np.arange(width) & 1
    return bits.astype(np.uint8).reshape(len(numbers), -1)
