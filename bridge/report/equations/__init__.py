"""The blocks of a cell in readable form, one file for a few kinds alike; a new kind is a new file."""

from importlib import import_module
from pkgutil import iter_modules

from bridge.report.equations.words import (
    Equation,
    Ref,
    Sentence,
    describe,
    equations_of,
    read_by,
    shown_byte,
    threshold_equation,
)

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")

__all__ = ["Equation", "Ref", "Sentence", "describe", "equations_of", "read_by", "shown_byte", "threshold_equation"]
