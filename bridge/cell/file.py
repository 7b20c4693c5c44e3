"""Cell files: one `.safetensors` with the tensors of every block and one JSON line of metadata.

Metadata key `aigbridge`: {"format": 1, "name": ..., "blocks": [{"kind", "name", ...}], "record": {...}}.
Tensor names: `<block>/<field>`, e.g. `h/weights`.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from bridge.cell.blocks import KINDS, Block, facts_of, tensors_of
from bridge.cell.model import Cell
from bridge.errors import InputError
from bridge.files import read_bytes, write_atomic
from bridge.resources import cell_path, shipped_cells

FORMAT = 1
MAX_BYTES = 1 << 28
_KINDS: dict[str, Any] = {kind.__name__: kind for kind in KINDS}
_FIELDS = {  # tensors and facts by name
    "Embedding": ({"table"}, set[str]()),
    "Node": ({"table"}, set[str]()),
    "Automaton": ({"following", "table"}, set[str]()),
    "Delay": (set[str](), {"source", "steps"}),
    "Threshold": ({"weights", "thresholds"}, {"sources"}),
    "Trees": ({"splits", "roots", "leaves"}, {"sources"}),
    "Latch": (set[str](), {"select", "value"}),
    "Logits": ({"weights", "bias"}, {"sources", "scale", "symbols"}),
}
_OPTIONAL = {"Logits": {"code"}}  # tensors that may be missing


def save_cell(cell: Cell, path: str | os.PathLike[str]) -> None:
    """Write the cell; the same cell always gives the same bytes."""
    tensors = {f"{block.name}/{key}": value for block in cell.blocks for key, value in tensors_of(block).items()}
    facts = {
        "format": FORMAT,
        "name": cell.name,
        "blocks": [facts_of(block) for block in cell.blocks],
        "record": dict(cell.record),
    }
    write_atomic(path, save(tensors, {"aigbridge": json.dumps(facts, sort_keys=True)}))


def load_cell(name: str | os.PathLike[str]) -> Cell:
    """Read a cell file or a shipped cell (`kjv`); InputError names the file and what is wrong with it."""
    path = cell_path(name)
    if not path.suffix and not path.exists():
        raise InputError(f"{path}: is neither a file nor a shipped cell ({', '.join(shipped_cells())})")
    read_bytes(path, "a cell (.safetensors)", MAX_BYTES)
    try:
        with safe_open(path, framework="numpy") as file:
            line = (file.metadata() or {}).get("aigbridge")
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: not a readable .safetensors file: {error}") from error
    if line is None:
        raise InputError(f"{path}: has no aigbridge metadata, so it is not a cell; see `aigbridge train`")
    try:
        return _assemble(line, tensors, path.stem)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _assemble(line: str, tensors: dict[str, np.ndarray[Any, Any]], name: str) -> Cell:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the metadata is not JSON: {error}") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("blocks"), list):
        raise InputError("the metadata lists no blocks")
    if facts.get("format") != FORMAT:
        raise InputError(f"cell format {facts.get('format')!r} is unknown; this version reads format {FORMAT}")
    blocks = tuple(_block(entry, tensors) for entry in facts["blocks"])
    if tensors:
        raise InputError(f"tensor {sorted(tensors)[0]!r} belongs to no block")
    record = facts.get("record", {})
    return Cell(blocks, str(facts.get("name", name)), record if isinstance(record, dict) else {})


def _block(entry: Any, tensors: dict[str, np.ndarray[Any, Any]]) -> Block:
    if not isinstance(entry, dict) or str(entry.get("kind")) not in _FIELDS or not isinstance(entry.get("name"), str):
        raise InputError(f"block {entry!r:.80} is of no known kind ({', '.join(_FIELDS)})")
    kind, name = str(entry["kind"]), str(entry["name"])
    tensor_keys, fact_keys = _FIELDS[kind]
    facts = {key: value for key, value in entry.items() if key not in ("kind", "name")}
    if set(facts) != fact_keys:
        raise InputError(f"block {name!r} of kind {kind} needs the keys {sorted(fact_keys)}, not {sorted(facts)}")
    if "sources" in facts and not isinstance(facts["sources"], list):
        raise InputError(f"block {name!r}: sources must be a list of names")
    if not isinstance(facts.get("symbols", []), list):
        raise InputError(f"block {name!r}: symbols must be a list of byte values")
    arrays = {}
    for key in tensor_keys:
        if f"{name}/{key}" not in tensors:
            raise InputError(f"block {name!r}: tensor {name + '/' + key!r} is missing")
        arrays[key] = tensors.pop(f"{name}/{key}")
    arrays |= {key: tensors.pop(f"{name}/{key}") for key in _OPTIONAL.get(kind, ()) if f"{name}/{key}" in tensors}
    try:
        if "symbols" in facts:
            facts["symbols"] = bytes(facts["symbols"])
        if "scale" in facts:
            facts["scale"] = float(facts["scale"])
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"block {name!r}: {error}") from error
    block: Block = _KINDS[kind](name=name, **facts, **arrays)
    return block
