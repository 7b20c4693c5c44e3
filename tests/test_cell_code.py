"""Packed cells: all comes back, nothing else is believed."""

from __future__ import annotations

import json
import lzma
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cell import Cell, Embedding, Input, Logits, Luts, Scores, Threshold, Trees
from bridge.cell.encoder import Encoder
from bridge.coding import cell_code
from bridge.coding.cell_code import MAGIC, pack_cell, packed_bits, unpack_cell
from bridge.coding.forest import _field
from bridge.coding.matrix import code_alone, code_bytes
from bridge.coding.mixing import mixing
from bridge.coding.range_coder import Coder, encoder, finished
from bridge.errors import InputError
from bridge.lowering import lower
from bridge.resources import netlist_path, shipped_cells
from support.cells import cells, random_cell, random_tree_cell, tree_cells, twins
from support.integer_cells import integer_cells, random_integer_cell
from support.unusual_cells import unusual_cell

START = len(MAGIC) + 4


def assert_same(cell: Cell, back: Cell) -> None:
    assert (back.name, back.digest, dict(back.record)) == (cell.name, cell.digest, {})
    for mine, theirs in zip(cell.blocks, back.blocks, strict=True):
        assert mine.facts() == theirs.facts()
        assert mine.tensors().keys() == theirs.tensors().keys()
        for key, array in mine.tensors().items():
            other = theirs.tensors()[key]
            assert (array.dtype, array.shape) == (other.dtype, other.shape)
            np.testing.assert_array_equal(array, other)


@pytest.mark.heavy
@settings(deadline=None, max_examples=30)
@given(st.one_of(cells, tree_cells, integer_cells, st.builds(unusual_cell, st.integers(0, 1000))))
def test_every_cell_comes_back(cell: Cell) -> None:
    packed = pack_cell(cell)
    assert_same(cell, unpack_cell(packed))
    assert packed == pack_cell(replace(cell, record={"options": {}}))
    assert packed_bits(cell) == 8 * len(packed)


@pytest.mark.heavy
@pytest.mark.parametrize("name", shipped_cells())
def test_shipped_cells_are_smaller_than_by_xz_and_make_the_same_netlist(name: str) -> None:
    cell = Cell.load(name)
    packed = pack_cell(cell)
    back = unpack_cell(packed)
    assert_same(cell, back)
    file = netlist_path(f"{name}.safetensors").read_bytes()
    assert len(packed) < len(lzma.compress(file, preset=9 | lzma.PRESET_EXTREME))
    mine, theirs = lower(cell), lower(back)
    np.testing.assert_array_equal(mine.ands, theirs.ands)
    np.testing.assert_array_equal(mine.outputs, theirs.outputs)


def test_numbers_of_every_size_come_back() -> None:
    """Floats that are not rounded, 64 bits of a table, thresholds at the ends of what int32 holds."""
    steps = np.array([[-np.inf, -0.1, 1e-300, np.pi]])
    missing = np.array([4])
    encoder = Encoder(np.array([0]), np.array([3], np.int32), steps, missing, single=False, columns=7)
    bits = Input("bits", np.zeros(7, int), np.ones(7, int))
    tables = np.array([2**64 - 1, 0x8000000000000001, 0], np.uint64)
    ends = np.array([[0, -1, -2], [1, -2, -1]])
    trees = Trees(
        "trees", ("levels",), ends[:1], np.array([0]), np.array([[-(2**31)], [2**31 - 1]]), np.array([2**31 - 1])
    )
    cell = Cell(
        (
            Input.encoded("levels", encoder),
            bits,
            Luts("luts", ("bits",), np.array([[0, 1, 2, 3, 4, 5], [6, 5, 4, 3, 2, 1], [0] * 6]), tables),
            trees,
            Scores("head", ("luts", "trees"), ("a", "b", "c", "d"), 0.1),
        ),
        "sizes",
    )
    assert_same(cell, unpack_cell(pack_cell(cell)))


def forest(order: np.ndarray) -> Cell:
    """A chain of splits, and their numbers in another order that leads from each to later ones."""
    count = len(order)
    splits = np.array([[index % 8, order[index] if index + 1 < count else ~0, ~(index % 2)] for index in range(count)])
    table = np.arange(256)[:, None] >> np.arange(8) & 1
    head = Logits("logit", ("trees",), np.array([[1], [-1]]), np.zeros(2, int), 0.5, b"ab")
    trees = Trees("trees", ("emb",), splits, np.array([0]), np.array([[0], [1]]))
    return Cell((Embedding("emb", table), trees, head), "forest")


def test_trees_in_any_order_come_back() -> None:
    straight = np.arange(1, 41)
    skipping = np.minimum(straight + straight % 3, 39)
    for order in (straight, skipping):
        assert_same(forest(order), unpack_cell(pack_cell(forest(order))))


def test_conjunctions_and_disjunctions_need_no_thresholds() -> None:
    """What a row of literals compares with follows from them: thresholds that do not follow cost more."""
    rng = np.random.default_rng(5)
    weights = rng.choice([-1, 0, 1], (400, 24), p=[0.1, 0.8, 0.1])
    table = rng.integers(0, 2, (256, 24))

    def packed(thresholds: np.ndarray) -> int:
        head = Logits("logit", ("rows",), np.eye(2, 400, dtype=int), np.zeros(2, int), 0.5, b"ab")
        rows = Threshold("rows", ("emb",), weights, thresholds)
        return len(pack_cell(Cell((Embedding("emb", table), rows, head))))

    conjunctions = (weights > 0).sum(axis=1)
    free = rng.permutation(conjunctions)
    assert packed(conjunctions) < packed(free) - 30


def mutants(packed: bytes, seed: int) -> bytes:
    """Bytes changed, cut, repeated or put in; mostly with a checksum that is right all the same."""
    rng = np.random.default_rng(seed)
    data = bytearray(packed)
    for _ in range(int(rng.integers(1, 4))):
        place, length = int(rng.integers(len(data) + 1)), int(rng.integers(1, 9))
        kind = int(rng.integers(4))
        if kind == 0:
            data[place : place + length] = rng.bytes(length)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = rng.bytes(length)
        else:
            del data[place:]
    if rng.random() < 0.9 and len(data) > START:
        data[:START] = MAGIC + zlib.crc32(bytes(data[START:])).to_bytes(4, "big")
    return bytes(data)


def sources() -> list[bytes]:
    made = [
        random_cell(3),
        twins(),
        random_tree_cell(4),
        random_integer_cell(5, 6),
        random_integer_cell(6, 5, text=True),
    ]
    return [*map(pack_cell, made), pack_cell(unusual_cell(7))]


def survives(packed: bytes, seed: int) -> bool:
    """Whether a mutant is a cell, which then is as good as any."""
    try:
        cell = unpack_cell(mutants(packed, seed))
    except InputError:
        return False
    assert_same(replace(cell, record={}), unpack_cell(pack_cell(cell)))
    return True


@pytest.mark.heavy
def test_mutants_are_cells_or_errors() -> None:
    some = sources()
    survived = [survives(some[seed % len(some)], seed) for seed in range(300)]
    assert not all(survived)


def test_what_is_no_packed_cell_is_told() -> None:
    packed = pack_cell(twins())
    with pytest.raises(InputError, match="no packed cell of this version"):
        unpack_cell(b"")
    with pytest.raises(InputError, match="no packed cell of this version"):
        unpack_cell(b"aigc\x02" + packed[5:])
    with pytest.raises(InputError, match="damaged: its checksum"):
        unpack_cell(packed[:-1])
    with pytest.raises(InputError, match="damaged: its checksum"):
        unpack_cell(packed[:-1] + bytes([packed[-1] ^ 1]))


@pytest.mark.parametrize("kind", [[], ["Trees"], {"Trees": 1}, None, 7])
def test_kinds_that_are_no_words_are_told(kind: object) -> None:
    line = json.dumps({"format": 1, "name": "x", "blocks": [{"kind": kind, "name": "b"}]}).encode()
    m = mixing(encoder(1 << 12))
    code_alone(m, len(line), 0)
    code_bytes(m, np.frombuffer(line, np.uint8).copy())
    code = finished(m.coder)
    with pytest.raises(InputError, match="no known kind"):
        unpack_cell(MAGIC + zlib.crc32(code).to_bytes(4, "big") + code)


def test_little_room_is_mended_and_other_errors_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, tried = twins(), list[int]()

    def tight(choices: int) -> Coder:
        tried.append(choices)
        return encoder(1 if len(tried) == 1 else choices)

    expected = pack_cell(cell)
    monkeypatch.setattr(cell_code, "encoder", tight)
    assert pack_cell(cell) == expected
    assert len(tried) == 2

    def fails(*_: object) -> None:
        raise ValueError("another")

    monkeypatch.setattr(cell_code, "code_block", fails)
    with pytest.raises(ValueError, match="another"):
        pack_cell(cell)


@pytest.mark.parametrize("fields", [1, 3, 1 << 16])
def test_elements_are_found_in_their_fields(fields: int) -> None:
    """As by going from field to field, which would take minutes for many fields and splits."""
    rng = np.random.default_rng(fields)
    widths = rng.integers(1, 9, fields)
    owners = np.repeat(np.arange(fields), widths)
    starts = np.cumsum(widths) - widths
    for element in rng.integers(len(owners), size=20):
        field, column = _field(starts, element)
        assert (field, column) == (owners[element], element - widths[:field].sum())
