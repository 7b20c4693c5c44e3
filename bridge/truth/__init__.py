"""Truth tables: `.truth` files, the tables of netlists, and netlists to start from that are made of a table."""

from bridge.truth.files import read_truth, symmetric, table_of, write_truth

__all__ = ["read_truth", "symmetric", "table_of", "write_truth"]
