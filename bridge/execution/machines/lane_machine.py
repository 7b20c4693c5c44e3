"""One stream of a cell in compiled code: sums of rows of tables, 64 neurons side by side in the lanes of vectors.

Memory has a row of words for every step; `at` is where the row of the present step starts. A word holds 64 bits of a
block, or a number. `plan`: arrays that say what a step does, see `Lanes`; kernels take it apart once, since every
array that is taken out of a tuple costs the counting of references.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from bridge.compiled import compiled, compiled_part
from bridge.readout.lengths import draw, draw_bit

WORD = 64  # neurons side by side
GIVEN, STATE, SUM, CHOOSE, DESCEND, HEAD = range(6)  # kinds of operations

_INT64 = ir.IntType(64)


def _add_rows(context, builder, signature, arguments):
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


@intrinsic
def _fired(typing_context, lane, table, places, count, word):
    """int64: which lanes of a sum of `count` >= 1 rows are not negative.

    lane: their type; places: int64, the bytes of the table where the rows start; word: which WORD lanes of them.
    """

    def generate(context, builder, signature, arguments):
        total, vector = _add_rows(context, builder, signature, arguments)
        return builder.bitcast(builder.icmp_signed(">=", total, ir.Constant(vector, None)), _INT64)

    return types.int64(lane, table, places, types.int64, types.int64), generate


@intrinsic
def _weighed(typing_context, lane, table, places, count, word, numbers):
    """numbers[WORD * word : WORD * (word + 1)] = the lanes of the sum."""

    def generate(context, builder, signature, arguments):
        total, _ = _add_rows(context, builder, signature, arguments)
        wide = builder.sext(total, ir.VectorType(_INT64, WORD))
        found = context.make_array(signature.args[5])(context, builder, arguments[5]).data
        target = builder.gep(builder.bitcast(found, wide.type.as_pointer()), [arguments[4]])
        builder.store(wide, target).align = 8
        return context.get_dummy_value()

    return types.void(lane, table, places, types.int64, types.int64, numbers), generate


@compiled_part
def _find_rows(groups, first, end, row_bytes, memory, at, places):
    """places[i] = where in the table the row of group `first + i` starts."""
    for index in range(first, end):
        row = np.uint64(index)  # indices without a sign need no test for it
        selected = memory[np.uint64(at - groups[row, 0])] >> groups[row, 1] & groups[row, 2]
        places[np.uint64(index - first)] = groups[row, 3] + selected * row_bytes


@compiled_part
def _sum(table, places, count, size, word):
    if size == 1:
        return _fired(np.int8, table, places, count, word)
    if size == 2:
        return _fired(np.int16, table, places, count, word)
    return _fired(np.int32, table, places, count, word)


@compiled_part
def _weigh(table, places, count, size, words, bias, numbers):
    for word in range(len(numbers) // WORD):
        if size == 1:
            _weighed(np.int8, table, places, count, word, numbers)
        elif size == 2:
            _weighed(np.int16, table, places, count, word, numbers)
        else:
            _weighed(np.int32, table, places, count, word, numbers)
    for index in range(len(numbers)):
        numbers[index] += words[bias + index]


@compiled_part
def _descend(groups, words, first, end, leaves, bits, memory, target, at):
    """Write the leaf that every tree comes to; see `Trees`. A split is (words back, shift, where 1 and 0 lead)."""
    place = 0
    for root in range(first, end):
        node = words[root]
        while node >= 0:
            bit = memory[at - groups[node, 0]] >> groups[node, 1] & 1
            node = np.int64(groups[node, 3 - bit])
        for bit in range(bits):
            memory[target + (place >> 6)] |= words[leaves + ~node * bits + bit] << (place & 63)
            place += 1


@compiled_part
def _operate(operations, groups, table, words, places, memory, at, given, numbers):
    """Run operations, int64[n, 7]: (kind, column of the first word, words, facts that depend on the kind)."""
    for index in range(len(operations)):
        kind, column, count = operations[index, 0], operations[index, 1], operations[index, 2]
        a, b, c, d = operations[index, 3], operations[index, 4], operations[index, 5], operations[index, 6]
        if kind == SUM:
            _find_rows(groups, a, b, WORD * count * c, memory, at, places)
            for word in range(count):
                memory[at + column + word] = _sum(table, places, b - a, c, word)
        elif kind == CHOOSE:
            for word in range(at + column, at + column + count):
                memory[word] = memory[word - c] ^ (memory[word - a] & (memory[word - c] ^ memory[word - b]))
        elif kind == DESCEND:
            for word in range(count):
                memory[at + column + word] = 0
            _descend(groups, words, a, b, c, d, memory, at + column, at)
        elif kind == HEAD:
            _find_rows(groups, a, b, WORD * count * c, memory, at, places)
            _weigh(table, places, b - a, c, words, d, numbers)
        else:
            number = words[b + 256 * memory[at - c] + given] if kind == STATE else given
            memory[at + column - 1] = number
            for word in range(count):
                memory[at + column + word] = words[a + number * count + word]


@compiled_part
def _next(memory, at, columns, kept):
    """Where the row of the next step starts: after the last, or after the latest of them, moved to the start."""
    if at + columns < len(memory):
        return at + columns
    for word in range(kept):
        memory[word] = memory[len(memory) - kept + word]
    return kept


@compiled
def read_text(plan, memory, at, text):
    """Read uint8[n] bytes; returns the new `at`."""
    read, _, groups, table, words, places, numbers, columns, kept = plan
    for byte in text:
        at = _next(memory, at, columns, kept)
        _operate(read, groups, table, words, places, memory, at, np.int64(byte), numbers)
    return at


@compiled
def read_numbers(plan, memory, at, text, nodes, found):
    """The same, and what the head gives after every byte: int64[n, logits or scores].

    nodes: int64[n, k], those that are asked about after each byte, -1: none; k = 0: a head that depends on none.
    """
    read, ask, groups, table, words, places, numbers, columns, kept = plan
    for step in range(len(text)):
        at = _next(memory, at, columns, kept)
        _operate(read, groups, table, words, places, memory, at, np.int64(text[step]), numbers)
        if nodes.shape[1] == 0:
            _operate(ask, groups, table, words, places, memory, at, np.int64(0), numbers)
            found[step] = numbers[: found.shape[1]]
        for place in range(nodes.shape[1]):
            if nodes[step, place] >= 0:
                _operate(ask, groups, table, words, places, memory, at, nodes[step, place], numbers)
                found[step, nodes[step, place]] = numbers[0]
    return at


@compiled
def write_symbols(plan, memory, at, symbols, model, byte, uniforms, written):
    """Read `byte`, draw what follows, read that, and so on: written, uint8[n]; returns the new `at`."""
    read, ask, groups, table, words, places, numbers, columns, kept = plan
    for index in range(len(uniforms)):
        at = _next(memory, at, columns, kept)
        _operate(read, groups, table, words, places, memory, at, np.int64(byte), numbers)
        _operate(ask, groups, table, words, places, memory, at, np.int64(0), numbers)
        byte = symbols[draw(numbers[: len(symbols)], model, uniforms[index])]
        written[index] = byte
    return at


@compiled
def write_code(plan, memory, at, serial, children, symbols, scale, byte, uniforms, written):
    """The same, code bit after code bit. children: int64[nodes, 2], see `CodeTree`."""
    read, ask, groups, table, words, places, numbers, columns, kept = plan
    for index in range(len(uniforms)):
        at = _next(memory, at, columns, kept)
        _operate(read, groups, table, words, places, memory, at, np.int64(byte), numbers)
        place, uniform = np.int64(0), uniforms[index]
        while place >= 0:
            if serial or place == 0:
                _operate(ask, groups, table, words, places, memory, at, place, numbers)
            bit, uniform = draw_bit(numbers[0 if serial else place], scale, uniform)
            place = children[place, bit]
        byte = symbols[~place]
        written[index] = byte
    return at
