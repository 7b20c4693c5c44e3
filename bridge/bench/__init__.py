"""Benches that print ratios against named peers, all on one machine, in one run, in interleaved rounds."""

from bridge.bench.execution import Result, bench_execution
from bridge.bench.gates import Row, append_ledger, bench_gates

__all__ = ["Result", "Row", "append_ledger", "bench_execution", "bench_gates"]
