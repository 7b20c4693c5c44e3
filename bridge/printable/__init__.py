"""What people see of texts and results: as lines and JSON; in a notebook (`notebook`, imported where it is needed)."""

from bridge.printable.plain import (
    LAYOUT,
    Listener,
    Progress,
    counted,
    dump_json,
    either,
    few,
    html_table,
    in_quotes,
    printable,
    unheard,
)

__all__ = [
    "LAYOUT",
    "Listener",
    "Progress",
    "counted",
    "dump_json",
    "either",
    "few",
    "html_table",
    "in_quotes",
    "printable",
    "unheard",
]
