"""Files read within bounds and written whole or not at all; folders that may be hostile; the cache."""

from bridge.files.whole import (
    GIBIBYTE,
    MAXIMAL_DEPTH,
    followed,
    is_device,
    make_directory,
    map_bytes,
    parse_json,
    read_bytes,
    write_atomic,
    writing,
)

__all__ = [
    "GIBIBYTE",
    "MAXIMAL_DEPTH",
    "followed",
    "is_device",
    "make_directory",
    "map_bytes",
    "parse_json",
    "read_bytes",
    "write_atomic",
    "writing",
]
