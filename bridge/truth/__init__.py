"""Truth tables: `.truth` files, the tables of netlists, and netlists to start from that are made of a table."""

from bridge.truth.files import SUFFIX, read_truth, symmetric, table_of, write_truth

__all__ = ["SUFFIX", "read_truth", "symmetric", "table_of", "write_truth"]
