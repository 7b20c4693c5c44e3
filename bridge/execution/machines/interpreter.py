"""The portable machine: an interpreter of instruction streams whose every operation is straight vector code.

A row is `len(lanes)` words; the length of the tuple `lanes` is part of its type, so every width of row gets machine
code of its own. Rows lie `stride` words apart: an extra cache line keeps rows of like place apart in the low 12 bits
of their addresses, by which processors guess whether a load needs a store before it.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from bridge.compiled import compiled, compiled_part
from bridge.execution.compile.operations import INPUTS, LENGTHS, OPERATIONS, OUTPUTS

VECTOR = 8  # words in one vector operation; the compiler splits it where the processor has only shorter ones
UNROLLED = 8  # vectors of a row handled without a loop
ALIGNMENT = 8  # words in a cache line

_WORD = ir.IntType(64)


@compiled
def stride(words):
    """Words from one row to the next."""
    return words + ALIGNMENT if words > ALIGNMENT else words


class _Vector:
    """An operand of `Operation.results` that writes machine code."""

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    def __and__(self, other: _Vector) -> _Vector:
        return _Vector(self.builder, self.builder.and_(self.value, other.value))

    def __or__(self, other: _Vector) -> _Vector:
        return _Vector(self.builder, self.builder.or_(self.value, other.value))

    def __xor__(self, other: _Vector) -> _Vector:
        return _Vector(self.builder, self.builder.xor(self.value, other.value))

    def __invert__(self) -> _Vector:
        return _Vector(self.builder, self.builder.not_(self.value))


class _Rows:
    """Writes code that reads and writes rows, a vector at a time."""

    def __init__(self, builder: ir.IRBuilder, base: ir.Value, words: int) -> None:
        self.builder, self.base, self.words = builder, base, words
        self.width = min(words, VECTOR)
        self.vector = ir.VectorType(_WORD, self.width)

    def row(self, slot: ir.Value) -> ir.Value:
        place = self.builder.mul(slot, _WORD(stride.py_func(self.words)))  # type: ignore[attr-defined]
        return self.builder.bitcast(self.builder.gep(self.base, [place]), self.vector.as_pointer())

    def load(self, row: ir.Value, part: ir.Value) -> _Vector:
        value = self.builder.load(self.builder.gep(row, [part]))
        value.align = 8 * self.width
        return _Vector(self.builder, value)

    def store(self, value: _Vector, row: ir.Value, part: ir.Value) -> None:
        self.builder.store(value.value, self.builder.gep(row, [part])).align = 8 * self.width

    def everywhere(self, word: ir.Value) -> _Vector:
        first = self.builder.insert_element(ir.Constant(self.vector, ir.Undefined), word, ir.IntType(32)(0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), self.width), [0] * self.width)
        return _Vector(self.builder, self.builder.shuffle_vector(first, first, places))

    def each_part(self, write) -> None:
        """`write(part)` for every vector of a row: straight code, in a loop where the row is long."""
        parts = self.words // self.width
        if parts <= UNROLLED:
            for part in range(parts):
                write(_WORD(part))
            return
        before, loop = self.builder.block, self.builder.append_basic_block()
        after = self.builder.append_basic_block()
        self.builder.branch(loop)
        self.builder.position_at_end(loop)
        start = self.builder.phi(_WORD)
        start.add_incoming(_WORD(0), before)
        for part in range(UNROLLED):
            write(self.builder.add(start, _WORD(part)))
        following = self.builder.add(start, _WORD(UNROLLED))
        start.add_incoming(following, self.builder.block)
        self.builder.cbranch(self.builder.icmp_unsigned("<", following, _WORD(parts)), loop, after)
        self.builder.position_at_end(after)


@intrinsic
def interpret(typing_context, code, memory, lanes):
    """Run the instructions of `code`, an array of unsigned integers that ends with END."""

    def generate(context, builder, signature, arguments):
        stream = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        base = context.make_array(signature.args[1])(context, builder, arguments[1]).data
        rows = _Rows(builder, base, signature.args[2].count)
        place = builder.alloca(stream.type)
        builder.store(stream, place)
        fetch, end = builder.append_basic_block(), builder.append_basic_block()
        builder.branch(fetch)
        builder.position_at_end(fetch)
        switch = builder.switch(builder.load(builder.load(place)), end)
        for number in range(len(OPERATIONS)):
            block = builder.append_basic_block()
            switch.add_case(ir.Constant(stream.type.pointee, number), block)
            builder.position_at_end(block)
            _write_operation(builder, rows, number, place)
            builder.branch(fetch)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(code, memory, lanes), generate


def _write_operation(builder, rows, number, place) -> None:
    """One instruction: its operands follow in the stream at `place`, which moves on."""
    start = builder.load(place)
    slots = [
        builder.zext(builder.load(builder.gep(start, [_WORD(1 + index)])), _WORD)
        for index in range(INPUTS[number] + OUTPUTS[number])
    ]
    pointers = [rows.row(slot) for slot in slots]

    def part(index):
        operands = [rows.load(pointer, index) for pointer in pointers[: INPUTS[number]]]
        results = OPERATIONS[number].results(*operands)
        for result, pointer in zip(results, pointers[INPUTS[number] :], strict=True):
            rows.store(result, pointer, index)

    rows.each_part(part)
    builder.store(builder.gep(start, [_WORD(int(LENGTHS[number]))]), place)


@intrinsic
def move_row(typing_context, memory, literal, slot, lanes):
    """The row of `slot` becomes that of a slot literal, `2 * slot + complement`."""

    def generate(context, builder, signature, arguments):
        base = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        rows = _Rows(builder, base, signature.args[3].count)
        literal = arguments[1]
        source, target = rows.row(builder.lshr(literal, _WORD(1))), rows.row(arguments[2])
        mask = rows.everywhere(builder.neg(builder.and_(literal, _WORD(1))))
        rows.each_part(lambda index: rows.store(rows.load(source, index) ^ mask, target, index))
        return context.get_dummy_value()

    return types.void(memory, types.int64, types.int64, lanes), generate


@intrinsic
def _call(typing_context, address, memory):
    """Call the machine code at an address with that of `memory`."""

    def generate(context, builder, signature, arguments):
        base = context.make_array(signature.args[1])(context, builder, arguments[1]).data
        function = ir.FunctionType(ir.VoidType(), [base.type]).as_pointer()
        builder.call(builder.inttoptr(arguments[0], function), [base])
        return context.get_dummy_value()

    return types.void(address, memory), generate


@compiled_part
def execute(machine, memory, lanes):
    """Compute all rows of one step; outputs can be read, latches have not moved yet.

    machine: (stream of instructions, int64[n_outputs] slot literals of the outputs, moves of the latches, address of
    machine code that does the same on rows of this width, or 0).
    """
    if machine[3]:
        _call(machine[3], memory)
    else:
        interpret(machine[0], memory, lanes)


@compiled
def run_rows(machine, inputs, state, outputs, start, memory, lanes):
    """Run all steps of the words `start .. start + len(lanes) - 1` (those that exist) of every array.

    machine: see `execute`.
    `memory`: uint64[slots * stride] of zeros, at the start of a cache line. `state` is replaced by the state after the
    last step.
    """
    output_literals, moves = machine[1], machine[2]
    step_words = stride(len(lanes))
    words = min(len(lanes), inputs.shape[2] - start)
    first_latch = (1 + inputs.shape[1]) * step_words
    for latch in range(len(state)):
        for word in range(words):
            memory[first_latch + latch * step_words + word] = state[latch, start + word]
    for step in range(len(inputs)):
        for index in range(inputs.shape[1]):
            for word in range(words):
                memory[(1 + index) * step_words + word] = inputs[step, index, start + word]
        execute(machine, memory, lanes)
        for index in range(len(output_literals)):
            mask = np.uint64(-(output_literals[index] & 1))
            row = (output_literals[index] >> 1) * step_words
            for word in range(words):
                outputs[step, index, start + word] = memory[row + word] ^ mask
        move_rows(moves, memory, lanes)
    for latch in range(len(state)):
        for word in range(words):
            state[latch, start + word] = memory[first_latch + latch * step_words + word]


@compiled_part
def move_rows(moves, memory, lanes):
    """All latches take their next values. moves: int64[n, 2], slot literal and slot, in an order that loses nothing."""
    for index in range(len(moves)):
        move_row(memory, moves[index, 0], moves[index, 1], lanes)
