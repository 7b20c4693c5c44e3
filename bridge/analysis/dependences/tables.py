"""Matrices of sources and targets, summed up by block, and as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig.names import block_of
from bridge.errors import InputError
from bridge.files import write_atomic

Table = npt.NDArray[Any]  # [sources, targets]


def by_block(sources: Sequence[str], targets: Sequence[str], values: Table) -> tuple[list[str], list[str], Table]:
    """Blocks of the sources, of the targets, and the sums of the values between each two: [blocks, blocks]."""
    rows, columns = ([block_of(name) for name in names] for names in (sources, targets))
    first, second = (list(dict.fromkeys(blocks)) for blocks in (rows, columns))
    sums = np.zeros((len(first), len(second)), values.dtype)
    at = np.ix_([first.index(block) for block in rows], [second.index(block) for block in columns])
    np.add.at(sums, at, values)
    return first, second, sums


def check_suffix(path: str | Path) -> str:
    """`.npz` or `.csv`; InputError for any other file."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".csv"):
        raise InputError(f"{path}: a matrix is written as .npz or .csv")
    return suffix


def save_table(
    path: str | Path,
    sources: Sequence[str],
    targets: Sequence[str],
    cells: Iterable[Iterable[object]],
    arrays: Mapping[str, Any],
) -> None:
    """Write `.csv`, the cells with a row for each source, or `.npz`: arrays `sources`, `targets` and those given."""
    if check_suffix(path) == ".npz":
        stream = io.BytesIO()
        np.savez_compressed(stream, sources=np.array(sources), targets=np.array(targets), **arrays)
        write_atomic(path, stream.getvalue())
        return
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["", *targets])
    writer.writerows([name, *row] for name, row in zip(sources, cells, strict=True))
    write_atomic(path, lines.getvalue())
