"""Archives: any bytes come back, through streams of any pieces, and whatever is not as it was written is an error."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Cell, generate, pack, unpack
from bridge.coding import archive
from bridge.coding.archive import (
    BLOCK,
    INSIDE,
    LOGIC,
    MAGIC,
    NAMED,
    STORED,
    STRETCH,
    Course,
    checked,
    pack_stream,
    unpack_stream,
)
from bridge.coding.sections import Sink
from bridge.errors import InputError
from bridge.files import held
from support.archives import lying, mutant, resealed
from support.cells import bigram_cell, random_cell
from support.folded import drawn, sparse
from support.integer_cells import random_integer_cell
from support.texts import rambling

TEXT = rambling(6000)
OVERHEAD = 80  # bytes, of a text that stays as it is


@cache
def cell() -> Cell:
    return bigram_cell(TEXT)


@cache
def packed() -> bytes:
    return pack(TEXT, cell())


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BLOCK", 700)
    monkeypatch.setattr(archive, "STRETCH", 700)


@pytest.fixture(params=[1, 4], ids=["a block", "four blocks"])
def small_stretches(small_blocks: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "STRETCH", 700 * request.param)


@given(st.one_of(st.binary(max_size=200), st.sampled_from([b"", b"\0", b"a", TEXT, bytes(5000)])))
def test_any_bytes_come_back(text: bytes) -> None:
    found = pack(text)
    assert unpack(found) == text
    assert len(found) <= len(text) + OVERHEAD


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("text", [b"", b"\xff" * 3, random.Random(0).randbytes(500), TEXT, TEXT + b"\0\xff" + TEXT])
def test_by_a_cell(text: bytes, inside: bool) -> None:
    found = pack(text, cell(), inside=inside)
    named = cell() if found[len(MAGIC)] == NAMED else None
    assert unpack(found, named, runner="oracle") == text
    assert len(found) <= len(text) + OVERHEAD


def test_the_logic_is_used_where_it_pays() -> None:
    tally = pack_stream([TEXT], BytesIO().write, cell())
    assert tally.methods == {"logic": len(TEXT)}
    assert tally.archive <= 1.05 * (tally.code + tally.model) + OVERHEAD
    assert tally.code < len(pack(TEXT))


@pytest.mark.usefixtures("small_stretches")
@pytest.mark.parametrize("model", [None, "bigrams"])
@pytest.mark.parametrize("size", [1, 699, 700, 701, 5000])
def test_pieces_of_any_size_make_the_same_archive(model: str | None, size: int) -> None:
    chosen, out = cell() if model else None, BytesIO()
    pack_stream((TEXT[start : start + size] for start in range(0, len(TEXT), size)), out.write, chosen)
    assert out.getvalue() == pack(TEXT, chosen)
    back = BytesIO()
    source = BytesIO(out.getvalue())
    unpack_stream(lambda count: source.read(min(count, size)), back.write, None)
    assert back.getvalue() == TEXT


def foreign(count: int) -> bytes:
    """Nothing that the cell knows, and nothing for LZMA."""
    return bytes(random.Random(count).choices(range(128, 256), k=count))


@pytest.mark.usefixtures("small_stretches")
@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("before", [0, 1, 5])
@pytest.mark.parametrize("after", [1, 2, 4, 8])
def test_a_model_is_weighed_over_the_whole_text(inside: bool, before: int, after: int) -> None:
    """Wherever in it the cell begins to save, and however little a block does. With the model first in the archive, the
    shorter of two is taken, and a cell that is left out is told."""
    text = foreign(700 * before) + (TEXT * 3)[: 700 * after]
    out = BytesIO()
    tally = pack_stream([text], out.write, cell(), inside=inside)
    plain, found = pack(text), out.getvalue()
    assert unpack(found, cell() if found[len(MAGIC)] == NAMED else None) == text
    assert tally.archive == len(found) <= len(plain)
    kept = found[len(MAGIC)] != archive.NO_MODEL
    assert kept == (tally.with_model is None)
    if kept:
        assert len(found) < len(plain)
        assert "logic" in tally.methods
    else:
        assert found == plain
        assert tally.with_model >= len(plain)
        assert tally.model == 0


@pytest.mark.usefixtures("small_blocks")
def test_what_stood_many_blocks_before_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a stretch, also beside blocks of the logic, and never for more than by blocks."""
    far, said = random.Random(1).randbytes(700), (TEXT * 2)[:1400]
    texts = [far + foreign(1400) + far, said + far + far, said + far + said + far]
    blocks = [pack(text, cell(), inside=False) for text in texts]
    monkeypatch.setattr(archive, "STRETCH", 2800)
    for text, by_blocks in zip(texts, blocks, strict=True):
        found = pack(text, cell(), inside=False)
        assert unpack(found, cell() if found[len(MAGIC)] == NAMED else None) == text
        assert len(found) <= len(by_blocks)
    assert len(pack(texts[0])) < len(blocks[0]) - 600


@pytest.mark.usefixtures("small_blocks")
def test_both_ends_of_the_scales_are_seen() -> None:
    """One block does not pay for the cell, eight do, also where they come last."""
    kinds = [pack(foreign(1400) + (TEXT * 3)[: 700 * count], cell())[len(MAGIC)] for count in (1, 8)]
    assert kinds == [archive.NO_MODEL, archive.INSIDE]
    assert pack(TEXT[:700], cell())[len(MAGIC)] == archive.NO_MODEL


@pytest.mark.usefixtures("small_blocks")
def test_what_is_not_decided_yet_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """But in a file that goes away; and a disk that has no room for it is one sentence."""
    monkeypatch.setattr(held, "_IN_MEMORY", 1000)
    text = foreign(7000) + TEXT
    assert unpack(pack(text, cell(), inside=False), cell()) == text
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    with pytest.raises(InputError, match="cannot keep a temporary file: No such file"):
        pack(text, cell(), inside=False)


@pytest.mark.usefixtures("small_blocks")
def test_once_it_is_decided_blocks_are_written_as_they_come() -> None:
    out, written = BytesIO(), list[int]()

    def pieces() -> Iterator[bytes]:
        for start in range(0, 7000, 700):
            written.append(len(out.getvalue()))
            yield (TEXT * 2)[start : start + 700]

    pack_stream(pieces(), out.write, cell(), inside=False)
    assert written[2:] == sorted(set(written[2:]))
    assert written[2] > 0


@pytest.mark.usefixtures("small_blocks")
def test_no_block_is_handed_out_before_it_was_found_right() -> None:
    found, out = bytearray(pack(TEXT, cell())), BytesIO()
    found[-200] ^= 1
    with pytest.raises(InputError, match="damaged"):
        unpack_stream(BytesIO(found).read, out.write, None)
    assert 700 <= len(out.getvalue()) < len(TEXT)
    assert TEXT.startswith(out.getvalue())


@pytest.mark.heavy
def test_every_truncation_is_told() -> None:
    for length in range(0, len(packed()), 7):
        with pytest.raises(InputError, match="cut off"):
            unpack(packed()[:length])


@pytest.mark.heavy
@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_a_mutant_is_an_error(seed: int) -> None:
    changed = mutant([packed()], seed)
    if changed != packed():
        with pytest.raises(InputError):
            unpack(changed)


@pytest.mark.heavy
@settings(max_examples=50)
@given(st.integers(0, 2**32))
def test_a_mutant_of_the_cell_inside_is_an_error(seed: int) -> None:
    """Also with right checksums: if it is a cell at all, it gives another text."""
    changed = resealed(packed(), seed)
    if changed != packed():
        with pytest.raises(InputError):
            unpack(changed)


@cache
def said_by_a_network() -> tuple[bytes, bytes]:
    """A text that a folded network writes, and its archive."""
    text = bytes(generate(sparse(4), b"", 24_000))
    return text, pack(text, sparse(4))


@pytest.mark.heavy
def test_by_a_folded_network() -> None:
    """Every byte comes back, those that are no symbols too; inside and by its digest."""
    text, found = said_by_a_network()
    assert found[len(MAGIC)] == INSIDE
    assert unpack(found) == text
    foreign = text[:5000] + bytes(range(256)) + text[5000:]
    named = pack(foreign, sparse(4), inside=False)
    assert named[len(MAGIC)] == NAMED
    assert len(named) < len(found)
    assert unpack(named, sparse(4), runner="oracle") == foreign
    with pytest.raises(InputError, match="but the folded network is"):
        unpack(named, drawn(5))
    with pytest.raises(InputError, match="none of the shipped"):
        unpack(named)
    with pytest.raises(InputError, match="its integers"):
        unpack(named, sparse(4), runner="portable")


@pytest.mark.heavy
@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_a_mutant_of_the_network_inside_is_an_error(seed: int) -> None:
    found = said_by_a_network()[1]
    if (changed := resealed(found, seed)) != found:
        with pytest.raises(InputError):
            unpack(changed)


def test_an_archive_of_the_first_version_is_read() -> None:
    old = """6169677061636b010000000000b0102525948dc819028b0000003a00000000209b888202e371b7b17572b8743514335a
             9f2d7c3f305bd0957a0a34f8fe1a018ff6e1e13cf334ef01f2eb32e1d110d857db4fffffbe2d8000c70c360d5642f751
             004fff15a79a8441aed58faff78757aa69b1eecac4c3751e7a062a788f69da40fe27d2e78eb95863a7"""
    assert unpack(bytes.fromhex(old)) == b"And it came to pass, as it is written, " * 3 + b"that it came to pass.\n"


def test_of_other_files_and_versions() -> None:
    for data, said in {
        b"PK\3\4" + bytes(100): "no archive",
        MAGIC[:-1] + b"\0" + bytes(100): "version 0; this aigbridge reads 1 to 2",
        MAGIC[:-1] + b"\3" + bytes(100): "version 3; this aigbridge reads 1 to 2",
        packed() + b"x": "goes on",
    }.items():
        with pytest.raises(InputError, match=said):
            unpack(data)


def test_the_model_must_be_the_one() -> None:
    named = pack(TEXT, cell(), inside=False)
    other = replace(cell(), blocks=(*cell().blocks[:-1], replace(cell().head, scale=0.5)), name="other")
    with pytest.raises(InputError, match="none of the shipped"):
        unpack(named)
    with pytest.raises(InputError, match="but 'other' is"):
        unpack(named, other)
    with pytest.raises(InputError, match="inside the archive: leave out"):
        unpack(packed(), cell())
    assert unpack(named, cell()) == TEXT
    without = pack(b"", cell(), inside=False)  # none that pays: the same command unpacks it all the same
    assert unpack(without, cell()) == unpack(without) == b""


@pytest.mark.heavy
def test_a_shipped_cell_is_found() -> None:
    text = b"And the king said unto the men of Judah, Let us go up and dwell in the house of the Lord this day."
    found = pack(text, Cell.load("tiny"), inside=False)
    assert found[len(MAGIC)] == NAMED
    assert unpack(found) == text


def short_blocks(sink: Sink) -> None:
    """All else is as it should be."""
    sink.put(MAGIC, b"\0", (0).to_bytes(4, "little"))
    sink.seal()
    for text in (b"a", b"b"):
        sink.put(bytes([STORED]), (1).to_bytes(4, "little") * 2, text)
        sink.seal(text)
    sink.put(b"\0", hashlib.sha256(b"ab").digest())
    sink.seal()


LIES: dict[str, Callable[[Sink], None]] = {
    "a block of nothing": lying(STORED, 0, b""),
    "a block that is too long": lying(STORED, STRETCH + 1, b"x"),
    "one of the logic that is": lying(LOGIC, BLOCK + 1, b"x"),
    "a block before the last that is not full": short_blocks,
    "more code than text": lying(STORED, 1, b"xx"),
    "logic without a model": lying(LOGIC, 5, b"abc"),
    "an unknown method": lying(9, 5, b"abc"),
    "less than it says": lying(STORED, 5, b"abc"),
    "no LZMA": lying(2, 5, b"abc"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_lies_with_right_checksums(lie: Callable[[Sink], None]) -> None:
    """What could only be written on purpose."""
    out = BytesIO()
    lie(Sink(out.write))
    with pytest.raises(InputError, match=r"damaged|cut off"):
        unpack(out.getvalue())


def test_a_packed_cell_that_is_none() -> None:
    out = BytesIO()
    sink = Sink(out.write)
    sink.put(MAGIC, b"\1", (7).to_bytes(4, "little"), b"not one")
    sink.seal()
    with pytest.raises(InputError):
        unpack(out.getvalue() + b"\0" + hashlib.sha256().digest() + bytes(8))


def test_only_cells_that_predict_text() -> None:
    with pytest.raises(InputError, match="does not predict"):
        pack(TEXT, random_integer_cell(1))
    assert checked(cell()) is cell()


@pytest.mark.parametrize("limit", ["MOST_STATE", "MOST_NUMBERS"])
def test_cells_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """By both sides: an archive may tell in a few bytes of a cell that takes days."""
    large = random_cell(1)
    found = pack(TEXT, cell())
    monkeypatch.setattr(archive, limit, 1)
    with pytest.raises(InputError, match="at most 1"):
        pack(TEXT, large)
    if limit == "MOST_NUMBERS":
        with pytest.raises(InputError, match="where 1 numbers may follow"):
            unpack(found)


def test_memory_does_not_grow_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BLOCK", 1 << 12)
    monkeypatch.setattr(archive, "STRETCH", 1 << 12)
    most = 0

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield bytes(1 << 12)

    def write(part: bytes) -> None:
        nonlocal most
        most = max(most, len(part))

    tally = pack_stream(pieces(), write, None)
    assert tally.text == 100 << 12
    assert most <= 1 << 12


def test_it_is_told_how_far_it_is() -> None:
    """From 0 to 1, both ways, and of unpacking what is being decoded is not counted twice."""
    cell, text = bigram_cell(rambling(6000)), rambling(6000)
    told, out = list[float | None](), BytesIO()
    pack_stream([text], out.write, cell, course=Course(lambda at: told.append(at.done), len(text)))
    made = out.getvalue()
    unpack_stream(BytesIO(made).read, BytesIO().write, None, course=Course(lambda at: told.append(at.done), len(made)))
    assert len(told) >= 4
    assert all(at is not None and 0 <= at <= 1 for at in told)
