"""The reference beside the cell: what every quantizer gives, and the scores.

The cell is exact; the reference computes in float32. Where it decides otherwise because an exact value lies nearer to a
boundary of its quantizer than float32 can tell, the row is close, and what follows from that is not held against it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from bridge.arrays import Flags, Floats, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.execution.rows import integers_given
from bridge.melting.affine import Affine, Drawing
from bridge.melting.exact import Rational
from bridge.melting.onnx.network import Melted, melted
from bridge.melting.onnx.reading import Array
from bridge.melting.onnx.running import Runner, runner_of
from bridge.melting.onnx.work import Quantized
from bridge.melting.source import Comparison, File

EPSILON = 2.0**-24  # of a rounding of float32
WHY = (
    "an exact value lies nearer to a boundary of its quantizer than the float32 sums before it are exact "
    "(2**-24 of the largest such sum for every term), or two scores to each other"
)


@dataclass(frozen=True, eq=False)
class OnnxReference:
    """What `bridge.melting.source.Reference` asks for."""

    melted: Melted
    runner: Runner

    @classmethod
    def of(cls, file: File, options: Mapping[str, Any]) -> OnnxReference:
        made = melted(file, options)
        work = made.work
        given = work.graph.given[0]
        shape = work.values[given.name].shape
        return cls(made, runner_of(file.path, [*work.quantized, made.output], shape, given.kind))

    @property
    def name(self) -> str:
        return self.runner.name

    def rows(self, count: int, seed: int) -> Floats:
        """A quarter of the values stand at thresholds of the input or just below, the others anywhere about."""
        random = np.random.default_rng(seed)
        work = self.melted.work
        if work.bounds is not None:
            drawn = random.integers(work.bounds.low, work.bounds.high + 1, (count, work.features))
            return drawn.astype(np.float64)
        found = random.normal(size=(count, work.features))
        for block in self.melted.cell.inputs:
            if (encoder := block.encoder) is not None:
                lines = encoder.thresholds[encoder.rows]
                for feature, line in zip(encoder.features.tolist(), lines, strict=True):
                    found[:, feature] = _around(random, line[np.isfinite(line)], count)
        return found.astype(np.float32).astype(np.float64)

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        given = raw if self.melted.work.bounds is None else raw / float(self.melted.work.bounds.divisor)
        told = self.runner(given)
        rows, drawing = len(raw), self.melted.work.drawing
        equal, close, first = np.ones(rows, bool), np.zeros(rows, bool), None
        for name, quantized in self.melted.work.quantized.items():
            integers = drawing.held(quantized.value.elements.reshape(-1), values)
            if integers is None:
                continue
            differs = _unlike(quantized.value, integers, told[name])
            new = differs.any(axis=1) & equal
            drawn = self._drawn(raw[new]) if new.any() else {}
            for place, row in enumerate(np.flatnonzero(new).tolist()):
                own = {block: numbers[place : place + 1] for block, numbers in drawn.items()}
                excused = self._excused(quantized, np.flatnonzero(differs[row]), told[name][row], own)
                close[row] = excused
                if not excused and first is None:
                    first = _said(name, quantized.value, integers[row], told[name][row], differs[row])
            equal &= ~new
        if first is None:
            first = self._scores(cell, values, told[self.melted.output], equal, close)
        return Comparison(equal, close, WHY, first)

    def _scores(self, cell: Cell, values: Values, told: Array, equal: Flags, close: Flags) -> str | None:
        """What is different in the scores, of rows that are equal so far."""
        reading, numbers = self.melted.reading, values[cell.last.name]
        told = told.reshape(len(told), -1).astype(np.float64)
        own = numbers * float(reading.scale) + float(reading.offset)
        own = own[:, own.shape[1] - told.shape[1] :]  # a class of its own is no score of theirs
        slack = float(reading.error) + _slack(self.melted.work.drawing, self.melted.scores).max()
        wrong = np.abs(own - told) > slack + 1e-12
        rows = np.arange(len(told))
        mine, theirs = own.argmax(axis=1), told.argmax(axis=1)
        others = (mine != theirs) & ~wrong.any(axis=1) & equal & bool(reading.error)
        close |= others & (told[rows, theirs] - told[rows, mine] <= 2 * slack)
        new = (wrong.any(axis=1) | others) & equal
        equal &= ~new
        bad = np.flatnonzero(new & ~close)
        if not len(bad):
            return None
        row = int(bad[0])
        j = int(wrong[row].argmax()) if wrong[row].any() else int(theirs[row])
        return f"score {j} is {told[row, j]:.9g} in the reference, {own[row, j]:.9g} in the cell"

    def _drawn(self, raw: Floats) -> Values:
        """The integers of all blocks as they were drawn; the finished cell has lost sums that are compared once."""
        drawn = self._whole
        return drawn.read(drawn.reset(len(raw)), {each.name: integers_given(each, raw) for each in drawn.inputs})

    @cached_property
    def _whole(self) -> Cell:
        return Cell(tuple(self.melted.work.drawing.blocks))

    def _excused(self, quantized: Quantized, places: Ints, told: Array, values: Values) -> bool:
        """Can float32 not tell on which side of its boundaries each of the values of a row lies?"""
        drawing = self.melted.work.drawing
        before, value = quantized.before, quantized.value.reshape(-1)
        if before is None:
            return False
        x = before.reshape(-1)
        slack = _slack(drawing, x)
        lines = np.broadcast_to(quantized.row, quantized.value.shape).reshape(-1)
        for j in places.tolist():
            integer, mine = (drawing.held(part.elements[j : j + 1], values) for part in (x, value))
            if integer is None or mine is None or not np.isfinite(told.reshape(-1)[j]):
                return False
            exact = _value(x, j, int(integer[0, 0]))
            ends = [_value(value, j, int(mine[0, 0])), Fraction(float(told.reshape(-1)[j]))]
            crossed = _crossed(quantized, int(lines[j]), exact, ends, value, j)
            if any(abs(exact - boundary) > slack[j] for boundary in crossed):
                return False
        return True


def _crossed(
    quantized: Quantized, line: int, exact: Fraction, ends: list[Fraction], value: Affine, j: int
) -> list[Rational]:
    """The boundaries between two levels, those of the cell and of the reference."""
    boundaries = quantized.boundaries[line]
    here = sum(boundary.reached(exact) for boundary in boundaries)
    step = abs(Fraction(value.scale.values[value.scale.codes[j]]))
    there = here + round((ends[1] - ends[0]) / step)
    low, high = sorted((here, max(0, min(there, len(boundaries)))))
    return [boundary.value for boundary in boundaries[low:high]]


def _value(x: Affine, j: int, integer: int) -> Fraction:
    scale, offset, low, high = (part.values[part.codes[j]] for part in (x.scale, x.offset, x.low, x.high))
    exact = Fraction(scale) * integer + Fraction(offset)
    exact = exact if math.isinf(low) else max(exact, Fraction(low))
    return exact if math.isinf(high) else min(exact, Fraction(high))


def _unlike(x: Affine, integers: Array, told: Array) -> Flags:
    """bool[rows, entries]: where the reference's value is that of another integer."""
    scale, offset = (part.floats().reshape(-1) for part in (x.scale, x.offset))
    theirs = (told.astype(np.float64) - offset) / scale
    return np.asarray(~(np.abs(theirs - integers) < 0.25))


def _slack(drawing: Drawing, x: Affine) -> Floats:
    """float64[entries]: how far float32 may be from a value, by the terms of its sum and the largest it can be."""
    elements = x.elements.reshape(-1)
    largest = np.maximum(np.abs(drawing.bounds.low), np.abs(drawing.bounds.high))[elements]
    terms, homes = np.full(len(elements), 16.0), drawing.homes(elements)
    for home in np.unique(homes[homes >= 0]).tolist():
        weights = drawing.blocks[home].tensors().get("weights")
        terms[homes == home] += 0 if weights is None else weights.shape[1]
    scale, offset = (np.abs(part.floats()).reshape(-1) for part in (x.scale, x.offset))
    return np.asarray(terms * EPSILON * (scale * largest + 2 * offset))


def _around(random: np.random.Generator, line: Floats, count: int) -> Floats:
    """Values in and around the span of thresholds, a quarter of them at one or just below."""
    if not len(line):
        return random.normal(size=count)
    margin = max(float(line[-1] - line[0]) / 4, abs(float(line[0])) / 4, 0.01)
    spread = random.uniform(line[0] - margin, line[-1] + margin, count)
    at = random.choice(line, count).astype(np.float32)
    at = np.where(random.random(count) < 0.5, at, np.nextafter(at, np.float32(-np.inf)))
    return np.asarray(np.where(random.random(count) < 0.25, at, spread), np.float64)


def _said(name: str, x: Affine, integers: Array, told: Array, differs: Flags) -> str:
    """The first difference of a row."""
    j = int(differs.argmax())
    scale, offset = (float(part.floats().reshape(-1)[j]) for part in (x.scale, x.offset))
    return f"{name}[{j}] is {float(told[j]):.9g} in the reference, {scale * int(integers[j]) + offset:.9g} in the cell"
