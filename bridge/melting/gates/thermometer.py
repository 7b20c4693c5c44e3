"""Features as bits: a thermometer of thresholds for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.melting.gates.netlist import MOST_SIGNALS


def thermometer(thresholds: Any, inputs: int | None = None) -> Encoder:
    """float[features, bits], or float[bits], the same for as many features as make `inputs` bits -> the encoder whose
    bit `feature * bits + b` says whether the feature, in single precision, is above its threshold b. A missing feature
    is above none. InputError for what are no thresholds of so many inputs."""
    try:
        table = np.asarray(thresholds, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError("thresholds must be numbers [features, bits]") from error
    if table.ndim == 1 and inputs is not None and table.size:
        table = np.tile(table, (inputs // len(table), 1))
    if table.ndim != 2 or not table.size or table.size > MOST_SIGNALS or not np.isfinite(table).all():
        raise InputError(f"thresholds must be finite numbers [features, bits], at most {MOST_SIGNALS:,} of them")
    if inputs not in (None, table.size):
        raise InputError(f"{table.size:,} thresholds for {inputs:,} inputs; there must be one for each")
    above = np.nextafter(table.reshape(-1, 1), np.float32(np.inf)).astype(np.float64)
    zeros = np.zeros(table.size, np.int64)
    features = np.repeat(np.arange(len(table), dtype=np.int32), table.shape[1])
    return Encoder(zeros, features, above, missing=zeros, single=True)
