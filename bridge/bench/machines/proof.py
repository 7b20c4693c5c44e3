"""From a learned cell to a proof: melted, shrunk, and compared with its specification in three ways that share little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bridge
