"""One stream of a cell in compiled code: sums of rows of tables, 64 neurons side by side in the lanes of vectors.

Memory has a row of words for every step; `at` is where the row of the present step starts. A word holds 64 bits of a
block, or a number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types

from bridge.arrays import Bits, Floats, Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part, generated
from bridge.readout.lengths import Drawing, Model, draw, draw_bit

WORD = 64  # neurons side by side
GIVEN, STATE, SUM, CHOOSE, DESCEND, HEAD = range(6)  # kinds of operations

_INT64 = ir.IntType(64)


class Plan(NamedTuple):
    """What a step does. One thread may use it at a time.

    `read`, `ask`: int64[n, 7], operations to read a byte, and to ask the head; `groups`: int32[n, 4], rows of the table
    that bits select, as (words back to the one that selects, shift, mask, byte of the table where the rows start), and
    splits of trees; `table`: sums of weights, a lane for each neuron; `words`: other facts; `places`, `numbers`: room
    for places in the table and for the numbers of the head; `columns`: words of a row; `kept`: words of memory that are
    looked back at.
    """

    read: Ints
    ask: Ints
    groups: Ints32
    table: Bits
    words: Ints
    places: Ints
    numbers: Ints
    columns: int
    kept: int


def _add_rows(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
    """The sum of the rows of a table that start at some places, as a vector of WORD lanes."""
    lane = ir.IntType(signature.args[0].dtype.bitwidth)
    vector = ir.VectorType(lane, WORD)
    table = context.make_array(signature.args[1])(context, builder, arguments[1]).data
    places = context.make_array(signature.args[2])(context, builder, arguments[2]).data
    before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
    builder.branch(loop)
    builder.position_at_end(loop)
    index, sums = builder.phi(_INT64), builder.phi(vector)
    start = builder.gep(table, [builder.load(builder.gep(places, [index]))])
    row = builder.load(builder.gep(builder.bitcast(start, vector.as_pointer()), [arguments[4]]))
    row.align = WORD
    total, following = builder.add(sums, row), builder.add(index, _INT64(1))
    index.add_incoming(_INT64(0), before)
    index.add_incoming(following, loop)
    sums.add_incoming(ir.Constant(vector, None), before)
    sums.add_incoming(total, loop)
    builder.cbranch(builder.icmp_signed("<", following, arguments[3]), loop, after)
    builder.position_at_end(after)
    return total, vector


def _write_fired(typing_context: Any, lane: Any, table: Any, places: Any, count: Any, word: Any) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        total, vector = _add_rows(context, builder, signature, arguments)
        return builder.bitcast(builder.icmp_signed(">=", total, ir.Constant(vector, None)), _INT64)

    return types.int64(lane, table, places, types.int64, types.int64), generate


def _write_weighed(typing_context: Any, lane: Any, table: Any, places: Any, count: Any, word: Any, numbers: Any) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        total, _ = _add_rows(context, builder, signature, arguments)
        wide = builder.sext(total, ir.VectorType(_INT64, WORD))
        found = context.make_array(signature.args[5])(context, builder, arguments[5]).data
        target = builder.gep(builder.bitcast(found, wide.type.as_pointer()), [arguments[4]])
        builder.store(wide, target).align = 8
        return context.get_dummy_value()

    return types.void(lane, table, places, types.int64, types.int64, numbers), generate


@generated(_write_fired)
def _fired(lane: type, table: Bits, places: Ints, count: Int, word: Int) -> np.int64:
    """Which lanes of a sum of `count` >= 1 rows are not negative.

    lane: their type; places: the bytes of the table where the rows start; word: which WORD lanes of them.
    """
    raise NotImplementedError


@generated(_write_weighed)
def _weighed(lane: type, table: Bits, places: Ints, count: Int, word: Int, numbers: Ints) -> None:
    """numbers[WORD * word : WORD * (word + 1)] = the lanes of the sum."""


@compiled_part
def _find_rows(plan: Plan, first: Int, end: Int, row_bytes: Int, memory: Ints, at: Int) -> None:
    """plan.places[i] = where in the table the row of group `first + i` starts."""
    groups, places = plan.groups, plan.places
    for index in range(first, end):
        row = np.uint64(index)  # indices without a sign need no test for it
        selected = memory[np.uint64(at - groups[row, 0])] >> groups[row, 1] & groups[row, 2]
        places[np.uint64(index - first)] = groups[row, 3] + selected * row_bytes


@compiled_part
def _sum(plan: Plan, count: Int, size: Int, word: Int) -> np.int64:
    if size == 1:
        return _fired(np.int8, plan.table, plan.places, count, word)
    if size == 2:
        return _fired(np.int16, plan.table, plan.places, count, word)
    return _fired(np.int32, plan.table, plan.places, count, word)


@compiled_part
def _weigh(plan: Plan, count: Int, size: Int, bias: Int) -> None:
    table, places, numbers = plan.table, plan.places, plan.numbers
    for word in range(len(numbers) // WORD):
        if size == 1:
            _weighed(np.int8, table, places, count, word, numbers)
        elif size == 2:
            _weighed(np.int16, table, places, count, word, numbers)
        else:
            _weighed(np.int32, table, places, count, word, numbers)
    for index in range(len(numbers)):
        numbers[index] += plan.words[bias + index]


@compiled_part
def _descend(plan: Plan, roots: tuple[Int, Int], leaves: Int, bits: Int, memory: Ints, at: Int, target: Int) -> None:
    """Write the leaf that every tree comes to; see `Trees`. A split is (words back, shift, where 1 and 0 lead)."""
    groups, words, place = plan.groups, plan.words, 0
    for root in range(roots[0], roots[1]):
        node = words[root]
        while node >= 0:
            bit = memory[at - groups[node, 0]] >> groups[node, 1] & 1
            node = np.int64(groups[node, 3 - bit])
        for bit in range(bits):
            memory[target + (place >> 6)] |= words[leaves + ~node * bits + bit] << (place & 63)
            place += 1


@compiled_part
def _operate(operations: Ints, plan: Plan, memory: Ints, at: Int, given: Int) -> None:
    """Run operations: (kind, column of the first word, words, facts that depend on the kind)."""
    words = plan.words
    for index in range(len(operations)):
        kind, column, count = operations[index, 0], operations[index, 1], operations[index, 2]
        a, b, c, d = operations[index, 3], operations[index, 4], operations[index, 5], operations[index, 6]
        if kind == SUM:
            _find_rows(plan, a, b, WORD * count * c, memory, at)
            for word in range(count):
                memory[at + column + word] = _sum(plan, b - a, c, word)
        elif kind == CHOOSE:
            for word in range(at + column, at + column + count):
                memory[word] = memory[word - c] ^ (memory[word - a] & (memory[word - c] ^ memory[word - b]))
        elif kind == DESCEND:
            for word in range(count):
                memory[at + column + word] = 0
            _descend(plan, (a, b), c, d, memory, at, at + column)
        elif kind == HEAD:
            _find_rows(plan, a, b, WORD * count * c, memory, at)
            _weigh(plan, b - a, c, d)
        else:
            number = words[b + 256 * memory[at - c] + given] if kind == STATE else given
            memory[at + column - 1] = number
            for word in range(count):
                memory[at + column + word] = words[a + number * count + word]


@compiled_part
def _read(plan: Plan, memory: Ints, at: Int, byte: np.uint8) -> Int:
    """Read a byte; returns where the row of its step starts: after the last, or after the latest of them, moved to the
    start."""
    at, kept = at + plan.columns, plan.kept
    if at >= len(memory):
        for word in range(kept):
            memory[word] = memory[len(memory) - kept + word]
        at = np.int64(kept)
    _operate(plan.read, plan, memory, at, np.int64(byte))
    return at


@compiled_part
def _ask(plan: Plan, memory: Ints, at: Int, node: Int) -> None:
    """What the head says, about a code node or 0, into plan.numbers."""
    _operate(plan.ask, plan, memory, at, np.int64(node))


@compiled
def read_text(plan: Plan, memory: Ints, at: Int, text: Bits) -> Int:
    """Read uint8[n] bytes; returns the new `at`."""
    for byte in text:
        at = _read(plan, memory, at, byte)
    return at


@compiled
def read_numbers(plan: Plan, memory: Ints, at: Int, text: Bits, nodes: Ints, found: Ints) -> Int:
    """The same, and what the head gives after every byte: int64[n, logits or scores].

    nodes: int64[n, k], those that are asked about after each byte, -1: none; k = 0: a head that depends on none.
    """
    numbers = plan.numbers
    for step in range(len(text)):
        at = _read(plan, memory, at, text[step])
        if nodes.shape[1] == 0:
            _ask(plan, memory, at, 0)
            found[step] = numbers[: found.shape[1]]
        for place in range(nodes.shape[1]):
            if nodes[step, place] >= 0:
                _ask(plan, memory, at, nodes[step, place])
                found[step, nodes[step, place]] = numbers[0]
    return at


@compiled
def write_symbols(
    plan: Plan, memory: Ints, at: Int, symbols: Bits, model: Model, byte: np.uint8, uniforms: Floats
) -> tuple[Bits, Int]:
    """Read `byte`, draw what follows, read that, and so on: uint8[n], and the new `at`."""
    numbers, written = plan.numbers[: len(symbols)], np.empty(len(uniforms), np.uint8)
    for index in range(len(uniforms)):
        at = _read(plan, memory, at, byte)
        _ask(plan, memory, at, 0)
        byte = symbols[draw(numbers, model, uniforms[index])]
        written[index] = byte
    return written, at


@compiled
def write_code(
    plan: Plan, memory: Ints, at: Int, code: Drawing, serial: bool, byte: np.uint8, uniforms: Floats
) -> tuple[Bits, Int]:
    """The same, code bit after code bit."""
    numbers, children, written = plan.numbers, code.children, np.empty(len(uniforms), np.uint8)
    for index in range(len(uniforms)):
        at = _read(plan, memory, at, byte)
        place, uniform = np.int64(0), uniforms[index]
        while place >= 0:
            if serial or place == 0:
                _ask(plan, memory, at, place)
            bit, uniform = draw_bit(numbers[0 if serial else place], code.scale, uniform)
            place = children[place, bit]
        byte = code.symbols[~place]
        written[index] = byte
    return written, at
