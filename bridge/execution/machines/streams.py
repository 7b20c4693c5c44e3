"""Text models in compiled code: bytes to bits, steps of the machine, bits to logits, and sums of code lengths."""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled
from bridge.execution.machines.interpreter import execute, move_rows, stride
from bridge.readout.lengths import GROUP, draw, group_lengths

NOT_COUNTED = -2  # in place of the row of a symbol; -1 is a byte that is no symbol
# The bits of a byte become the bytes of a word.
_SPREAD = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.uint8).view("<u8").ravel().astype(np.uint64)


@compiled
def pack_bytes(text, places):
    """Integers[T, S], such as bytes, -> uint64[T, len(places), words]: input `i` carries bit `places[i]` of each."""
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
    """totals[s] += length for every counted (t, s), bool[T, S], step after step, for which `lengths` has one each: how
    the steps are cut into calls does not change the rounding."""
    index = 0
    for step in range(len(counted)):
        for stream in range(len(totals)):
            if counted[step, stream]:
                totals[stream] += lengths[index]
                index += 1


@compiled
def reset_rows(memory, first_latch, resets, lanes):
    """Every latch takes its reset value in all streams."""
    words = stride(len(lanes))
    for latch in range(len(resets)):
        start = (first_latch + latch) * words
        memory[start : start + len(lanes)] = ~np.uint64(0) if resets[latch] else np.uint64(0)


@compiled
def _read_bytes(data, begin, step, places, memory, lanes):
    """Input row `i` takes bit `places[i]` of the byte that each stream reads."""
    words = stride(len(lanes))
    for row in range(1, 1 + len(places)):
        memory[row * words : row * words + len(lanes)] = 0
    for stream in range(len(begin)):
        byte = np.uint64(data[min(begin[stream] + step, len(data) - 1)])
        for index in range(len(places)):
            bit = byte >> np.uint64(places[index]) & np.uint64(1)
            memory[(1 + index) * words + (stream >> 6)] |= bit << np.uint64(stream & 63)


@compiled
def _unpack_group(bits, ends, shift, numbers):
    """numbers, int64[symbols, GROUP]: the logits of the streams from bit `shift` of the words `bits` on.

    Number `i` is made of the words `ends[i - 1] .. ends[i] - 1`, lowest bit first; the last is the sign.
    """
    row = 0
    for symbol in range(len(numbers)):
        width = ends[symbol] - row
        for start in range(0, width, 8):
            octets = np.uint64(0)
            for bit in range(min(8, width - start)):
                octets |= _SPREAD[bits[row + start + bit] >> np.uint64(shift) & np.uint64(255)] << np.uint64(bit)
            for lane in range(GROUP):
                part = np.int64(octets >> np.uint64(8 * lane) & np.uint64(255)) << start
                numbers[symbol, lane] = part if start == 0 else numbers[symbol, lane] | part
        for lane in range(GROUP):
            numbers[symbol, lane] = numbers[symbol, lane] << (64 - width) >> (64 - width)
        row = ends[symbol]


@compiled
def _charge_word(bits, ends, targets, model, numbers, totals):
    """Add what up to 64 streams' bytes cost. targets: int64[streams], rows of the symbols, or NOT_COUNTED."""
    lengths, own = np.empty(GROUP), np.empty(GROUP, np.int64)
    for start in range(0, len(targets), GROUP):
        count = min(GROUP, len(targets) - start)
        own[:] = -1
        own[:count] = targets[start : start + count]
        if own[:count].max() > NOT_COUNTED:
            _unpack_group(bits, ends, start, numbers)
            group_lengths(numbers, own, model, lengths)
            for lane in range(count):
                if own[lane] != NOT_COUNTED:
                    totals[start + lane] += lengths[lane]


@compiled
def charge_steps(machine, ends, places, rows, model, data, segments, steps, memory, lanes, totals):
    """Run the steps `steps[0] .. steps[1] - 1` of some streams and add what their bytes cost to `totals`.

    machine: see `execute`, with the slot literals of the logits; rows, model: see `Readout`; data: uint8[n], the
    text; segments: int64[3, streams], the first byte read, the first predicted, the end of the predicted. A stream
    that has reached its end reads on, anything, uncounted. The state stays in `memory`.
    """
    begin, first, end = segments
    literals, moves = machine[1], machine[2]
    numbers = np.empty((len(ends), GROUP), np.int64)
    bits, targets = np.empty(len(literals), np.uint64), np.empty(64, np.int64)
    for step in range(steps[0], steps[1]):
        _read_bytes(data, begin, step, places, memory, lanes)
        execute(machine, memory, lanes)
        for start in range(0, len(begin), 64):
            stop = min(start + 64, len(begin))
            for stream in range(start, stop):
                target = begin[stream] + step + 1
                counted = first[stream] <= target < end[stream]
                targets[stream - start] = rows[data[target]] if counted else NOT_COUNTED
            if targets[: stop - start].max() > NOT_COUNTED:
                for index in range(len(literals)):
                    word = memory[(literals[index] >> 1) * stride(len(lanes)) + (start >> 6)]
                    bits[index] = word ^ np.uint64(-(literals[index] & 1))
                _charge_word(bits, ends, targets[: stop - start], model, numbers, totals[start:stop])
        move_rows(moves, memory, lanes)


@compiled
def _read_byte(machine, places, byte, memory, lanes):
    """One step of a single stream, bit 0 of all rows; outputs can be read."""
    words = stride(len(lanes))
    for index in range(len(places)):
        memory[(1 + index) * words] = byte >> places[index] & 1
    execute(machine, memory, lanes)


@compiled
def read_prompt(machine, places, prompt, memory, lanes):
    """Read uint8[n] bytes; the state stays in `memory`."""
    for byte in prompt:
        _read_byte(machine, places, byte, memory, lanes)
        move_rows(machine[2], memory, lanes)


@compiled
def write_bytes(machine, ends, places, symbols, model, byte, uniforms, memory, lanes):
    """Read `byte`, draw what follows, read that, and so on: uint8[n], one byte drawn with each number in `uniforms`."""
    literals = machine[1]
    words = stride(len(lanes))
    written = np.empty(len(uniforms), np.uint8)
    numbers = np.empty(len(ends), np.int64)
    for index in range(len(uniforms)):
        _read_byte(machine, places, byte, memory, lanes)
        row = 0
        for symbol in range(len(ends)):
            width = ends[symbol] - row
            number = np.int64(0)
            for bit in range(width):
                literal = literals[row + bit]
                number |= np.int64(memory[(literal >> 1) * words] & np.uint64(1)) << bit ^ (literal & 1) << bit
            numbers[symbol] = number << (64 - width) >> (64 - width)
            row = ends[symbol]
        byte = symbols[draw(numbers, model, uniforms[index])]
        written[index] = byte
        move_rows(machine[2], memory, lanes)
    return written
