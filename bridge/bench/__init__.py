"""Measurements on this machine, beside named peers."""

from bridge.bench.contender import Ranking
from bridge.bench.execution import PEERS, Result, bench_execution

__all__ = ["PEERS", "Ranking", "Result", "bench_execution"]
