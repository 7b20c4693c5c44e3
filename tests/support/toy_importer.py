"""A kind of network made for tests: steps of features, one layer of whole weights; and its own way to run it.

{"toy": 1, "thresholds": [[0.5, 1.5], [0.0]], "weights": [[1, -2], [3, 0]], "labels": ["a", "b"], "wrong": 0}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge.cell import Cell, Input, Linear, Scores
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.files import parse_json
from bridge.melting.source import Comparison, Importer, input_range

NETWORK = {"toy": 1, "thresholds": [[0.5, 1.5], [0.0]], "weights": [[1, -2], [3, 0]], "labels": ["a", "b"]}
CLOSE = 1e-3  # to a threshold


@dataclass(frozen=True)
class Toy:
    """The same as an object of a library."""

    facts: Mapping[str, Any]


def read(source: Any) -> Mapping[str, Any]:
    if isinstance(source, Toy):
        return source.facts
    try:
        facts = parse_json(source.data)
        if len(facts["thresholds"]) != len(facts["weights"][0]) or not isinstance(facts["labels"], list):
            raise ValueError("a feature needs a column of weights")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"is no toy network: {error!r}") from error
    return facts


def thresholds_of(facts: Mapping[str, Any]) -> np.ndarray:
    rows = facts["thresholds"]
    thresholds = np.full((len(rows), max(map(len, rows))), np.nan)
    for row, own in zip(thresholds, rows, strict=True):
        row[: len(own)] = own
    return thresholds


def melt_toy(source: Any, options: Mapping[str, Any]) -> Cell:
    facts = read(source)
    weights = np.array(facts["weights"])
    count = weights.shape[1]
    if "input_range" in options:
        low, high, _ = input_range(options["input_range"])
        x = Input("x", np.full(count, low), np.full(count, high))
    else:
        x = Input.encoded("x", Encoder(np.zeros(count, np.int64), np.arange(count), thresholds_of(facts)))
    sums = Linear("sums", ("x",), weights, np.zeros(len(weights), np.int64))
    told = {"bound": 0.25, "notes": ["a toy"]} if facts.get("inexact") else {}
    return Cell((x, sums, Scores("score", ("sums",), tuple(facts["labels"]))), record={"melt": told})


@dataclass(frozen=True)
class ToyReference:
    """Plain Python, wrong in the first number of rows whose first feature is above 1.5, if the network says so; rows
    near a threshold are close, and wrong in the second."""

    facts: Mapping[str, Any]
    options: Mapping[str, Any]
    name = "toy 1.0"

    def rows(self, count: int, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        features = len(self.facts["thresholds"])
        if "input_range" in self.options:
            low, high, _ = input_range(self.options["input_range"])
            return rng.integers(low, high + 1, (count, features)).astype(np.float64)
        return np.round(rng.normal(scale=2, size=(count, features)), 3)

    def compare(self, cell: Cell, raw: np.ndarray, values: Mapping[str, np.ndarray]) -> Comparison:
        equal, close, first = [], [], None
        for row, numbers in zip(raw.tolist(), values["score"].tolist(), strict=True):
            whole = "input_range" in self.options
            levels = row if whole else [sum(x >= t for t in own) for x, own in zip(row, self.thresholds, strict=True)]
            own = [int(sum(w * x for w, x in zip(weights, levels, strict=True))) for weights in self.facts["weights"]]
            near = any(abs(x - t) < CLOSE for x, each in zip(row, self.thresholds, strict=True) for t in each)
            own[0] += bool(self.facts.get("wrong") and row[0] >= 1.5 and not near)
            own[1] += bool(self.facts.get("wrong") and near)
            equal.append(own == numbers)
            close.append(near)
            if not equal[-1] and not near and first is None:
                first = f"score[0] is {own[0]} in the reference, {numbers[0]} in the cell"
        return Comparison(np.array(equal), np.array(close), "within 0.001 of a threshold", first)

    @property
    def thresholds(self) -> list[list[float]]:
        return self.facts["thresholds"]


TOY = Importer(
    kind="toy",
    melt=melt_toy,
    reference=lambda source, options, cell: ToyReference(read(source), options),
    recognises=lambda start: start.startswith(b'{"toy"'),
    packages=("support.toy_importer",),
    options=frozenset({"input_range"}),
)


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "toy.json"
    path.write_text(json.dumps(NETWORK | changes))
    return path
