"""Features as bits: a thermometer of thresholds for each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from bridge.arrays import Floats
from bridge.cell.blocks import Block, Input, Threshold
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.melting.gates.netlist import MOST_SIGNALS, MOST_WEIGHTS
from bridge.melting.source import input_range


def thermometer(thresholds: Any, inputs: int | None = None) -> Encoder:
    """float[features, bits], or float[bits], the same for as many features as make `inputs` bits -> the encoder whose
    bit `feature * bits + b` says whether the feature, in single precision, is above its threshold b. A missing feature
    is above none. InputError for what are no thresholds of so many inputs."""
    try:
        with np.errstate(over="ignore"):
            table = np.asarray(thresholds, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError("thresholds must be numbers [features, bits]") from error
    if table.ndim == 1 and inputs is not None and table.size:
        table = np.tile(table, (inputs // len(table), 1))
    if table.ndim != 2 or not table.size or table.size > MOST_SIGNALS or not np.isfinite(table).all():
        raise InputError(f"thresholds must be finite numbers [features, bits], at most {MOST_SIGNALS:,} of them")
    if inputs not in (None, table.size):
        raise InputError(f"{table.size:,} thresholds for {inputs:,} inputs; there must be one for each")
    with np.errstate(over="ignore"):
        above = np.nextafter(table.reshape(-1, 1), np.float32(np.inf)).astype(np.float64)
    zeros = np.zeros(table.size, np.int64)
    features = np.repeat(np.arange(len(table), dtype=np.int32), table.shape[1])
    return Encoder(zeros, features, above, missing=zeros, single=True, columns=len(table))


def read_by(thresholds: Any, given_range: Any, inputs: int | None = None) -> list[Block]:
    """The blocks before the gates, the last of which are their inputs, if these are not bits as they are: `x` with an
    encoder, or where it is said what the features can be, `x` with these and `bits`, which compares them."""
    if thresholds is None and given_range is not None:
        raise InputError("input_range needs thresholds: without them the features are bits")
    if thresholds is None:
        return []
    encoder = thermometer(thresholds, inputs)
    return [Input.encoded("x", encoder)] if given_range is None else _compared(encoder, *input_range(given_range))


def _compared(encoder: Encoder, low: int, high: int, divisor: Fraction) -> list[Block]:
    features, count = encoder.needed, len(encoder.features)
    if features * count > MOST_WEIGHTS or high - low >= MOST_SIGNALS:
        raise InputError(f"input_range is too large for {count:,} thresholds of {features:,} features")
    levels = quotients(np.arange(low, high + 1), divisor)
    reached = low + np.searchsorted(levels, encoder.thresholds[:, 0], side="left")
    weights = np.zeros((count, features), np.int8)
    weights[np.arange(count), encoder.features] = 1
    return [Input("x", np.full(features, low), np.full(features, high)), Threshold("bits", ("x",), weights, reached)]


def quotients(numbers: Any, divisor: Fraction) -> Floats:
    """What a model is given for these: divided, then rounded to single precision."""
    return (np.asarray(numbers) / float(divisor)).astype(np.float32).astype(np.float64)
