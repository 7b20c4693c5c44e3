"""Data inside the page: gzip in base64, inflated by the browser (`DecompressionStream`, from file:// too)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any

import numpy as np

from bridge.arrays import Bits, Floats

_LEVEL = 9


def pack(data: bytes) -> str:
    """Base64 of the gzip of some bytes; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(data, _LEVEL, mtime=0)).decode()


def pack_json(value: Any) -> str:
    """ASCII only, so that nothing in it can end a script or be misread."""
    return pack(json.dumps(value, separators=(",", ":"), allow_nan=False).encode())


def byte_shares(shares: Floats) -> Bits:
    """Parts in 0 .. 1 as uint8 0 .. 255; what is above 0 stays above 0."""
    scaled = np.clip(np.rint(255 * shares), 0, 255)
    return np.where((shares > 0) & (scaled < 1), 1, scaled).astype(np.uint8)


def script_hash(source: str) -> str:
    """What a content security policy calls this inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
