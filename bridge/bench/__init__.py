"""Measurements on this machine, beside named peers."""

from bridge.bench.contender import Ranking
from bridge.bench.gates.routes import Row, bench_gates
from bridge.bench.ledger import append_ledger
from bridge.bench.speed.execution import PEERS, Result, bench_execution

__all__ = ["PEERS", "Ranking", "Result", "Row", "append_ledger", "bench_execution", "bench_gates"]
