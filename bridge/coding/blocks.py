"""How the numbers of a block are coded, by kind; kinds that are not known here are matrices of numbers.

What is told of a block here is only what makes its numbers likely: whatever they are, they come back the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from bridge.arrays import Ints
from bridge.cell import Automaton, Block, Delay, Embedding, Node, Threshold, Trees, fill_unseen
from bridge.cell.blocks import OLD
from bridge.coding.forest import Forest, code_forest
from bridge.coding.matrix import code_alone, code_lists, code_matrix, code_told
from bridge.coding.mixing import Mixing

_FILLED, _FIELDS = 3, 4  # what numbers alone are for
Arrays: TypeAlias = Mapping[str, Ints]
Facts: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """What is known of a cell beside the numbers of a block. `symbols`: of the head, if it has some; `facts`: of
    every block, by name; `widths`: elements of every block, of a cell that is packed; None when reading."""

    symbols: bytes
    facts: Mapping[str, Facts]
    widths: Mapping[str, int] | None = None

    @classmethod
    def of(cls, entries: Sequence[Facts], widths: Mapping[str, int] | None = None) -> Known:
        """Of the facts of all blocks, as a cell file has them, whatever they are."""
        listed = [entry.get("symbols") for entry in entries]
        symbols = next((_symbols(each) for each in listed if isinstance(each, list)), b"")
        return cls(symbols, {str(entry["name"]): entry for entry in entries}, widths)


def _symbols(listed: list[Any]) -> bytes:
    good = all(type(symbol) is int and 0 <= symbol < 256 for symbol in listed)
    return bytes(listed) if good and len(set(listed)) == len(listed) else b""


def code_block(m: Mixing, facts: Facts, arrays: Arrays, known: Known) -> None:
    """Code the arrays of a block, int64 of the right shapes; when reading they are filled in. ValueError for shapes
    that its kind cannot have."""
    _CODES.get(facts["kind"], _code_plain)(m, facts, arrays, known)


def _code_plain(m: Mixing, facts: Facts, arrays: Arrays, known: Known) -> None:
    for array in arrays.values():
        code_matrix(m, array.reshape(math.prod(array.shape[:-1]), array.shape[-1]))


def _code_table(m: Mixing, facts: Facts, arrays: Arrays, known: Known) -> None:
    """Bits of a number: a bit after the other, for all numbers."""
    _code_by_byte(m, arrays["table"], known.symbols)


def _code_by_byte(m: Mixing, table: Ints, symbols: bytes) -> None:
    """A table with a row for each byte, of which only those of the symbols are coded if the others follow from them."""
    seen = table[list(symbols)] if len(table) == 256 and symbols else table
    follows = len(seen) < len(table) and np.array_equal(fill_unseen(seen, symbols), table)
    if len(seen) < len(table) and code_alone(m, int(follows), _FILLED):
        columns = np.ascontiguousarray(seen.T)
        code_matrix(m, columns)
        table[:] = fill_unseen(columns.T, symbols)
        return
    columns = np.ascontiguousarray(table.T)
    code_matrix(m, columns)
    table[:] = columns.T


def _code_automaton(m: Mixing, facts: Facts, arrays: Arrays, known: Known) -> None:
    by_byte = np.ascontiguousarray(arrays["following"].T)
    _code_by_byte(m, by_byte, known.symbols)
    arrays["following"][:] = by_byte.T
    code_matrix(m, arrays["table"])


def _code_threshold(m: Mixing, facts: Facts, arrays: Arrays, known: Known) -> None:
    """A threshold lies between the least and the largest sum; at its ends in a conjunction and a disjunction."""
    weights, thresholds = arrays["weights"], arrays["thresholds"]
    if "taps" in arrays:
        _code_lists(m, facts, arrays, known)
    else:
        code_matrix(m, weights)
    low, high = np.minimum(weights, 0).sum(axis=1), np.maximum(weights, 0).sum(axis=1)
    if len(thresholds) != len(weights):
        raise ValueError(f"{len(weights)} rows of weights and {len(thresholds)} thresholds")
    middle = (low + high) // 2
    above = thresholds - middle
    code_told(m, above, np.stack([high - low, (weights != 0).sum(axis=1)], axis=1))
    thresholds[:] = above + middle


def _code_lists(m: Mixing, facts: Facts, arrays: Arrays, known: Known) -> None:
    sources = [source.removeprefix(OLD) for source in facts["sources"]]
    columns = code_alone(m, sum(known.widths[name] for name in sources) if known.widths else 0, _FIELDS)
    if arrays["taps"].shape != arrays["weights"].shape or not 0 < columns <= 1 << 16:
        raise ValueError("lists of weights of shapes that they cannot have")
    code_lists(m, arrays["weights"], arrays["taps"], columns)


def _code_trees(m: Mixing, facts: Facts, arrays: Arrays, known: Known) -> None:
    """See `bridge.coding.forest`."""
    splits, leaves, least = arrays["splits"], arrays["leaves"], arrays.get("thresholds")
    layout = np.zeros((0, 2), np.int64) if known.widths is None else _layout(facts["sources"], known)
    fields = code_alone(m, len(layout), _FIELDS)
    if not 0 < fields <= 1 << 16:
        raise ValueError(f"trees that read {fields} fields")
    layout = np.zeros((fields, 2), np.int64) if known.widths is None else layout
    code_matrix(m, layout)
    fits = splits.shape[1] == 3 and leaves.size and (least is None or len(least) == len(splits))
    if not fits or layout[:, 0].min() < 1 or layout.max() > 1 << 16:
        raise ValueError("trees of shapes that they cannot have")
    code_forest(m, Forest(splits, arrays["roots"], leaves, np.zeros(0, np.int64) if least is None else least, layout))


def _layout(sources: Sequence[str], known: Known) -> Ints:
    """int64[fields, 2] of every source and every step of a Delay: its elements, and the family of them."""
    assert known.widths is not None
    found, families = list[tuple[int, int]](), dict[str, int]()
    for source in sources:
        name, steps = source.removeprefix(OLD), 1
        facts = known.facts[name]
        if facts["kind"] == Delay.__name__:
            name, steps = facts["source"], facts["steps"]
        found += [(known.widths[name], families.setdefault(name, len(families)))] * steps
    return np.array(found, np.int64)


_Code: TypeAlias = Callable[[Mixing, Facts, Arrays, Known], None]
_BY_KIND: dict[type[Block], _Code] = {
    Automaton: _code_automaton,
    Embedding: _code_table,
    Node: _code_table,
    Threshold: _code_threshold,
    Trees: _code_trees,
}
_CODES = {kind.__name__: code for kind, code in _BY_KIND.items()}
