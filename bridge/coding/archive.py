"""Archives: texts coded by a cell or a folded network, which stands inside or is named by its digest.

    archive   MAGIC, model | block | ... | end
    model     kind, length, and that many bytes: none, a packed model, or the digest of one
    block     method, bytes of text, bytes of code, and the code
    end       0, sha256 of the text

Each of these ends with a check (`bridge.coding.sections`). Kinds and methods are a byte, lengths four, lowest first.
A text is taken STRETCH bytes at a time. A stretch is one block, by LZMA, which finds what stood far before, or as it
is; or it is blocks of BLOCK bytes, each by the logic, LZMA or as it is: whatever is shortest. All blocks but the last
end at a multiple of BLOCK, and none has more code than text: neither writing nor reading needs more memory for a longer
text (LZMA takes eleven bytes of memory to write a byte of a stretch, and one to read it). Nothing of a block is handed
out before its check was found right. Version 1 had no blocks of more than BLOCK bytes, and is read like version 2.

The model is weighed over the whole text: two archives are written, one with it and one without any, into temporary
files, until the logic has saved more than the model takes, or the text ends.
"""

from __future__ import annotations

import hashlib
import lzma
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from bridge.cell import Cell
from bridge.cell.predictor import Predictor
from bridge.coding.lanes import Runner, Walk, walk
from bridge.coding.model_code import pack_model, unpack_model
from bridge.coding.range_coder import LONGEST, Exhausted, decoder, encoder, finished
from bridge.coding.sections import CHECK, Read, Sink, Source, Write
from bridge.corpus import check_text
from bridge.errors import InputError
from bridge.files.held import Held
from bridge.printable import Listener, Progress, unheard
from bridge.resources import shipped_cells

MAGIC = b"aigpack\2"  # the last byte is the version
OLDEST = 1  # version that is read
BLOCK = 1 << 23  # of the logic: as much as the most lanes take
STRETCH = 1 << 26  # as far as LZMA looks back: a multiple of BLOCK
LEAST = 1 << 12  # that LZMA can remember
PIECE = 1 << 16  # of what LZMA is told at once, between which Ctrl-C is heard
HELD = 2  # pieces of what LZMA was told at most, of which it has written nothing yet
LARGEST = 1 << 27  # bytes of a packed cell, more than what any takes that is not refused
MOST_STATE = 1 << 16  # bits that a cell may remember: every lane keeps them
MOST_NUMBERS = 1 << 23  # that it is made of: a few bytes may tell of many
NO_MODEL, INSIDE, NAMED = range(3)
END, STORED, LZMA, LOGIC = range(4)
METHODS = {STORED: "stored", LZMA: "lzma", LOGIC: "logic"}
_MODEL, _BLOCK = struct.Struct("<BI"), struct.Struct("<II")


@dataclass
class Tally:
    """How many bytes: of `text`, of the `model` inside, of the `code` of all blocks, of the whole `archive`; of text by
    method; and, where a model was left out, of the archive `with_model`."""

    text: int = 0
    model: int = 0
    code: int = 0
    archive: int = 0
    methods: dict[str, int] = field(default_factory=dict)
    with_model: int | None = None

    def add(self, method: int, text: int, code: int) -> None:
        self.text += text
        self.code += code
        self.methods[METHODS[method]] = self.methods.get(METHODS[method], 0) + text


@dataclass(frozen=True)
class Course:
    """Who listens to how far it is, and of how many bytes, if that is known."""

    listener: Listener = unheard
    size: int | None = None

    def within(self, before: int, length: int) -> Callable[[float], None]:
        """Tells of the fraction of a part as one of the whole."""
        return lambda done: self.listener(Progress((before + done * length) / self.size if self.size else None))


def pack(text: bytes, model: Predictor | None = None, *, inside: bool = True, runner: Runner = "auto") -> bytes:
    """The archive of a text, coded by a cell that predicts text or a folded network, such as one trained on it; without
    any by LZMA.

    inside: whether the model stands in the archive. Otherwise it is only named, and `unpack` must be told it, unless it
    is a shipped one. runner: what runs the cell, which changes nothing in the archive. InputError for other models.
    """
    check_text(text)
    out = BytesIO()
    pack_stream([text], out.write, model, inside=inside, runner=runner)
    return out.getvalue()


def unpack(archive: bytes, model: Predictor | None = None, *, runner: Runner = "auto") -> bytes:
    """The text of an archive. model: the one it was packed by, where the archive only names it and it is not shipped.

    InputError for what is no archive, is damaged, or was packed by another model.
    """
    if isinstance(archive, str):
        raise InputError("an archive is bytes, not str")
    out = BytesIO()
    unpack_stream(BytesIO(archive).read, out.write, model, runner=runner)
    return out.getvalue()


def pack_stream(
    text: Iterable[bytes],
    write: Write,
    model: Predictor | None,
    *,
    inside: bool = True,
    runner: Runner = "auto",
    course: Course = Course(),
) -> Tally:
    """Write the archive of a text that comes in pieces of any size, block by block; else as `pack`.

    A cell that does not save more of the whole text, beside LZMA, than it takes is left out, and there is no model;
    until it has, nothing is written. InputError where the disk has no room for what is not written yet.
    """
    logic = None if model is None else walk(checked(model), runner)
    heads = [_Head()] if model is None else [_Head(), _head(model, inside)]
    length, whole = 0, hashlib.sha256()
    with ExitStack() as stack:
        drafts = [_Draft(head, stack.enter_context(Held())) for head in heads]
        for stretch in _stretches(text):
            pressed = _pressed(stretch)
            plain = [pressed.block]
            best = plain if logic is None else min(plain, _parts(pressed, logic, course, length), key=_size)
            for draft, blocks in zip(drafts, [plain, best][-len(drafts) :], strict=True):
                draft.add(blocks)
            if drafts[-1].size < drafts[0].size:  # for good: no stretch is longer with a model
                drafts.pop(0).held.close()
            if len(drafts) == 1:
                drafts[0].held.release(write)
            whole.update(stretch)
            length += len(stretch)
        for draft in drafts:
            draft.end(whole.digest())
        shortest = drafts[0]
        shortest.held.release(write)
        shortest.tally.with_model = drafts[1].size if len(drafts) > 1 else None
    return shortest.tally


def unpack_stream(
    read: Read, write: Write, model: Predictor | None, *, runner: Runner = "auto", course: Course = Course()
) -> Tally:
    """Write the text of an archive block by block; else as `unpack`."""
    source, tally, whole = Source(read), Tally(), hashlib.sha256()
    logic = _model(source, model, runner, tally)
    while (method := source.take(1)[0]) != END:
        length, coded = _BLOCK.unpack(source.take(_BLOCK.size))
        known = method in METHODS and (method != LOGIC or logic is not None)
        most = BLOCK if method == LOGIC else STRETCH
        if not known or not 0 < length <= most or coded > length or tally.text % BLOCK:
            raise source.damaged("no block begins like that")
        listen = course.within(source.place, coded)
        text = _decoded(method, source.take(coded), length, logic, listen)
        if len(text) != length:
            raise source.damaged("its code is none")
        source.verify(text)
        whole.update(text)
        write(text)
        tally.add(method, length, coded)
    if source.take(whole.digest_size) != whole.digest():
        raise source.damaged("it is not that of this text")
    source.verify()
    source.end()
    tally.archive = source.place
    return tally


def checked(model: Predictor) -> Predictor:
    """A model by which texts can be coded; InputError for others."""
    if isinstance(model, Cell):
        if not model.text_model or model.inputs:
            raise InputError(f"{_named(model)} does not predict bytes of text alone: no text can be packed by it")
        numbers = sum(array.size for block in model.blocks for array in block.tensors().values())
    else:
        numbers = model.weights.size
    if (bits := model.state_ranges.bits) > MOST_STATE:
        raise InputError(f"{_named(model)} remembers {bits:,} bits; to pack, at most {MOST_STATE:,}")
    if numbers > MOST_NUMBERS:
        raise InputError(f"{_named(model)} is made of {numbers:,} numbers; to pack, at most {MOST_NUMBERS:,}")
    return model


def _named(model: Predictor) -> str:
    return f"cell {model.name!r}" if isinstance(model, Cell) else "the folded network"


def _model(source: Source, told: Predictor | None, runner: Runner, tally: Tally) -> Walk | None:
    """Read the start of an archive, and prepare what its blocks are decoded with."""
    begin = source.take(len(MAGIC))
    if begin[:-1] != MAGIC[:-1]:
        raise InputError("it is no archive that `aigbridge pack` wrote")
    if not OLDEST <= begin[-1] <= MAGIC[-1]:
        raise InputError(f"the archive is of version {begin[-1]}; this aigbridge reads {OLDEST} to {MAGIC[-1]}")
    kind, length = _MODEL.unpack(source.take(_MODEL.size))
    if kind not in (NO_MODEL, INSIDE, NAMED) or length > LARGEST:
        raise source.damaged("no model begins like that")
    data = source.take(length)
    source.verify()
    if told is not None and kind == INSIDE:
        raise InputError("the model is inside the archive: leave out the one that is told")
    if kind == NO_MODEL:
        return None
    if kind == INSIDE:
        tally.model = length
    return walk(checked(unpack_model(data, MOST_NUMBERS) if kind == INSIDE else _found(data.hex(), told)), runner)


def _found(digest: str, told: Predictor | None) -> Predictor:
    """The model that is told, or the shipped one of that digest."""
    if told is None:
        for name in shipped_cells():
            cell = Cell.load(name)
            if cell.digest == digest:
                return cell
        names = ", ".join(shipped_cells())
        raise InputError(f"it was packed by model {digest[:12]}, none of the shipped ({names}): name its file, --model")
    if told.digest != digest:
        name = repr(told.name) if isinstance(told, Cell) else "the folded network"
        raise InputError(f"it was packed by model {digest[:12]}, but {name} is {told.digest[:12]}")
    return told


class _Head(NamedTuple):
    """What an archive says of its model."""

    kind: int = NO_MODEL
    data: bytes = b""


def _head(model: Predictor, inside: bool) -> _Head:
    return _Head(INSIDE, pack_model(model)) if inside else _Head(NAMED, bytes.fromhex(model.digest))


class _Block(NamedTuple):
    method: int
    text: bytes
    code: bytes


def _size(blocks: list[_Block]) -> int:
    """Bytes of them in an archive."""
    return sum(1 + _BLOCK.size + len(block.code) + CHECK for block in blocks)


class _Draft:
    """An archive with some model or none."""

    def __init__(self, head: _Head, held: Held) -> None:
        self.held, self.sink = held, Sink(held.write)
        self.tally = Tally(model=len(head.data) * (head.kind == INSIDE))
        self.sink.put(MAGIC, _MODEL.pack(head.kind, len(head.data)), head.data)
        self.sink.seal()

    @property
    def size(self) -> int:
        return self.sink.place

    def add(self, blocks: list[_Block]) -> None:
        for method, text, code in blocks:
            self.sink.put(bytes([method]), _BLOCK.pack(len(text), len(code)), code)
            self.sink.seal(text)
            self.tally.add(method, len(text), len(code))

    def end(self, digest: bytes) -> None:
        self.sink.put(bytes([END]), digest)
        self.sink.seal()
        self.tally.archive = self.size


class _Pressed(NamedTuple):
    """A text by LZMA, or as it is, where that is no longer; `written`: the bytes that LZMA had written before it was
    told anything, and after each PIECE. What it is told it has written HELD pieces later at the latest."""

    block: _Block
    written: list[int]

    def least(self, start: int, stop: int) -> int:
        """Bytes at least that it takes to write these places of the text, knowing all before."""
        end = -(-stop // PIECE) if stop == len(self.block.text) else stop // PIECE
        return self.written[end] - self.written[min(-(-start // PIECE) + HELD, end)]

    def most(self, start: int, stop: int) -> int:
        """The same at most."""
        return self.written[min(-(-stop // PIECE) + HELD, len(self.written) - 1)] - self.written[start // PIECE]


def _pressed(text: bytes) -> _Pressed:
    press = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=_filters(len(text)))
    parts = [press.compress(text[start : start + PIECE]) for start in range(0, len(text), PIECE)]
    parts[-1] += press.flush()
    code, written = b"".join(parts), [0, *accumulate(map(len, parts))]
    block = _Block(LZMA, text, code) if len(code) < len(text) else _Block(STORED, text, text)
    return _Pressed(block, written)


def _filters(length: int) -> list[dict[str, Any]]:
    """Of LZMA for a text of so many bytes, all of which it remembers."""
    return [{"id": lzma.FILTER_LZMA1, "preset": 9, "dict_size": max(length, LEAST)}]


def _parts(whole: _Pressed, logic: Walk, course: Course, before: int) -> list[_Block]:
    """A stretch after `before` bytes as blocks that the logic can code, each by what is shortest.

    LZMA takes hardly ever fewer bytes for a block alone than within its stretch. So it codes only those blocks again of
    which the whole leaves open who is shorter; and none if the logic is longer everywhere.
    """
    text, blocks = whole.block.text, []
    places = [(start, min(start + BLOCK, len(text))) for start in range(0, len(text), BLOCK)]
    codes = [_by_logic(text[start:stop], logic, course.within(before + start, stop - start)) for start, stop in places]
    if all(code is None or len(code) > whole.most(*place) for code, place in zip(codes, places, strict=True)):
        return [whole.block]
    for code, (start, stop) in zip(codes, places, strict=True):
        part = text[start:stop]
        block = _Block(LOGIC, part, code or part)
        if code is None or len(code) > whole.least(start, stop):
            plain = whole.block if len(places) == 1 else _pressed(part).block
            block = plain if code is None or len(code) >= len(plain.code) else block
        blocks.append(block)
    return blocks


def _by_logic(text: bytes, logic: Walk, listen: Callable[[float], None]) -> bytes | None:
    """Its code; None where that would be longer than the text."""
    coder = encoder(len(text) // LONGEST)  # with room for a code that is shorter than the text
    for done in logic.code(coder, np.frombuffer(text, np.uint8).copy()):
        listen(done)
    with suppress(Exhausted):
        return finished(coder)
    return None


def _decoded(method: int, code: bytes, length: int, logic: Walk | None, listen: Callable[[float], None]) -> bytes:
    """The text of a block; any other where the code is none, which the check will tell."""
    if method == STORED:
        return code
    if method == LZMA:
        with suppress(lzma.LZMAError):
            return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_filters(length)).decompress(code, length)
        return b""
    assert logic is not None
    text = np.zeros(length, np.uint8)
    for done in logic.code(decoder(code), text):
        listen(done)
    return text.tobytes()


def _stretches(text: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, STRETCH at a time."""
    held = bytearray()
    for part in text:
        for start in range(0, len(part), STRETCH):
            held += part[start : start + STRETCH]
            if len(held) >= STRETCH:
                yield bytes(held[:STRETCH])
                del held[:STRETCH]
    if held:
        yield bytes(held)
