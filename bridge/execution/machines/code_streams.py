"""Text models with a code tree in compiled code: what `streams` does, one code bit after the other."""

from __future__ import annotations

import numpy as np

from bridge.compiled import compiled
from bridge.execution.machines.interpreter import execute, move_rows, stride
from bridge.readout.lengths import bit_length, draw_bit


@compiled
def _read_numbers(numbers, places, memory, lanes):
    """Input row `i` takes bit `places[i]` of every stream's number, `byte + 256 * node`."""
    words = stride(len(lanes))
    for row in range(1, 1 + len(places)):
        memory[row * words : row * words + len(lanes)] = 0
    for stream in range(len(numbers)):
        for index in range(len(places)):
            bit = np.uint64(numbers[stream] >> places[index] & 1)
            memory[(1 + index) * words + (stream >> 6)] |= bit << np.uint64(stream & 63)


@compiled
def _score(literals, ends, index, stream, memory, lanes):
    """Number `index` of a stream, two's complement, lowest bit first."""
    words = stride(len(lanes))
    start = ends[index - 1] if index else 0
    width = ends[index] - start
    number = np.int64(0)
    for bit in range(width):
        literal = literals[start + bit]
        value = memory[(literal >> 1) * words + (stream >> 6)] >> np.uint64(stream & 63) & np.uint64(1)
        number |= (np.int64(value) ^ (literal & 1)) << bit
    return number << (64 - width) >> (64 - width)


@compiled
def charge_steps(machine, ends, places, serial, nodes, bits, model, data, segments, steps, memory, lanes, totals):
    """Run the steps `steps[0] .. steps[1] - 1` of some streams and add what their bytes cost to `totals`.

    nodes, bits: int64[256, longest path], see `Readout.paths`; the rest as in `streams.charge_steps`. A serial
    machine is run for every code bit, with the node at the inputs; latches move once a byte.
    """
    begin, first, end = segments
    _, scale, seen, unseen = model
    literals, moves = machine[1], machine[2]
    streams = len(begin)
    targets, numbers = np.empty(streams, np.int64), np.empty(streams, np.int64)
    lengths, asked = np.empty(streams), np.empty(streams, np.int64)
    for step in range(steps[0], steps[1]):
        for stream in range(streams):
            target = begin[stream] + step + 1
            targets[stream] = data[target] if first[stream] <= target < end[stream] else -1
            lengths[stream] = seen if targets[stream] >= 0 and nodes[targets[stream], 0] >= 0 else unseen
        for depth in range(nodes.shape[1]):
            for stream in range(streams):
                asked[stream] = nodes[targets[stream], depth] if targets[stream] >= 0 else -1
                byte = np.int64(data[min(begin[stream] + step, len(data) - 1)])
                numbers[stream] = byte + 256 * max(asked[stream], 0)
            if depth == 0 or (serial and asked.max() >= 0):
                _read_numbers(numbers, places, memory, lanes)
                execute(machine, memory, lanes)
            if asked.max() < 0:
                break
            for stream in range(streams):
                if asked[stream] >= 0:
                    score = _score(literals, ends, 0 if serial else asked[stream], stream, memory, lanes)
                    lengths[stream] += bit_length(score, bits[targets[stream], depth], scale)
        for stream in range(streams):
            if targets[stream] >= 0:
                totals[stream] += lengths[stream]
        move_rows(moves, memory, lanes)


@compiled
def write_bytes(machine, ends, places, serial, children, symbols, scale, byte, uniforms, memory, lanes):
    """Read `byte`, draw what follows, read that, and so on: uint8[n], one byte drawn with each number in `uniforms`."""
    written = np.empty(len(uniforms), np.uint8)
    numbers = np.empty(1, np.int64)
    for index in range(len(uniforms)):
        place, uniform = np.int64(0), uniforms[index]
        while place >= 0:
            if serial or place == 0:
                numbers[0] = np.int64(byte) + 256 * place
                _read_numbers(numbers, places, memory, lanes)
                execute(machine, memory, lanes)
            score = _score(machine[1], ends, np.int64(0) if serial else place, 0, memory, lanes)
            bit, uniform = draw_bit(score, scale, uniform)
            place = children[place, bit]
        byte = symbols[~place]
        written[index] = byte
        move_rows(machine[2], memory, lanes)
    return written
