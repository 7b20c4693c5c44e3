"""Text models in compiled code: bytes to bits, steps of the machine, bits to numbers, and sums of code lengths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.arrays import Bits, Floats, Int, Ints, Words
from bridge.compiled import compiled, compiled_part
from bridge.execution.machines.interpreter import Machine, execute, move_latches, stride
from bridge.readout.codetree import Paths
from bridge.readout.lengths import GROUP, Drawing, Model, bit_length, draw, draw_bit, group_lengths

NOT_COUNTED = -2  # in place of the row of a symbol; -1 is a byte that is no symbol
# The bits of a byte become the bytes of a word.
_SPREAD = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.uint8).view("<u8").ravel().astype(np.uint64)


class Ports(NamedTuple):
    """Where a text model reads and answers. `places`: int64[inputs], the bit that each input carries of the number
    `byte + 256 * node`; `ends`: int64[n], where the bits of each number end among the outputs; `serial`: whether there
    is one number only, of the code node asked about."""

    places: Ints
    ends: Ints
    serial: bool


class Text(NamedTuple):
    """Streams of a text. `data`: uint8[n], all of it; `segments`: int64[3, streams], positions of the first byte read,
    the first predicted, and the end of the predicted."""

    data: Bits
    segments: Ints


@compiled
def pack_bytes(text: npt.NDArray[np.integer], places: Ints) -> Words:
    """Integers[T, S], such as bytes, -> uint64[T, len(places), words]: input `i` carries bit `places[i]` of each."""
    steps, streams = text.shape
    packed = np.zeros((steps, len(places), (streams + 63) // 64), np.uint64)
    for step in range(steps):
        for index in range(len(places)):
            for stream in range(streams):
                bit = np.uint64(text[step, stream] >> places[index] & 1)
                packed[step, index, stream >> 6] |= bit << np.uint64(stream & 63)
    return packed


@compiled_part
def unpack_group(bits: Words, ends: Ints, shift: Int, numbers: Ints) -> None:
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
def unpack_numbers(outputs: Words, ends: Ints, streams: Int) -> Ints:
    """uint64[T, n, words] -> int64[T, streams, len(ends)], two's complement numbers, lowest bit first.

    Number `i` is made of the rows `ends[i - 1] .. ends[i] - 1`; its last row is the sign.
    """
    numbers = np.empty((len(outputs), streams, len(ends)), np.int64)
    bits, some = np.empty(outputs.shape[1], np.uint64), np.empty((len(ends), GROUP), np.int64)
    for step in range(len(outputs)):
        for start in range(0, streams, GROUP):
            if start & 63 == 0:
                bits[:] = outputs[step, :, start >> 6]
            unpack_group(bits, ends, start & 63, some)
            for stream in range(start, min(start + GROUP, streams)):
                numbers[step, stream] = some[:, stream - start]
    return numbers


@compiled_part
def read_numbers(machine: Machine, places: Ints, numbers: Ints) -> None:
    """One step in which every stream reads its number; outputs can be read."""
    memory, words = machine.memory, stride(len(machine.width))
    for row in range(1, 1 + len(places)):
        memory[row * words : row * words + len(machine.width)] = 0
    for stream in range(len(numbers)):
        number = np.uint64(numbers[stream])
        for index in range(len(places)):
            bit = number >> np.uint64(places[index]) & np.uint64(1)
            memory[(1 + index) * words + (stream >> 6)] |= bit << np.uint64(stream & 63)
    execute(machine)


@compiled_part
def _read_number(machine: Machine, places: Ints, number: np.int64) -> None:
    """The same for a single stream, bit 0 of all rows."""
    memory, words = machine.memory, stride(len(machine.width))
    for index in range(len(places)):
        memory[(1 + index) * words] = number >> places[index] & 1
    execute(machine)


@compiled_part
def number_of(machine: Machine, ends: Ints, index: Int, stream: Int) -> np.int64:
    """Number `index` that a stream is answered."""
    words = stride(len(machine.width))
    start = ends[index - 1] if index else 0
    width = ends[index] - start
    number = np.int64(0)
    for bit in range(width):
        literal = machine.outputs[start + bit]
        value = machine.memory[(literal >> 1) * words + (stream >> 6)] >> np.uint64(stream & 63) & np.uint64(1)
        number |= (np.int64(value) ^ (literal & 1)) << bit
    return np.int64(number << (64 - width) >> (64 - width))


@compiled
def _charge_word(bits: Words, ends: Ints, targets: Ints, model: Model, numbers: Ints, totals: Floats) -> None:
    """Add what up to 64 streams' bytes cost. targets: int64[streams], rows of the symbols, or NOT_COUNTED."""
    lengths, own = np.empty(GROUP), np.empty(GROUP, np.int64)
    for start in range(0, len(targets), GROUP):
        count = min(GROUP, len(targets) - start)
        own[:] = -1
        own[:count] = targets[start : start + count]
        if own[:count].max() > NOT_COUNTED:
            unpack_group(bits, ends, start, numbers)
            group_lengths(numbers, own, model, lengths)
            for lane in range(count):
                if own[lane] != NOT_COUNTED:
                    totals[start + lane] += lengths[lane]


@compiled
def charge_symbols(
    machine: Machine, ports: Ports, rows: Ints, model: Model, text: Text, steps: tuple[int, int], totals: Floats
) -> None:
    """Run the steps `steps[0] .. steps[1] - 1` of some streams and add what their bytes cost to `totals`.

    rows: see `Readout`. A stream that has reached its end reads on, anything, uncounted. The state stays in memory.
    """
    data, ends, literals, memory = text.data, ports.ends, machine.outputs, machine.memory
    begin, first, end = text.segments
    words = stride(len(machine.width))
    numbers, read = np.empty((len(ends), GROUP), np.int64), np.empty(len(begin), np.int64)
    bits, targets = np.empty(len(literals), np.uint64), np.empty(64, np.int64)
    for step in range(steps[0], steps[1]):
        for stream in range(len(begin)):
            read[stream] = data[min(begin[stream] + step, len(data) - 1)]
        read_numbers(machine, ports.places, read)
        for start in range(0, len(begin), 64):
            stop = min(start + 64, len(begin))
            for stream in range(start, stop):
                target = begin[stream] + step + 1
                counted = first[stream] <= target < end[stream]
                targets[stream - start] = rows[data[target]] if counted else NOT_COUNTED
            if targets[: stop - start].max() > NOT_COUNTED:
                for index in range(len(literals)):
                    word = memory[(literals[index] >> 1) * words + (start >> 6)]
                    bits[index] = word ^ np.uint64(-(literals[index] & 1))
                _charge_word(bits, ends, targets[: stop - start], model, numbers, totals[start:stop])
        move_latches(machine)


@compiled
def charge_code(
    machine: Machine, ports: Ports, paths: Paths, model: Model, text: Text, steps: tuple[int, int], totals: Floats
) -> None:
    """The same, code bit after code bit. paths: see `Readout`.

    A serial machine is run for every code bit, with the node at the inputs; latches move once a byte.
    """
    begin, first, end = text.segments
    data, nodes, serial, streams = text.data, paths.nodes, ports.serial, len(begin)
    targets, numbers = np.empty(streams, np.int64), np.empty(streams, np.int64)
    lengths, asked = np.empty(streams), np.empty(streams, np.int64)
    for step in range(steps[0], steps[1]):
        for stream in range(streams):
            target = begin[stream] + step + 1
            targets[stream] = data[target] if first[stream] <= target < end[stream] else -1
            known = targets[stream] >= 0 and nodes[targets[stream], 0] >= 0
            lengths[stream] = model.seen if known else model.unseen
        for depth in range(nodes.shape[1]):
            for stream in range(streams):
                asked[stream] = nodes[targets[stream], depth] if targets[stream] >= 0 else -1
                byte = np.int64(data[min(begin[stream] + step, len(data) - 1)])
                numbers[stream] = byte + 256 * max(asked[stream], 0)
            if depth == 0 or (serial and asked.max() >= 0):
                read_numbers(machine, ports.places, numbers)
            if asked.max() < 0:
                break
            for stream in range(streams):
                if asked[stream] >= 0:
                    score = number_of(machine, ports.ends, 0 if serial else asked[stream], stream)
                    lengths[stream] += bit_length(score, paths.bits[targets[stream], depth], model.scale)
        for stream in range(streams):
            if targets[stream] >= 0:
                totals[stream] += lengths[stream]
        move_latches(machine)


@compiled
def read_prompt(machine: Machine, places: Ints, prompt: Bits) -> None:
    """A single stream reads uint8[n] bytes; the state stays in memory."""
    for byte in prompt:
        _read_number(machine, places, np.int64(byte))
        move_latches(machine)


@compiled
def write_symbols(
    machine: Machine, ports: Ports, symbols: Bits, model: Model, byte: np.uint8, uniforms: Floats
) -> Bits:
    """Read `byte`, draw what follows, read that, and so on: uint8[n], one byte drawn with each number in `uniforms`."""
    written = np.empty(len(uniforms), np.uint8)
    numbers = np.empty(len(ports.ends), np.int64)
    for index in range(len(uniforms)):
        _read_number(machine, ports.places, np.int64(byte))
        for symbol in range(len(numbers)):
            numbers[symbol] = number_of(machine, ports.ends, symbol, 0)
        byte = symbols[draw(numbers, model, uniforms[index])]
        written[index] = byte
        move_latches(machine)
    return written


@compiled
def write_code(machine: Machine, ports: Ports, code: Drawing, byte: np.uint8, uniforms: Floats) -> Bits:
    """The same, code bit after code bit."""
    written = np.empty(len(uniforms), np.uint8)
    for index in range(len(uniforms)):
        place, uniform = np.int64(0), uniforms[index]
        while place >= 0:
            if ports.serial or place == 0:
                _read_number(machine, ports.places, np.int64(byte) + 256 * place)
            score = number_of(machine, ports.ends, np.int64(0) if ports.serial else place, 0)
            bit, uniform = draw_bit(score, code.scale, uniform)
            place = code.children[place, bit]
        byte = code.symbols[~place]
        written[index] = byte
        move_latches(machine)
    return written
