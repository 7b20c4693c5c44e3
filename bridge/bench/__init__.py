"""Measurements on this machine, beside named peers."""

from bridge.bench.contender import Ranking
from bridge.bench.execution import PEERS, Result, bench_execution
from bridge.bench.gates import Row, append_ledger, bench_gates

__all__ = ["PEERS", "Ranking", "Result", "Row", "append_ledger", "bench_execution", "bench_gates"]
