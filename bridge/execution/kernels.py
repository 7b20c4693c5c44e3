"""Compiled code under `Program`: the order of the nodes, the slots that hold their values, and the machine itself.

The machine has one instruction: `slot[out] = literal a AND literal b`, where a literal is `2 * slot + complement` and
a slot is a row of `len(lanes)` words. The length of the tuple `lanes` is part of its type, so every width of row gets
machine code of its own, without inner loops.

The last three kernels are the two ends of a text model: bytes to bits, bits to logits, and the sum of code lengths.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from bridge.compiled import compiled

VECTOR = 4  # words in one vector operation: faster than 8 even where the processor has 512-bit vectors
ALIGNMENT = 8  # words in a cache line
NEVER = np.iinfo(np.int32).max


@compiled
def depth_first(ands, first, roots):
    """The AND variables that the root literals need, fanins first: int32[needed].

    Depth first, the later fanin first, so that a value is used soon after it is made and its slot is soon free again.
    """
    seen = np.zeros(len(ands), np.bool_)
    order = np.empty(len(ands), np.int32)
    stack = np.empty(2 * len(ands) + 1, np.int32)
    count = 0
    for root in roots:
        stack[0] = root >> 1
        depth = 1
        while depth:
            variable = stack[depth - 1]
            node = variable - first
            if node < 0 or seen[node]:
                depth -= 1
                continue
            waiting = depth
            for side in (1, 0):
                fanin = np.int32(ands[node, side] >> 1)
                if fanin >= first and not seen[fanin - first]:
                    stack[depth] = fanin
                    depth += 1
            if depth == waiting:
                seen[node] = True
                order[count] = variable
                count += 1
                depth -= 1
    return order[:count]


@compiled
def allocate(ands, first, order, roots):
    """Give every node a slot, and take the slot back after the last use of the node; roots keep theirs.

    The constant, inputs and latches hold the slots `0 .. first - 1`. Returns (int32[len(order), 3] instructions,
    int32[variables] slots, number of slots).
    """
    last = np.zeros(first + len(ands), np.int32)
    for index in range(len(order)):
        last[ands[order[index] - first, 0] >> 1] = index
        last[ands[order[index] - first, 1] >> 1] = index
    for root in roots:
        last[root >> 1] = NEVER
    slots = np.zeros(first + len(ands), np.int32)
    for variable in range(first):
        slots[variable] = variable
    free = np.empty(len(order), np.int32)
    free_count = 0
    used = first
    code = np.empty((len(order), 3), np.int32)
    for index in range(len(order)):
        variable = order[index]
        for side in range(2):
            literal = ands[variable - first, side]
            fanin = literal >> 1
            code[index, side] = 2 * slots[fanin] + (literal & 1)
            if last[fanin] == index and fanin >= first:
                last[fanin] = -1
                free[free_count] = slots[fanin]
                free_count += 1
        if free_count:
            free_count -= 1
            slots[variable] = free[free_count]
        else:
            slots[variable] = used
            used += 1
        code[index, 2] = slots[variable]
    return code, slots, used


@intrinsic
def _and_rows(typing_context, memory, a, b, out, lanes):
    """memory[out] = (row of literal a) AND (row of literal b), a vector at a time."""
    words = lanes.count
    width = min(words, VECTOR)
    vector = ir.VectorType(ir.IntType(64), width)

    def code(context, builder, signature, arguments):
        base = context.make_array(signature.args[0])(context, builder, arguments[0]).data

        def row(slot):
            return builder.bitcast(builder.gep(base, [builder.mul(slot, slot.type(words))]), vector.as_pointer())

        def operand(literal):
            mask = builder.neg(builder.and_(literal, literal.type(1)))
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), mask, ir.IntType(32)(0))
            everywhere = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
            return row(builder.lshr(literal, literal.type(1))), builder.shuffle_vector(first, first, everywhere)

        def load(pointer, mask, part):
            loaded = builder.load(builder.gep(pointer, [ir.IntType(64)(part)]))
            loaded.align = 8
            return builder.xor(loaded, mask)

        left, right, target = operand(arguments[1]), operand(arguments[2]), row(arguments[3])
        for part in range(words // width):
            value = builder.and_(load(*left, part), load(*right, part))
            builder.store(value, builder.gep(target, [ir.IntType(64)(part)])).align = 8
        return context.get_dummy_value()

    return types.void(memory, types.int64, types.int64, types.int64, lanes), code


@compiled
def _execute(code, memory, lanes):
    for index in range(len(code)):
        _and_rows(memory, np.int64(code[index, 0]), np.int64(code[index, 1]), np.int64(code[index, 2]), lanes)


@compiled
def run_rows(code, output_literals, moves, inputs, state, outputs, start, memory, lanes):
    """Run all steps of the words `start .. start + len(lanes) - 1` (those that exist) of every array.

    `memory`: uint64[slots * len(lanes)] of zeros. `state` is replaced by the state after the last step.
    """
    block = len(lanes)
    words = min(block, inputs.shape[2] - start)
    input_count = inputs.shape[1]
    first_latch = (1 + input_count) * block
    for latch in range(len(state)):
        for word in range(words):
            memory[first_latch + latch * block + word] = state[latch, start + word]
    for step in range(len(inputs)):
        for index in range(input_count):
            for word in range(words):
                memory[(1 + index) * block + word] = inputs[step, index, start + word]
        _execute(code, memory, lanes)
        for index in range(len(output_literals)):
            literal = np.int64(output_literals[index])
            mask = np.uint64(-(literal & 1))
            row = (literal >> 1) * block
            for word in range(words):
                outputs[step, index, start + word] = memory[row + word] ^ mask
        _execute(moves, memory, lanes)
    for latch in range(len(state)):
        for word in range(words):
            state[latch, start + word] = memory[first_latch + latch * block + word]


@compiled
def pack_bytes(text, places):
    """uint8[T, S] bytes -> uint64[T, len(places), words]: input `i` carries bit `places[i]` of every stream's byte."""
    steps, streams = text.shape
    packed = np.zeros((steps, len(places), (streams + 63) // 64), np.uint64)
    for step in range(steps):
        for index in range(len(places)):
            for stream in range(streams):
                bit = np.uint64(text[step, stream] >> places[index] & 1)
                packed[step, index, stream >> 6] |= bit << np.uint64(stream & 63)
    return packed


@compiled
def unpack_numbers(outputs, ends, streams):
    """uint64[T, n, words] -> int64[T, streams, len(ends)], two's complement numbers, lowest bit first.

    Number `i` is made of the rows `ends[i - 1] .. ends[i] - 1`; its last row is the sign.
    """
    steps, _, words = outputs.shape
    numbers = np.empty((steps, streams, len(ends)), np.int64)
    lanes = np.empty(64, np.int64)
    for step in range(steps):
        for word in range(words):
            count = min(64, streams - 64 * word)
            row = 0
            for index in range(len(ends)):
                lanes[:count] = 0
                sign = np.int64(1) << (ends[index] - 1 - row)
                weight = np.int64(1)
                while row < ends[index]:
                    if weight == sign:
                        weight = -weight
                    bits = outputs[step, row, word]
                    for lane in range(count):
                        lanes[lane] += weight * np.int64(bits >> np.uint64(lane) & np.uint64(1))
                    weight <<= 1
                    row += 1
                for lane in range(count):
                    numbers[step, 64 * word + lane, index] = lanes[lane]
    return numbers


@compiled
def add_counted(lengths, counted, totals):
    """totals[s] += lengths[t, s] for every counted (t, s), step after step: how the steps are cut into calls does
    not change the rounding."""
    for step in range(len(lengths)):
        for stream in range(len(totals)):
            if counted[step, stream]:
                totals[stream] += lengths[step, stream]
