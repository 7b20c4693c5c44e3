"""Code generation for x86-64: a stream of instructions becomes straight-line vector code.

The code is cut into segments of some operations; each loops over the blocks (vectors) of its rows, so that a segment's
code is fetched once for all of them. Within a segment rows live in registers, and the register whose row is needed
last is given up first (Belady, 1966); a row that must survive is stored in its own slot. Between segments memory holds
everything. The function takes the address of the rows in rdi and saves no register.

A row of one block needs no loop. Code then runs as fast as its bytes come in, so base registers, as many as there are,
keep displacements to one byte.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.arrays import Bits, Int, Ints, Ints32
from bridge.compiled import compiled, compiled_part
from bridge.execution.compile.operations import END, INPUTS, LENGTHS, Instructions
from bridge.execution.machines.encoding import BLOCK, Instruction, evex, put, vex
from bridge.execution.machines.micro import (
    COPY,
    COUNT,
    FOLDABLE,
    LAST,
    LOAD,
    RESULTS,
    STORE,
    TEMPORARIES,
    TEMPORARY,
    Micro,
)

NEVER = np.int64(1) << 40
IN_MEMORY = -1
SLOT, USE, DIRTY, PINNED = range(4)  # of a register: its row, the next operation that reads it, not in memory, in use
BORDER = 0  # opcode of the records between segments
BASES = np.array([7, 0, 1, 2, 6, 8, 9, 10, 11])  # rdi, rax, rcx, rdx, rsi, r8 .. r11: whoever is called may change them


class Source(NamedTuple):
    """What is translated. `code`: of a `Program`; `uses`: see `next_uses`; `micro`: how operations are computed."""

    code: Instructions
    uses: Ints
    micro: Micro


class Allocation(NamedTuple):
    """What has been decided. `records`: int32[n, 6], see `allocate`; `registers`: int64[4, registers], see SLOT ..
    PINNED; `homes`: int64[slots], the register that holds the row of a slot, or -1; `places`: int64[n], those that hold
    operands and temporaries of the present operation, or -1."""

    records: Ints32
    registers: Ints
    homes: Ints
    places: Ints


@compiled
def next_uses(code: Instructions, live: Ints) -> Ints:
    """int64[len(code)]: for every slot in the stream the operation that reads its row next, NEVER if none does.

    live: the slots that are read after the last operation.
    """
    starts = np.empty(len(code), np.int64)
    count = at = 0
    while code[at] != END:
        starts[count] = at
        at += LENGTHS[code[at]]
        count += 1
    following = np.full(np.int64(max(code.max(), live.max() if len(live) else 0)) + 1, NEVER)
    for slot in live:
        following[slot] = count
    uses = np.full(len(code), NEVER)
    for index in range(count - 1, -1, -1):
        at = starts[index]
        middle, end = at + 1 + INPUTS[code[at]], at + LENGTHS[code[at]]
        for place in range(middle, end):
            uses[place] = following[code[place]]
        for place in range(middle, end):
            following[code[place]] = NEVER
        for place in range(at + 1, middle):
            uses[place] = following[code[place]]
        for place in range(at + 1, middle):
            following[code[place]] = index
    return uses


@compiled_part
def _append(records: Ints32, opcode: Int, to: Int, first: Int, second: Int, slot: Int, immediate: Int) -> None:
    """One more record; `second` is a register, or IN_MEMORY for the row of a slot."""
    records[0, 0] += 1
    index = records[0, 0]
    records[index, 0] = opcode
    records[index, 1] = to
    records[index, 2] = first
    records[index, 3] = second
    records[index, 4] = slot
    records[index, 5] = immediate


@compiled_part
def _release(made: Allocation, register: Int) -> None:
    """Give up a register; its row is stored if it is needed later and only there."""
    registers = made.registers
    slot = registers[SLOT, register]
    if slot >= 0:
        if registers[DIRTY, register] and registers[USE, register] != NEVER:
            _append(made.records, STORE, register, 0, IN_MEMORY, slot, 0)
        made.homes[slot] = -1
    registers[SLOT, register] = -1
    registers[DIRTY, register] = 0


@compiled_part
def _take(made: Allocation) -> Int:
    """A register that is free, or freed: that of the row needed last. It is pinned."""
    registers = made.registers
    best, latest = 0, np.int64(-1)
    for register in range(registers.shape[1]):
        if not registers[PINNED, register]:
            use = NEVER + 1 if registers[SLOT, register] < 0 else registers[USE, register]
            if use > latest:
                best, latest = register, use
                if use > NEVER:
                    break
    _release(made, best)
    registers[PINNED, best] = 1
    return best


@compiled_part
def _latest(made: Allocation) -> Int:
    """The latest next use of a row in registers; more than NEVER if a register is free."""
    latest = np.int64(0)
    for register in range(made.registers.shape[1]):
        latest = max(latest, NEVER + 1 if made.registers[SLOT, register] < 0 else made.registers[USE, register])
    return latest


@compiled_part
def _fetch(made: Allocation, source: Source, at: Int, stop: Int) -> Int:
    """Bring the operands into registers; one that is read once and not again for long may stay in memory.

    Returns the slot of the one that does, or -1.
    """
    records, registers, homes, places = made
    keeps = min(stop, _latest(made))
    code, uses, facts = source.code, source.uses, source.micro.facts
    folded = np.int64(-1)
    for index in range(INPUTS[code[at]]):
        slot = np.int64(code[at + 1 + index])
        use = uses[at + 1 + index]
        register = homes[slot]
        if register < 0:
            if folded < 0 and use >= keeps and facts[code[at], FOLDABLE + index]:
                folded = slot
                continue
            register = _take(made)
            _append(records, LOAD, register, 0, IN_MEMORY, slot, 0)
            registers[SLOT, register], homes[slot] = slot, register
        places[index] = register
        registers[PINNED, register] = 1
        registers[USE, register] = use
    return folded


@compiled_part
def _inherited(made: Allocation, facts: Ints, operation: Int, index: Int, place: Int, stop: Int) -> Int:
    """The register of a place that no later instruction reads and no later operation of the segment, or -1."""
    places, registers = made.places, made.registers
    register = np.int64(places[place])
    if register < 0 or facts[operation, LAST + place] != index:
        return np.int64(-1)
    if place >= TEMPORARY:
        result = place == facts[operation, RESULTS] or place == facts[operation, RESULTS + 1]
        return np.int64(-1) if result else register
    shared = (places[0] == register) + (places[1] == register) + (places[2] == register) > 1
    if registers[USE, register] < stop or shared:
        return np.int64(-1)
    _release(made, register)
    return register


@compiled_part
def _compute(made: Allocation, micro: Micro, operation: Int, stop: Int, folded: Int) -> None:
    """The instructions of one operation on the registers in `places`."""
    instructions, facts = micro
    places = made.places
    for index in range(facts[operation, COUNT]):
        opcode, to, first, second, immediate = instructions[operation, index]
        x, y = places[first], places[second]
        if places[to] < 0:
            for place in (first, second):
                if places[to] < 0 and (place == first or opcode != COPY):
                    register = _inherited(made, facts, operation, index, place, stop)
                    if register >= 0:
                        places[place], places[to] = IN_MEMORY, register
            if places[to] < 0:
                places[to] = _take(made)
        if opcode != COPY:
            if x < 0:
                x, y = y, x
            _append(made.records, opcode, places[to], x, y, folded, immediate)
        elif places[to] != x:
            _append(made.records, LOAD, places[to], 0, x, folded, 0)


@compiled_part
def _settle(made: Allocation, source: Source, at: Int, stop: Int) -> None:
    """Free what is dead, and give the results to their slots."""
    records, registers, homes, places = made
    code, uses, facts = source.code, source.uses, source.micro.facts
    operation = code[at]
    registers[PINNED] = 0
    for index in range(INPUTS[operation]):
        register = places[index]
        if register >= 0 and registers[USE, register] >= stop:
            _release(made, register)
    first_result = at + 1 + INPUTS[operation]
    for index in range(first_result, at + LENGTHS[operation]):
        slot = np.int64(code[index])
        if homes[slot] >= 0:
            registers[SLOT, homes[slot]], registers[DIRTY, homes[slot]] = -1, 0
            homes[slot] = -1
        register = places[facts[operation, RESULTS + index - first_result]]
        if uses[index] != NEVER and uses[index] >= stop:
            _append(records, STORE, register, 0, IN_MEMORY, slot, 0)
        elif uses[index] != NEVER:
            registers[SLOT, register], registers[DIRTY, register] = slot, 1
            registers[USE, register], homes[slot] = uses[index], register


@compiled
def allocate(source: Source, slots: Int, count: Int, segment: Int, records: Ints32) -> None:
    """Choose instructions and registers: fill records, int32[n, 6], from row 1 on; records[0, 0] counts them.

    A record is (opcode, register written, first source, second source or IN_MEMORY, slot of a row in memory,
    immediate); those of opcode BORDER stand between segments. count: of registers; segment: operations in a segment.
    """
    registers = np.zeros((4, count), np.int64)
    registers[SLOT] = -1
    homes = np.full(slots, -1)
    places = np.empty(TEMPORARY + TEMPORARIES, np.int64)
    made = Allocation(records, registers, homes, places)
    code = source.code
    records[0] = 0
    at = index = 0
    while code[at] != END:
        stop = index + segment
        while index < stop and code[at] != END:
            places[:] = -1
            folded = _fetch(made, source, at, stop)
            _compute(made, source.micro, code[at], stop, folded)
            _settle(made, source, at, stop)
            at += LENGTHS[code[at]]
            index += 1
        for register in range(count):
            _release(made, register)
        _append(records, BORDER, 0, 0, 0, 0, 0)


@compiled_part
def _open(buffer: Bits, at: Int, words: Int, ahead: Int) -> Int:
    """Start a segment that loops: rax is the address of the first block, rcx of the one after the last."""
    if ahead:  # what is run soon is brought near now: processors see branches ahead, but not code in slow memory
        at = put(buffer, at, 0x158D48, 3)  # lea rdx, [rip + ahead]
        at = put(buffer, at, ahead, 4)
        at = put(buffer, at, 0x8A8D48, 3)  # lea rcx, [rdx + ahead]
        at = put(buffer, at, ahead, 4)
        at = put(buffer, at, 0x12180F, 3)  # prefetcht1 [rdx]
        at = put(buffer, at, 0x40C28348, 4)  # add rdx, 64
        at = put(buffer, at, 0xF472CA3948, 5)  # cmp rdx, rcx; jb to the prefetch
    at = put(buffer, at, 0xF88948, 3)  # mov rax, rdi
    at = put(buffer, at, 0x8F8D48, 3)  # lea rcx, [rdi + 8 * words]
    at = put(buffer, at, 8 * words, 4)
    while at % 32:
        at = put(buffer, at, 0x90, 1)  # nop
    return at


@compiled_part
def _set_bases(buffer: Bits, at: Int, reach: int) -> Int:
    """Every base register holds the address of the middle of so many bytes of rows, rdi last."""
    for index in range(len(BASES) - 1, -1, -1):
        base = np.int64(BASES[index])
        at = put(buffer, at, 0x878D48 | base >> 3 << 2 | (base & 7) << 19, 3)  # lea base, [rdi + ...]
        at = put(buffer, at, index * reach + reach // 2, 4)
    return at


@compiled
def encode(records: Ints32, words: Int, row_bytes: Int, wide: bool, ahead: Int, buffer: Bits) -> Int:
    """Write the function of the records into `buffer`, uint8[n]; returns its length.

    words: of a row, a multiple of a vector; wide: AVX-512, else AVX2; ahead: bytes of code that a segment which loops
    fetches, from so many bytes after its start on.
    """
    block = BLOCK if wide else BLOCK // 2
    loops = 8 * words > block
    reach = 256 * block  # bytes that displacements of one byte span
    at = top = _open(buffer, 0, words, ahead) if loops else _set_bases(buffer, 0, reach)
    for index in range(1, 1 + records[0, 0]):
        opcode, to, first, second, slot, immediate = records[index]
        if opcode == BORDER:
            if loops:
                at = put(buffer, at, 0x00C08348 | block << 24, 4)  # add rax, block
                at = put(buffer, at, 0x850FC83948, 5)  # cmp rax, rcx; jne top
                at = put(buffer, at, top - at - 4, 4)
                at = top = _open(buffer, at, words, ahead)
        else:
            base, displacement = np.int64(0), np.int64(slot) * row_bytes
            if not loops:
                part: Int = min(displacement // reach, np.int64(len(BASES) - 1))
                base, displacement = np.int64(BASES[part]), displacement - part * reach - reach // 2
            instruction = Instruction(opcode, to, first, second, base, displacement, immediate)
            at = evex(buffer, at, instruction) if wide else vex(buffer, at, instruction)
    return put(buffer, at, 0xC377F8C5, 4)  # vzeroupper; ret
