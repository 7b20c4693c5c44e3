"""The portable machine: an interpreter of instruction streams whose every operation is straight vector code.

A row is `len(width)` words; the length of the tuple `width` is part of its type, so every width of row gets machine
code of its own. Rows lie `stride` words apart: an extra cache line keeps rows of like place apart in the low 12 bits
of their addresses, by which processors guess whether a load needs a store before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from llvmlite import ir
from numba import types

from bridge.arrays import Flags, Int, Ints, Words
from bridge.compiled import compiled, compiled_part, generated
from bridge.execution.compile.operations import INPUTS, LENGTHS, OPERATIONS, OUTPUTS, SHAPES, Instructions

VECTOR = 8  # words in one vector operation; the compiler splits it where the processor has only shorter ones
UNROLLED = 8  # vectors of a row handled without a loop
ALIGNMENT = 8  # words in a cache line

Width: TypeAlias = tuple[int, ...]  # as long as a row has words

_WORD = ir.IntType(64)
LAST = 3  # where `SHAPES.inverted` tells of the last result


class Machine(NamedTuple):
    """A program on rows of so many words, in the form that compiled code takes.

    `code`, `outputs`, `moves`: of the `Program`; `native`: the address of machine code that does the same, or 0;
    `memory`: uint64[slots * stride], rows that start a cache line; the rows of the constant, the inputs and the latches
    come first. A machine is changed as it runs: one thread may use it at a time.
    """

    code: Instructions
    outputs: Ints
    moves: Ints
    native: int
    memory: Words
    width: Width


def row_words(words: Int) -> Int:
    """Words from one row to the next."""
    return words + ALIGNMENT if words > ALIGNMENT else words


stride = compiled(row_words)


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
        place = self.builder.mul(slot, _WORD(row_words(self.words)))
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

    def each_part(self, write: Callable[[ir.Value], None]) -> None:
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


def _write_interpreter(typing_context: Any, code: Any, memory: Any, width: Any) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        stream = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        base = context.make_array(signature.args[1])(context, builder, arguments[1]).data
        rows = _Rows(builder, base, signature.args[2].count)
        place = builder.alloca(stream.type)
        builder.store(stream, place)
        fetch, end = builder.append_basic_block(), builder.append_basic_block()
        builder.branch(fetch)
        builder.position_at_end(fetch)
        switch = builder.switch(builder.load(builder.load(place)), end)
        for shape in np.unique(SHAPES.numbers):
            members = SHAPES.numbers == shape
            block = builder.append_basic_block()
            for number in np.flatnonzero(members):
                switch.add_case(ir.Constant(stream.type.pointee, int(number)), block)
            builder.position_at_end(block)
            _write_operation(builder, rows, int(shape), place)
            # A branch of its own for one more of the same shape: it is guessed rightly in runs, see `grouping`.
            following = builder.zext(builder.load(builder.load(place)), _WORD)
            builder.cbranch(builder.trunc(_told(builder, members, following), ir.IntType(1)), block, fetch)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(code, memory, width), generate


def _told(builder: ir.IRBuilder, flags: Flags, number: ir.Value) -> ir.Value:
    """Of bool[operations] the one of the operation `number`, as a word."""
    bits = sum(1 << int(index) for index in np.flatnonzero(flags))
    return builder.and_(builder.lshr(_WORD(bits), number), _WORD(1))


def _write_operation(builder: ir.IRBuilder, rows: _Rows, shape: int, place: ir.Value) -> None:
    """One instruction of a shape: its operands follow in the stream at `place`, which moves on."""
    start = builder.load(place)
    number = builder.zext(builder.load(start), _WORD)
    inverted = SHAPES.inverted * (SHAPES.numbers == shape)[:, None]
    masks = {
        operand: rows.everywhere(builder.neg(_told(builder, inverted[:, operand], number)))
        for operand in np.flatnonzero(inverted.any(axis=0)).tolist()
    }
    slots = [
        builder.zext(builder.load(builder.gep(start, [_WORD(1 + index)])), _WORD)
        for index in range(INPUTS[shape] + OUTPUTS[shape])
    ]
    pointers = [rows.row(slot) for slot in slots]

    def part(index: ir.Value) -> None:
        operands = [rows.load(pointer, index) for pointer in pointers[: INPUTS[shape]]]
        masked = [operand ^ masks[which] if which in masks else operand for which, operand in enumerate(operands)]
        last = OPERATIONS[shape].results(*masked)[-1]
        results = [*OPERATIONS[shape].results(*operands)[:-1], last ^ masks[LAST] if LAST in masks else last]
        for result, pointer in zip(results, pointers[INPUTS[shape] :], strict=True):
            rows.store(result, pointer, index)

    rows.each_part(part)
    builder.store(builder.gep(start, [_WORD(int(LENGTHS[shape]))]), place)


def _write_move(typing_context: Any, memory: Any, literal: Any, slot: Any, width: Any) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        base = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        rows = _Rows(builder, base, signature.args[3].count)
        literal = arguments[1]
        source, target = rows.row(builder.lshr(literal, _WORD(1))), rows.row(arguments[2])
        mask = rows.everywhere(builder.neg(builder.and_(literal, _WORD(1))))
        rows.each_part(lambda index: rows.store(rows.load(source, index) ^ mask, target, index))
        return context.get_dummy_value()

    return types.void(memory, types.int64, types.int64, width), generate


def _write_call(typing_context: Any, address: Any, memory: Any) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        base = context.make_array(signature.args[1])(context, builder, arguments[1]).data
        function = ir.FunctionType(ir.VoidType(), [base.type]).as_pointer()
        builder.call(builder.inttoptr(arguments[0], function), [base])
        return context.get_dummy_value()

    return types.void(address, memory), generate


@generated(_write_interpreter)
def interpret(code: Instructions, memory: Words, width: Width) -> None:
    """Run the instructions of `code`, which ends with END."""


@generated(_write_move)
def move_row(memory: Words, literal: Int, slot: Int, width: Width) -> None:
    """The row of `slot` becomes that of a slot literal, `2 * slot + complement`."""


@generated(_write_call)
def call(address: int, memory: Words) -> None:
    """Call the machine code at an address with that of `memory`."""


@compiled_part
def execute(machine: Machine) -> None:
    """Compute all rows of one step; outputs can be read, latches have not moved yet."""
    if machine.native:
        call(machine.native, machine.memory)
    else:
        interpret(machine.code, machine.memory, machine.width)


@compiled_part
def move_latches(machine: Machine) -> None:
    """All latches take their next values."""
    moves = machine.moves
    for index in range(len(moves)):
        move_row(machine.memory, moves[index, 0], moves[index, 1], machine.width)


@compiled
def reset_latches(machine: Machine, first_latch: Int, resets: Flags) -> None:
    """Every latch takes its reset value in all streams."""
    memory, words = machine.memory, stride(len(machine.width))
    for latch in range(len(resets)):
        start = (first_latch + latch) * words
        memory[start : start + len(machine.width)] = ~np.uint64(0) if resets[latch] else np.uint64(0)


@compiled
def run_rows(machine: Machine, inputs: Words, state: Words, outputs: Words, start: Int) -> None:
    """Run all steps of the words `start .. start + len(width) - 1` (those that exist) of every array.

    `state` is replaced by the state after the last step.
    """
    memory, literals, step_words = machine.memory, machine.outputs, stride(len(machine.width))
    words = min(len(machine.width), inputs.shape[2] - start)
    first_latch = (1 + inputs.shape[1]) * step_words
    for latch in range(len(state)):
        for word in range(words):
            memory[first_latch + latch * step_words + word] = state[latch, start + word]
    for step in range(len(inputs)):
        for index in range(inputs.shape[1]):
            for word in range(words):
                memory[(1 + index) * step_words + word] = inputs[step, index, start + word]
        execute(machine)
        for index in range(len(literals)):
            mask = np.uint64(-(literals[index] & 1))
            row = (literals[index] >> 1) * step_words
            for word in range(words):
                outputs[step, index, start + word] = memory[row + word] ^ mask
        move_latches(machine)
    for latch in range(len(state)):
        for word in range(words):
            state[latch, start + word] = memory[first_latch + latch * step_words + word]
