"""What signals are at every position of a text, or for every row: integers, computed bit-parallel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.latches import reset_to_one
from bridge.aig.names import as_read
from bridge.analysis.elements import Element, elements_of
from bridge.analysis.places import placed
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import Bit, Signal, listed, named_bits, resolve_all
from bridge.arrays import Bits, Ints, Words
from bridge.cell import Cell
from bridge.compiled import compiled
from bridge.corpus import check_text
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import run
from bridge.execution.rows import Rows, row_values
from bridge.execution.states import AT_ONCE, HELD, SEGMENT, STREAMS, Reading
from bridge.execution.words import packed, unpacked

Activations = npt.NDArray[np.uint8] | npt.NDArray[np.int64]


def activations(model: Cell | Aig, text: bytes | Rows, names: str | Iterable[str]) -> Activations:
    """What signals are while each byte of a text is read, from reset on: [T, columns], uint8 where all are bits, else
    int64.

    A column is an element: a bit, or the value of an integer, of the byte, of `argmax`, of a logit; a block has a
    column for each of its elements, in order. State bits are as the byte finds them. Of a serial head a name that
    depends on the code node has a column for every node. For networks that read rows, `text` is the rows of
    `bridge.run`: [rows, columns], or [rows, steps, columns] of sequences. A latch of unknown reset starts at 0.
    InputError for unknown names, an empty text, and rows that do not fit.
    """
    check_text(text)
    aig, elements = asked(model, listed(names))
    bits = [bit for element in elements for bit in element.bits]
    if isinstance(text, bytes):
        values = recorded(aig, bits, text)
    else:
        values = row_values(aig, text, np.array([bit.literal for bit in bits], np.int64))
    return gathered(elements, values)


def asked(model: Cell | Aig, names: Sequence[str]) -> tuple[Aig, tuple[Element, ...]]:
    """The netlist that has all of these signals, and their elements as they are read. InputError for unknown names."""
    if not names:
        raise InputError("name a signal to look at, such as argmax or a block of the cell")
    aig = with_prediction(asked_at_once(placed(model), names), names)
    return aig, elements_of(aig, as_they_are_read(aig, resolve_all(aig, names)))


def as_they_are_read(aig: Aig, signals: Iterable[Signal]) -> list[Signal]:
    """The same, with what is read in the place of state bits and inputs to which something is done; they keep their
    names."""
    known = named_bits(aig)

    def read(bit: Bit) -> Bit:
        found = known.get(as_read(bit.name))
        return bit if found is None else Bit(bit.name, found.literal)

    return [Signal(signal.name, tuple(map(read, signal.bits))) for signal in signals]


def recorded(aig: Aig, bits: Sequence[Bit], text: bytes, positions: Ints | None = None) -> Bits:
    """uint8[T, bits]: what they are while each byte is read, from reset on; or those at int64[T] positions alone."""
    if not text:
        raise InputError("a text of 0 bytes has no position to look at")
    reading = Reading(aig, np.frombuffer(text, np.uint8), reset_to_one(aig))
    literals = np.array([bit.literal for bit in bits], np.int64)
    if positions is not None:
        program, inputs = compile_program(aig, literals), reading.inputs(positions[None])
        return unpacked(run(program, inputs, packed(reading.before(positions)))[0][0], len(positions)).T
    found = np.empty((len(text), len(bits)), np.uint8)
    at_once = SEGMENT if len(bits) * SEGMENT * STREAMS // 64 <= HELD else AT_ONCE
    for places, words in reading.walk(literals, at_once):
        _scatter(words, places, found)
    return found


@compiled
def _scatter(words: Words, places: Ints, found: Bits) -> None:
    """found, uint8[T, n]: the rows at places, int64[steps, streams], those outside left out, become the streams of
    uint64[steps, n, W]."""
    for step in range(len(words)):
        for stream in range(places.shape[1]):
            place = places[step, stream]
            if 0 <= place < len(found):
                for bit in range(words.shape[1]):
                    word = words[step, bit, stream >> 6]
                    found[place, bit] = np.uint8(word >> np.uint64(stream & 63) & np.uint64(1))


def gathered(elements: Sequence[Element], bits: Bits) -> Activations:
    """[..., columns] from uint8[..., bits] of all elements side by side."""
    if all(element.is_bit for element in elements):
        return bits
    columns, start = np.empty((*bits.shape[:-1], len(elements)), np.int64), 0
    for column, element in enumerate(elements):
        own = bits[..., start : start + len(element.bits)]
        columns[..., column] = element.values(own)
        start += len(element.bits)
    return columns
