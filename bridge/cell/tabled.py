"""A cell that says the same with fewer weights: what a sum takes from the byte is one number, and stands in a table.

The bits of an Embedding depend on the byte alone, and so does what a row adds up of them. 18 literals of a byte's code
are 18 digits to add; the number that they add up to has 4 or 5 bits, each of which is a column of a table.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.arrays import Bits, Flags, Floats, Ints
from bridge.cell.blocks import Block, Embedding, Integers, Weighted
from bridge.cell.checks import MAX_SOURCE_BITS
from bridge.cell.model import Cell

COLUMN = 7  # ANDs of a column of a table of many columns
WIDEST = 7  # bits of a number, as weights are int8
MOST_WEIGHTS = 1 << 26  # of one block, those that are 0 among them
EVERY = np.arange(256)


def tabled(cell: Cell, worth: float, least: float = 0.0) -> Cell:
    """The cell with one more Embedding, of the numbers that rows read instead of bits of others; the cell itself where
    that pays for no row, or takes too much memory. `worth`: ANDs for each binary digit of the weights; `least`: ANDs
    that all rows together should save at least, by that price."""
    name = _free_name(cell)
    parts = {block.name: _numbers(cell, block, worth) for block in cell.weighted if _small(cell, block, 0)}
    width = sum(part.shape[1] for part, _, _, _ in parts.values())
    saved = sum(saved for _, _, _, saved in parts.values())
    if not width or saved < least:
        return cell
    if any(not _small(cell, block, width) for block in cell.weighted if block.name in parts):
        return cell
    table, first = np.concatenate([part for part, _, _, _ in parts.values()], axis=1), 0
    blocks = dict[str, Block](cell.by_name)
    for block in cell.weighted:
        if block.name in parts:
            part, owners, places, _ = parts[block.name]
            blocks[block.name] = _rewritten(cell, block, (name, width), (first, owners, places))
            first += part.shape[1]
    return replace(cell, blocks=(Embedding(name, table), *blocks.values()))


def same_sums(cell: Cell, other: Cell, numbers: Ints) -> bool:
    """Are the cells the same, but for more Embeddings in the other, and for weights that give every row the same sum
    for each of these bytes? What is read of other blocks than Embeddings must have the same weights."""
    more = [block for block in other.blocks if block.name not in cell.by_name]
    if not all(isinstance(block, Embedding) for block in more) or len(other.blocks) - len(more) != len(cell.blocks):
        return False
    if [block.name for block in other.blocks if block.name in cell.by_name] != [*cell.by_name]:
        return False
    return all(_same_block(cell, block, other, numbers) for block in cell.blocks)


def _same_block(cell: Cell, block: Block, other: Cell, numbers: Ints) -> bool:
    """The same for one block."""
    told = other.by_name[block.name]
    if not isinstance(block, Weighted) or not isinstance(told, Weighted):
        return _alike(block, told, set())
    (rest, sums), (its_rest, its_sums) = _apart(cell, block, numbers), _apart(other, told, numbers)
    names, its_names = [name for name, _ in rest], [name for name, _ in its_rest]
    if not _alike(block, told, {"weights", "taps", block.CONSTANTS}) or names != its_names:
        return False
    alike = all(np.array_equal(one, its) for (_, one), (_, its) in zip(rest, its_rest, strict=True))
    return alike and np.array_equal(sums, its_sums)


def _alike(block: Block, told: Block, but: set[str]) -> bool:
    """Are they of one kind and the same but for these arrays, and where there are some for what is read?"""
    facts = [{**each.facts(), **({"sources": ()} if but else {})} for each in (block, told)]
    ours, its = ({key: array for key, array in each.tensors().items() if key not in but} for each in (block, told))
    same = type(block) is type(told) and facts[0] == facts[1] and ours.keys() == its.keys()
    return same and all(np.array_equal(ours[key], its[key]) for key in ours)


def _apart(cell: Cell, block: Weighted, numbers: Ints) -> tuple[list[tuple[str, Integers]], Ints]:
    """The weights of each source that is no Embedding; int64[rows, bytes]: what all the others add up to, and what
    is added to it."""
    weights, parts = cell.matrix(block), zip(block.sources, cell.columns(block.sources), strict=True)
    rest = [(source, weights[:, part]) for source, part in parts if not _is_table(cell, source)]
    constants = block.constants.astype(np.int64)[:, None]
    return rest, _values(cell, block, numbers) + (-constants if block.COMPARES else constants)


def _free_name(cell: Cell) -> str:
    name = "sums"
    while name in cell.by_name:
        name += "_"
    return name


def _small(cell: Cell, block: Weighted, more: int) -> bool:
    """Does a block stay small with so many more columns?"""
    width = sum(map(cell.source_width, block.sources)) + more
    return width <= MAX_SOURCE_BITS and len(block.constants) * width <= MOST_WEIGHTS


def _of_tables(cell: Cell, block: Weighted) -> Flags:
    """bool[in]: which elements that it reads are bits of Embeddings."""
    own = [_is_table(cell, source) for source in block.sources]
    return np.repeat(own, [cell.source_width(source) for source in block.sources])


def _is_table(cell: Cell, source: str) -> bool:
    return isinstance(cell.by_name.get(source), Embedding)


def _values(cell: Cell, block: Weighted, numbers: Ints = EVERY) -> Ints:
    """int64[rows, bytes]: what each row takes from the bits of Embeddings, by products of floats, which are exact."""
    weights, values = cell.matrix(block), np.zeros((len(block.constants), len(numbers)))
    for source, part in zip(block.sources, cell.columns(block.sources), strict=True):
        table = cell.by_name.get(source)
        if isinstance(table, Embedding):
            values += weights[:, part].astype(np.float64) @ table.table[numbers].T.astype(np.float64)
    return values.astype(np.int64)


def _chosen(cell: Cell, block: Weighted, worth: float) -> tuple[Floats, Ints, Ints]:
    """(what a table saves each row, 0 if it does not pay; the numbers for each byte, from 0 up, and how many bits)."""
    values = _values(cell, block)
    numbers = values - values.min(axis=1, keepdims=True)
    sizes = np.abs(cell.matrix(block)[:, _of_tables(cell, block)].astype(np.int64))
    digits, bits = np.bitwise_count(sizes).sum(axis=1), np.frexp(numbers.max(axis=1))[1]
    saved, constants = worth * (digits - bits) - COLUMN * bits, _constants(block, values)
    fits = (bits <= WIDEST) & _as_wide(cell, block, values.min(axis=1), bits)
    fits &= constants == constants.astype(block.constants.dtype)  # those near their ends would come round
    return np.where(fits, np.maximum(saved, 0.0), 0.0), numbers, bits


def _constants(block: Weighted, values: Ints) -> Ints:
    """int64[rows]: what each row adds or compares with, if it reads its `values` from 0 up."""
    least = values.min(axis=1)
    moved: Ints = block.constants.astype(np.int64) + (-least if block.COMPARES else least)
    return moved


def _as_wide(cell: Cell, block: Weighted, least: Ints, bits: Ints) -> Flags:
    """bool[rows]: has the sum of a row as many bits as before, if from `least` up so many are read from a table? Those
    of a head are outputs of the netlist."""
    if block.COMPARES:
        return np.ones(len(bits), np.bool_)
    entries, low = block.entries(cell.ranges_read(block)), block.constants.astype(np.int64)
    high, own = low.copy(), cell.matrix(block)[:, _of_tables(cell, block)].astype(np.int64)
    np.add.at(low, entries.row, np.minimum(entries.weight, 0))
    np.add.at(high, entries.row, np.maximum(entries.weight, 0))
    its_low = low - np.minimum(own, 0).sum(axis=1) + least
    its_high = high - np.maximum(own, 0).sum(axis=1) + least + (1 << bits) - 1
    largest = [np.maximum(np.maximum(top, -bottom - 1), 0) for bottom, top in ((low, high), (its_low, its_high))]
    same: Flags = np.frexp(largest[0])[1] == np.frexp(largest[1])[1]
    return same


def _numbers(cell: Cell, block: Weighted, worth: float) -> tuple[Bits, Ints, Ints, float]:
    """(uint8[256, n], the bits of the numbers of all rows for which they pay; int64[n]: their rows and places; the ANDs
    that they save)."""
    saved, numbers, bits = _chosen(cell, block, worth)
    bits = np.where(saved > 0, bits, 0)
    owners = np.repeat(np.arange(len(bits)), bits)
    places = np.concatenate([np.arange(count) for count in bits]).astype(np.int64)
    return (numbers[owners].T >> places & 1).astype(np.uint8), owners, places, float(saved.sum())


def _rewritten(cell: Cell, block: Weighted, table: tuple[str, int], ours: tuple[int, Ints, Ints]) -> Weighted:
    """The block with columns of a table of that name and width, from the first on, by row and place, instead of bits
    of others."""
    (name, width), (first, owners, places) = table, ours
    pays = np.isin(np.arange(len(block.constants)), owners)
    weights = cell.matrix(block).copy()
    weights[np.ix_(pays, _of_tables(cell, block))] = 0
    more = np.zeros((len(weights), width), np.int8)
    more[owners, first + np.arange(len(owners))] = 1 << places
    moved = _constants(block, _values(cell, block))
    constants = np.where(pays, moved, block.constants).astype(block.constants.dtype)
    wider = replace(block, sources=(*block.sources, name))
    return wider.with_rows(np.concatenate([weights, more], axis=1), constants)
