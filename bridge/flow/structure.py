"""What a netlist is made of beyond its AND nodes: XORs, majorities, and the share of every block."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.aig import Aig
from bridge.aig.shares import blocks_of
from bridge.aig.stats import stats
from bridge.flow.majorities import count_majorities


@dataclass(frozen=True)
class Structure:
    """`xors`, `majorities`: ANDs that compute one, of two and three nodes, in either polarity, as far as they
    are found; `blocks`: ANDs by block, each counted once."""

    xors: int
    majorities: int
    blocks: dict[str, int]


def measure(aig: Aig) -> Structure:
    """Count everything."""
    return Structure(stats(aig).xors, count_majorities(aig), blocks_of(aig))
