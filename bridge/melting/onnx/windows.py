"""Windows that slide over a tensor, of any number of dimensions: which entries each position has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.errors import InputError
from bridge.melting.onnx.work import whole_numbers, word

MOST_ENTRIES = 1 << 24


@dataclass(frozen=True)
class Window:
    """By dimension: `sizes` of what it slides over, `kernel`, `strides`, `dilations`, `before`: the pads at the start,
    `shape`: positions. `padded`: the sizes with all pads."""

    sizes: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    padded: tuple[int, ...]
    shape: tuple[int, ...]

    @property
    def positions(self) -> int:
        return math.prod(self.shape)

    def taps(self, channels: int) -> Ints:
        """int64[channels * positions, kernel]: numbers of the entries, -1 for a pad, channel by channel."""
        own = self._within([(0, size) for size in self.sizes])
        places = np.zeros((self.positions, math.prod(self.kernel)), np.int64)
        for at, size in zip(self._places(), self.sizes, strict=True):
            places = places * size + np.clip(at, 0, size - 1)
        channel = np.arange(channels)[:, None, None] * math.prod(self.sizes)
        taps = np.where(own, places + channel, -1)
        return taps.reshape(channels * self.positions, -1)

    def counted(self) -> Ints:
        """int64[positions]: the entries of each window that lie within the tensor and its pads."""
        reach = zip(self.padded, self.before, strict=True)
        within = self._within([(-before, padded - before) for padded, before in reach])
        return np.asarray(within.sum(axis=1), np.int64)

    def _within(self, ends: Sequence[tuple[int, int]]) -> Flags:
        """bool[positions, kernel]: which entries stand within these ends, of each dimension."""
        rules = zip(self._places(), ends, strict=True)
        return np.asarray(np.logical_and.reduce([(at >= low) & (at < high) for at, (low, high) in rules]))

    def _places(self) -> list[Ints]:
        """int64[positions, kernel] of each dimension: where each entry stands, outside 0..size-1 in pads."""
        start = np.indices(self.shape).reshape(len(self.shape), -1)
        inner = np.indices(self.kernel).reshape(len(self.kernel), -1)
        rules = zip(start, inner, self.strides, self.dilations, self.before, strict=True)
        return [at[:, None] * stride + part[None] * dilation - pad for at, part, stride, dilation, pad in rules]


def window_of(
    attributes: Mapping[str, Any], sizes: Sequence[int], kernel: Sequence[int], *, ceil: bool = False
) -> Window:
    """From the attributes of Conv and of pools; InputError for windows that do not fit."""
    dims = len(sizes)
    strides, dilations = (whole_numbers(attributes, key, [1] * dims) for key in ("strides", "dilations"))
    pads, automatic = whole_numbers(attributes, "pads", [0] * 2 * dims), word(attributes, "auto_pad", "NOTSET")
    if {len(strides), len(dilations), len(kernel)} != {dims} or len(pads) != 2 * dims:
        raise InputError(f"needs strides, dilations, pads and a kernel of {dims} dimensions")
    if min([*strides, *dilations, *kernel]) < 1 or min(pads) < 0 or max([*pads, *strides, *dilations]) > MOST_ENTRIES:
        raise InputError("has strides, dilations, pads or a kernel that cannot be")
    spans = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)]
    if automatic.startswith("SAME"):
        pads = _same(sizes, spans, strides, upper=automatic == "SAME_UPPER")
    elif automatic == "VALID":
        pads = [0] * 2 * dims
    padded = [size + before + after for size, before, after in zip(sizes, pads[:dims], pads[dims:], strict=True)]
    shape = []
    for place, (size, span, stride) in enumerate(zip(padded, spans, strides, strict=True)):
        count = (size - span + (stride - 1 if ceil else 0)) // stride + 1
        if ceil and (count - 1) * stride >= sizes[place] + pads[place]:
            count -= 1  # no window starts in the pads behind
        shape.append(count)
    if min(shape) < 1 or math.prod(shape) * math.prod(kernel) > MOST_ENTRIES:
        raise InputError(f"has a window of {list(kernel)} over {list(sizes)} that does not fit, or is too large")
    parts = sizes, kernel, strides, dilations, pads[:dims], padded, shape
    return Window(*map(tuple, parts))


def _same(sizes: Sequence[int], spans: Sequence[int], strides: Sequence[int], upper: bool) -> list[int]:
    """The pads that give as many positions as there are strides in the sizes."""
    total = [
        max(0, (-(-size // stride) - 1) * stride + span - size)
        for size, span, stride in zip(sizes, spans, strides, strict=True)
    ]
    less, more = [pad // 2 for pad in total], [pad - pad // 2 for pad in total]
    return [*less, *more] if upper else [*more, *less]
