"""Cell files: one `.safetensors` with the tensors of every block and one JSON line of metadata.

Metadata key `aigbridge`: {"format": 1, "name": ..., "blocks": [{"kind", "name", ...}], "record": {...}}.
Tensor names: `<block>/<field>`, e.g. `h/weights`. Format 3 has lists of weights (`taps`
of Threshold blocks), 2 integers besides bits; each cell is written in the first one that has all of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from bridge.cell.blocks import KINDS, Block, Integers
from bridge.errors import InputError
from bridge.files import read_bytes, write_atomic
from bridge.resources import cell_path, shipped_cells

BITS, INTEGERS, LISTS = FORMATS = (1, 2, 3)
MAX_BYTES = 1 << 28
FOLDED = "folded"  # the metadata key of a folded network, which is no cell (`bridge.cell.folded`)
_KINDS = {kind.__name__: kind for kind in KINDS}
_Cell = TypeVar("_Cell")
_Make: TypeAlias = Callable[[tuple[Block, ...], str, Mapping[str, Any]], _Cell]


def write_cell(path: str | os.PathLike[str], blocks: Sequence[Block], name: str, record: Mapping[str, Any]) -> None:
    """Write a cell; the same cell always gives the same bytes."""
    tensors = {f"{block.name}/{key}": value for block in blocks for key, value in block.tensors().items()}
    facts = described(blocks, name) | {"record": dict(record)}
    write_atomic(path, save(tensors, {"aigbridge": json.dumps(facts, sort_keys=True)}))


def described(blocks: Sequence[Block], name: str) -> dict[str, Any]:
    """The JSON part of a cell, without its record."""
    return {"format": _format(blocks), "name": name, "blocks": [block.facts() for block in blocks]}


def read_cell(name: str | os.PathLike[str], make: _Make[_Cell]) -> _Cell:
    """Make a cell of what a file or a shipped cell (`kjv`) holds; InputError names the file and what is wrong."""
    path = cell_path(name)
    if not path.suffix and not os.path.exists(path):  # Path.exists raises where the name is too long
        raise InputError(f"{path}: is neither a file nor a shipped cell ({', '.join(shipped_cells())})")
    read_bytes(path, "a cell (.safetensors)", MAX_BYTES)
    try:
        with safe_open(path, framework="numpy") as file:
            facts = file.metadata() or {}
            line = facts.get("aigbridge")
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: not a readable .safetensors file: {error}") from error
    if FOLDED in facts:
        raise InputError(f"{path}: is a folded network (docs/folded.md), and a cell is needed here")
    if line is None:
        raise InputError(f"{path}: has no aigbridge metadata, so it is not a cell; see `aigbridge train`")
    try:
        return make(*assembled(line, tensors, path.stem))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def assembled(line: str, tensors: dict[str, Integers], name: str) -> tuple[tuple[Block, ...], str, Mapping[str, Any]]:
    """(blocks, name, record) of the JSON part and the tensors, which are used up; InputError says what is wrong."""
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the metadata is not JSON: {error}") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("blocks"), list):
        raise InputError("the metadata lists no blocks")
    if facts.get("format") not in FORMATS:
        raise InputError(f"cell format {facts.get('format')!r} is unknown; this version reads formats 1 to {LISTS}")
    blocks = tuple(_block(entry, tensors) for entry in facts["blocks"])
    if tensors:
        raise InputError(f"tensor {sorted(tensors)[0]!r} belongs to no block")
    record = facts.get("record", {})
    return blocks, str(facts.get("name", name)), record if isinstance(record, dict) else {}


def kind_of(entry: Any) -> type[Block]:
    """The kind of a block by its entry in the JSON part, which has a name; InputError for what is no such entry."""
    if not isinstance(entry, dict) or str(entry.get("kind")) not in _KINDS or not isinstance(entry.get("name"), str):
        raise InputError(f"block {entry!r:.80} is of no known kind ({', '.join(_KINDS)})")
    return _KINDS[str(entry["kind"])]


def _block(entry: Any, tensors: dict[str, Integers]) -> Block:
    kind = kind_of(entry)
    name = str(entry["name"])
    facts = {key: value for key, value in entry.items() if key != "kind"}
    needed = kind.fact_names()
    if set(facts) != set(needed):
        found = sorted(set(facts) - {"name"})
        raise InputError(f"block {name!r} of kind {kind.__name__} needs the keys {sorted(needed[1:])}, not {found}")
    fields = kind.parsed(facts)
    for key, array in kind.ARRAYS.items():
        if f"{name}/{key}" in tensors:
            fields[key] = tensors.pop(f"{name}/{key}")
        elif not array.optional:
            raise InputError(f"block {name!r}: tensor {name + '/' + key!r} is missing")
    return kind(**fields)


def _format(blocks: Sequence[Block]) -> int:
    return max(INTEGERS if any(block.integers for block in blocks) else BITS, *(block.since for block in blocks))
