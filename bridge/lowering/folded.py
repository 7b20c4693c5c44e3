"""A folded network as logic: rows of weights come out of a table one after the other, and one adder adds them up.

The values that rows read go round in a ring of slots, `LANES` numbers wide, which costs no gate: in each step all lanes
of the slot at its head are multiplied by weights. A pass through all slots is a row: a sum, which is scaled when the
pass ends. A byte takes `Passes.passes` of them:

    entering   one, in which the codes of the byte come into the ring
    computing  three for each unit: reset, update, candidate; then its new value goes into a second ring
    moving     one, in which the units' slots of the second ring go into the first
    answering  one for each symbol: its logit stands at the outputs `number`, and `ready` is 1, when the pass ends

The input `byte` is held all that time. Before the first byte all states are 0, which is what `Folded.reset` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.names import byte, element, state
from bridge.arrays import Ands, Bits, Ints
from bridge.cell.folded import GATE, REACH, ROWS, UNIT, Folded, Small, tanh_table
from bridge.cell.passes import LANES, NUMBER, READY, passes_of
from bridge.cell.record import sources_of
from bridge.lowering.lookup import choose_words, join, look_up
from bridge.lowering.sequencer import Turn, sequencer
from bridge.lowering.sums import Sum, saturated
from bridge.metadata import Metadata, with_metadata

Number: TypeAlias = list[int]  # its bits, from the lowest on
VALUE_BITS, WEIGHT_BITS, GATE_BITS, CODE_BITS = 8, 3, 7, 4
DRIVE_BITS, INNER_BITS = 9, 11  # of what tanh is given, of what reset gates multiply
RING, NEXT = "ring", "next"


@dataclass
class FoldedTrace:
    """What is told of a lowering to those that check it; a claim, not a proof. `words`: the literals of numbers and of
    what decides; `adders`: the full adders of sums, int64[n, 6] as `Sum` has them, with literals; `dropped`: see
    `Built`."""

    words: dict[str, Ints] = field(default_factory=dict)
    adders: dict[str, Ints] = field(default_factory=dict)
    dropped: Ands = field(default_factory=lambda: np.zeros((0, 2), np.uint32))

    def word(self, name: str, bits: Sequence[int]) -> Number:
        self.words[name] = np.array(bits, np.int64)
        return [*bits]

    def total(self, name: str, builder: AigBuilder, numbers: Sum, width: int) -> Number:
        """The lowest bits of a sum."""
        bits = self.word(name, numbers.bits(builder, width))
        self.adders[name] = np.array(numbers.adders, np.int64).reshape(-1, 6)
        return bits


def lower_folded(net: Folded, name: str = "folded") -> Aig:
    """The machine. Inputs `byte[i]`, outputs `number[i]`, signed, and `ready`. InputError: see `passes_of`."""
    return lower_folded_traced(net, name)[0]


def lower_folded_traced(net: Folded, name: str = "folded") -> tuple[Aig, FoldedTrace]:
    """The machine, and how it was built."""
    builder, trace = AigBuilder(name, 1 << 17), FoldedTrace()
    _build(builder, net, trace)
    built = builder.build_whole()
    words = {name: built.literals(bits) for name, bits in trace.words.items()}
    for adders in trace.adders.values():
        adders[:, 1:] = built.literals(adders[:, 1:])
    aig = with_metadata(built.aig, Metadata(cell=net.digest, sources=sources_of(net.record)))
    return aig, FoldedTrace(words, trace.adders, built.dropped)


def _build(builder: AigBuilder, net: Folded, trace: FoldedTrace) -> None:
    passes = passes_of(net)
    read = builder.inputs(byte(bit) for bit in range(8))
    turn = sequencer(builder, passes)
    first, second = (_ring(builder, kind, passes.slots) for kind in (RING, NEXT))
    value = _row(builder, net, turn, first[0], trace)
    new = _new_value(builder, turn, first[0], value, trace)
    codes = _codes(builder, net, read, turn.slot[passes.held :])
    of_units = join(builder, turn.slot[: passes.held])
    moves, enters = builder.and_(turn.moving, of_units), builder.and_(turn.entering, of_units ^ 1)
    home = builder.and_(turn.at_home(builder), builder.or_(turn.kind[0], turn.moving))
    written, kept = list[int](), list[int]()
    for lane in range(LANES):
        written.append(builder.and_(home, turn.lane[lane]))
        held = _chosen(builder, written[lane], new, second[0][lane])
        kept += held
        _goes_round(builder, second, lane, held)
        _goes_round(
            builder, first, lane, _chosen(builder, enters, codes[lane], _chosen(builder, moves, held, first[0][lane]))
        )
    flat = [bit for lane in codes for bit in lane]
    told = {"codes": flat, "held": kept, "written": written, "moves": [moves], "enters": [enters]}
    for each, bits in {**told, "lane": turn.lane, "candidates": turn.kind[2:]}.items():
        trace.word(each, bits)
    builder.outputs((element(NUMBER, bit) for bit in range(len(value))), value)
    builder.output(READY, builder.and_(turn.answering, turn.end))


def _row(builder: AigBuilder, net: Folded, turn: Turn, head: Sequence[Number], trace: FoldedTrace) -> Number:
    """The sum so far of the products of this pass, scaled: signed, in 64ths of a nat."""
    units, width = ROWS * net.units, net.most.bit_length() + 1
    rows = [*turn.row[1 : units + 1], *turn.row[units + 2 :]]
    words = [builder.and_(row, slot) for row in rows for slot in turn.slot]

    def table(name: str, words: Sequence[int], numbers: Ints | Small, width: int) -> Number:
        return trace.word(name, look_up(builder, words, digits(numbers, width)))

    weights = table("weights", words, net.weights.reshape(len(words), LANES), WEIGHT_BITS)
    bias = table("bias", rows, net.biases[:, None], int(np.abs(net.biases).max()).bit_length() + 1)
    scale = table("scale", rows, net.scales[:, None], int(net.scales.max()).bit_length())
    # The candidate's sum begins again where what was held ends, and only then has its bias.
    candidate = builder.and_(turn.kind[2], turn.computing)
    again = builder.and_(candidate, turn.slot[net.units // LANES])
    (biased,) = trace.word("biased", [builder.or_(again, builder.and_(turn.slot[0], candidate ^ 1))])
    (fresh,) = trace.word("fresh", [builder.or_(turn.slot[0], again)])
    before, sums = _register(builder, "sum", width), Sum()
    sums.add([builder.and_(bit, fresh ^ 1) for bit in before], signed=True)
    sums.add([builder.and_(bit, biased) for bit in bias], signed=True)
    for lane, value in enumerate(head):
        sums.add_product(builder, weights[lane * WEIGHT_BITS : (lane + 1) * WEIGHT_BITS], value, right_signed=True)
    now = trace.total("now", builder, sums, width)
    _follow(builder, before, now)
    half = 1 << net.shift - 1
    product, most = Sum(half), net.most * int(net.scales.max()) + half
    product.add_product(builder, now, scale, right_signed=False)
    return trace.total("product", builder, product, max(width + len(scale), most.bit_length() + 1))[net.shift :]


def _new_value(builder: AigBuilder, turn: Turn, head: Sequence[Number], value: Number, trace: FoldedTrace) -> Number:
    """What the unit holds from the next byte on; there from the pass after its last row until the pass ends."""

    def kept(name: str, load: int, bits: Number, register: Number) -> Number:
        _follow(builder, register, _chosen(builder, load, trace.word(f"bits.{name}", bits), register))
        trace.word(f"load.{name}", [load])
        return register

    last_held, clipped = (
        builder.and_(turn.kind[2], turn.slot[len(turn.home) - 1]),
        saturated(builder, value, INNER_BITS),
    )
    inner = kept("inner", last_held, clipped, _register(builder, "inner", INNER_BITS))
    reset = _register(builder, "reset", GATE_BITS)
    gated, drive, opened = Sum(GATE // 2), Sum(), Sum(UNIT + 2)
    gated.add_product(builder, inner, reset, right_signed=False)
    drive.add(value, signed=True)
    drive.add(trace.total("gated", builder, gated, INNER_BITS + GATE_BITS)[6:], signed=True)
    driven = trace.total("drive", builder, drive, len(value) + 1)
    candidate = trace.word("candidate", saturated(builder, driven, DRIVE_BITS))
    halved = value[1:] or value  # half of what is 0 or -1 is the same
    of_gate = trace.word("of_gate", saturated(builder, halved, DRIVE_BITS))
    new = trace.word("tanh", _tanh(builder, trace.word("driven", _chosen(builder, turn.kind[2], candidate, of_gate))))
    opened.add(new, signed=True)
    gate = opened.bits(builder, VALUE_BITS + 1)[2:]
    kept("reset", builder.and_(turn.end, turn.kind[0]), gate, reset)
    update = kept("update", builder.and_(turn.end, turn.kind[1]), gate, _register(builder, "update", GATE_BITS))
    lanes = [
        [builder.and_(one, bit) for one, bit in zip(turn.lane, bits, strict=True)] for bits in zip(*head, strict=True)
    ]
    at_home, bits = turn.at_home(builder), [join(builder, bits) for bits in lanes]
    old = kept("old", at_home, bits, _register(builder, "old", VALUE_BITS))
    step, after = Sum(), Sum(GATE // 2)
    step.add(new, signed=True)
    step.add(old, signed=True, negative=True)
    stepped = trace.total("step", builder, step, VALUE_BITS + 1)
    after.add_product(builder, stepped, update, right_signed=False)
    after.add(old, signed=True, place=6)
    bits = trace.total("after", builder, after, VALUE_BITS + 6)[6:]
    return kept("new", builder.and_(turn.end, turn.kind[2]), bits, _register(builder, "new", VALUE_BITS))


def _tanh(builder: AigBuilder, drive: Number) -> Number:
    """Of a signed number of DRIVE_BITS. The table has the values of what is not negative; those below are minus the
    value of minus the number."""
    sign, size = drive[-1], Sum()
    for place, bit in enumerate(drive[:-1]):
        size.add_digit(builder.xor(bit, sign), place)
    size.add_digit(sign, 0)
    table = -tanh_table()[REACH::-1]
    words = choose_words(builder, size.bits(builder, DRIVE_BITS), len(table))
    found, value = look_up(builder, words, digits(table[:, None], VALUE_BITS - 1)), Sum()
    for place, bit in enumerate(found):
        value.add_digit(builder.xor(bit, sign), place)
    value.add_digit(sign, 0)
    return [*value.bits(builder, VALUE_BITS - 1), builder.and_(sign, join(builder, found))]  # minus 0 is 0


def _codes(builder: AigBuilder, net: Folded, read: Number, slots: Sequence[int]) -> list[Number]:
    """By lane: the code of the byte in the slot at the head, as a value of the ring, which counts in 128ths."""
    values = choose_words(builder, read, 256)
    symbols = [
        join(builder, [values[value] for value in np.flatnonzero(net.ranks == rank).tolist()])
        for rank in range(len(net.symbols))
    ]
    words = [builder.and_(symbol, slot) for symbol in symbols for slot in slots]
    found = look_up(builder, words, digits(net.embedding.reshape(len(words), LANES), CODE_BITS))
    below = [0] * (VALUE_BITS - CODE_BITS)
    return [below + found[lane * CODE_BITS : (lane + 1) * CODE_BITS] for lane in range(LANES)]


def _ring(builder: AigBuilder, name: str, slots: int) -> list[list[Number]]:
    return [[_register(builder, f"{name}.{slot}.{lane}", VALUE_BITS) for lane in range(LANES)] for slot in range(slots)]


def _goes_round(builder: AigBuilder, ring: Sequence[Sequence[Number]], lane: int, last: Number) -> None:
    """Every slot takes over what the one behind it has, the last one what is given."""
    for slot, following in enumerate([*(row[lane] for row in ring[1:]), last]):
        _follow(builder, ring[slot][lane], following)


def _register(builder: AigBuilder, name: str, width: int) -> Number:
    return [builder.latch(state(name, bit)) for bit in range(width)]


def _follow(builder: AigBuilder, register: Number, bits: Number) -> None:
    for latch, bit in zip(register, bits, strict=True):
        builder.set_next(latch, bit)


def _chosen(builder: AigBuilder, select: int, then: Number, other: Number) -> Number:
    return [builder.mux(select, a, b) for a, b in zip(then, other, strict=True)]


def digits(numbers: Ints | Small, width: int) -> Bits:
    """uint8[rows, columns * width]: the bits of int[rows, columns] in two's complement, from the lowest on."""
    bits = numbers.astype(np.int64)[:, :, None] >> np.arange(width) & 1
    return bits.astype(np.uint8).reshape(len(numbers), -1)
