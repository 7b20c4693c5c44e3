"""Benches that print ratios against named peers, all on one machine, in one run, in interleaved rounds."""

from bridge.bench.execution import Result, bench_execution

__all__ = ["Result", "bench_execution"]
