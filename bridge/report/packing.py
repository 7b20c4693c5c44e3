"""Data inside the page: gzip in base64, inflated by the browser (`DecompressionStream`, from file:// too)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

_LEVEL = 9


def pack(data: bytes) -> str:
    """Base64 of the gzip of some bytes; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(data, _LEVEL, mtime=0)).decode()


def pack_json(value: Any) -> str:
    """ASCII only, so that nothing in it can end a script or be misread."""
    return pack(json.dumps(value, separators=(",", ":"), allow_nan=False).encode())


def pack_shares(shares: npt.NDArray[np.float64]) -> str:
    """Parts in 0 .. 1 as bytes 0 .. 255; what is above 0 stays above 0."""
    scaled = np.clip(np.rint(255 * shares), 0, 255)
    return pack(np.where((shares > 0) & (scaled < 1), 1, scaled).astype(np.uint8).tobytes())


def plotly_source() -> str:
    """The plotting library, as the plotly package bundles it."""
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")


def script_hash(source: str) -> str:
    """What a content security policy calls this inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
