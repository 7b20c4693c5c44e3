"""From raw features to what the inputs of a netlist are given, for those who run it elsewhere: as JSON, as a function
in C, or as parameters in Verilog. See `bridge.cell.encoder` for what an encoder is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from bridge.arrays import Floats
from bridge.cell import Input
from bridge.cell.blocks.base import INT32
from bridge.errors import InputError
from bridge.files import write_atomic
from bridge.formats.names import distinct
from bridge.printable import dump_json, either
from bridge.readout import Labelled

_PER_LINE = 8


def write_encoder(path: str | os.PathLike[str], inputs: Sequence[Input], labelled: Labelled | None = None) -> None:
    """Write the encoders of some inputs, and in JSON what the numbers that come out are. The suffix says how.

    InputError where no input has an encoder, for another suffix, and for levels that no `int` holds.
    """
    encoded = [each for each in inputs if each.encoder]
    if not encoded:
        raise InputError("there is no encoder: the inputs are given whole numbers as they are")
    suffix = Path(path).suffix.lower()
    if suffix not in ENCODERS:
        raise InputError(f"{path}: an encoder is written to a file that ends in {either(tuple(ENCODERS))}")
    if any((each.low < INT32[0]).any() or (each.high > INT32[1]).any() for each in encoded):
        raise InputError(f"{path}: the levels of the encoder do not fit into 32 bits")
    write_atomic(path, ENCODERS[suffix](encoded, labelled))


def _json(inputs: Sequence[Input], labelled: Labelled | None) -> str:
    told = {"inputs": [each.told() for each in inputs]} | (labelled.facts() if labelled else {})
    return dump_json(told) + "\n"


C = """\
/* From raw features to what the netlist is given; made by aigbridge. Compile without -ffast-math: features may be NaN.
{layout}*/
#include <math.h>

#define ELEMENTS {elements}

{tables}
/* raw: {features} features; level: int[ELEMENTS]. 0, or 1 + the feature that is missing where none may be. */
int encode(const double *raw, int *level)
{{
    for (int j = 0; j < ELEMENTS; j++) {{
        double x = single[j] ? (double)(float)raw[feature[j]] : raw[feature[j]];
        if (x != x && !may_miss[j])
            return 1 + feature[j];
        level[j] = x != x ? missing[j] : low[j];
        for (int k = first[row[j]]; k < first[row[j] + 1] && x >= threshold[k]; k++)
            level[j]++;
    }}
    return 0;
}}
"""


def _c(inputs: Sequence[Input], _labelled: Labelled | None) -> str:
    tables = _Tables(inputs)
    columns = [
        ("int", "low", map(str, tables.low)),
        ("int", "feature", map(str, tables.feature)),
        ("int", "row", map(str, tables.row)),
        ("int", "missing", map(str, tables.missing)),
        ("char", "may_miss", map(str, tables.may_miss)),
        ("char", "single", map(str, tables.single)),
        ("int", "first", map(str, np.cumsum([0, *map(len, tables.thresholds)]).tolist())),
        ("double", "threshold", [_c_double(each) for row in tables.thresholds for each in row] or ["0"]),
    ]
    lines = "".join(f"static const {kind} {name}[] = {{\n{_wrapped(each)}}};\n" for kind, name, each in columns)
    layout, start = "", 0
    for each in inputs:
        layout += f"   level[{start} .. {start + len(each.low) - 1}] is {each.name}[0 .. {len(each.low) - 1}]\n"
        start += len(each.low)
    needed = max(tables.feature) + 1
    return C.format(layout=layout, elements=len(tables.low), tables=lines, features=needed)


class _Tables:
    """The encoders of all inputs side by side, as lists: of elements, and of rows of thresholds."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        self.low, self.feature, self.row, self.missing = list[int](), list[int](), list[int](), list[int]()
        self.may_miss, self.single, self.thresholds = list[int](), list[int](), list[Floats]()
        for each in inputs:
            if encoder := each.encoder:
                n = len(encoder.low)
                self.row += [len(self.thresholds) + row for row in encoder.rows.tolist()]
                self.thresholds += encoder.steps
                self.low += encoder.low.tolist()
                self.feature += encoder.features.tolist()
                self.missing += [0] * n if encoder.missing is None else encoder.missing.tolist()
                self.may_miss += [int(encoder.missing is not None)] * n
                self.single += [int(encoder.single)] * n


def _c_double(value: float) -> str:
    if np.isinf(value):
        return "HUGE_VAL" if value > 0 else "-HUGE_VAL"
    return float(value).hex()


def _wrapped(words: Iterable[str]) -> str:
    some = list(words)
    lines = [", ".join(some[start : start + _PER_LINE]) for start in range(0, len(some), _PER_LINE)]
    return ",\n".join(f"    {line}" for line in lines) + "\n"


VERILOG = """\
// How raw features become what the netlist is given; made by aigbridge. To be included in a module.
// Entry j of a vector of 32 bits, signed, is V[32*j +: 32]; T[64*(r*MOST + k) +: 64] is threshold k of row r, an IEEE
// double, of which the row has COUNT. Element j is LOW plus how many thresholds of row j/(ELEMENTS/ROWS) its FEATURE
// reaches (>=), or MISSING where that is NaN, if MAY_MISS; if SINGLE, features are rounded to float first.
"""


def _verilog(inputs: Sequence[Input], _labelled: Labelled | None) -> str:
    """Vectors, since parameters of Verilog 2001 are no arrays: entry j of one of 32 bits is `V[32*j +: 32]`."""
    wanted = [each.name.replace(".", "_").upper() for each in inputs]
    text = VERILOG
    for name, each in zip(distinct(wanted, wanted), inputs, strict=True):
        tables, most = _Tables([each]), each.encoder.thresholds.shape[1] if each.encoder else 0
        counts = [len(row) for row in tables.thresholds]
        padded = [bits for row in tables.thresholds for bits in _ieee(row, max(most, 1))]
        numbers = {"ELEMENTS": len(tables.low), "ROWS": len(counts), "MOST": max(most, 1)}
        numbers |= {"MAY_MISS": tables.may_miss[0], "SINGLE": tables.single[0]}
        vectors = {"LOW": tables.low, "FEATURE": tables.feature, "MISSING": tables.missing, "COUNT": counts}
        text += "".join(f"localparam {name}_{key} = {value};\n" for key, value in numbers.items())
        text += "".join(_vector(f"{name}_{key}", 32, [v & 0xFFFFFFFF for v in each]) for key, each in vectors.items())
        text += _vector(f"{name}_THRESHOLD", 64, padded)
    return text


def _ieee(row: Floats, most: int) -> list[int]:
    """The bits of its doubles, and NaNs after them."""
    padded = np.concatenate([row, np.full(most - len(row), np.nan)])
    found: list[int] = padded.astype("<f8").view("<u8").tolist()
    return found


def _vector(name: str, width: int, entries: Sequence[int]) -> str:
    words = [f"{width}'h{entry:x}" for entry in reversed(entries)]
    return f"localparam [{width * len(entries) - 1}:0] {name} = {{\n{_wrapped(words)}}};\n"


ENCODERS: dict[str, Callable[[Sequence[Input], Labelled | None], str]] = {".json": _json, ".c": _c, ".vh": _verilog}
