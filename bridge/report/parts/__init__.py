"""The parts of the page, a file each, with its template and its script beside it; see `bridge.report.part`."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from bridge.report.part import Part


def all_parts() -> tuple[Part, ...]:
    """Whatever this folder holds, in the order in which it stands on the page."""
    parts = (_loaded(info.name) for info in iter_modules(__path__))
    return tuple(sorted(parts, key=lambda part: (part.order, part.name)))


def _loaded(name: str) -> Part:
    module = import_module(f"{__name__}.{name}")
    part: Part = module.PART
    beside = [Path(str(module.__file__)).with_suffix(suffix) for suffix in (".html", ".js")]
    template, script = (path.read_text("utf-8") if path.is_file() else "" for path in beside)
    return replace(part, template=part.template or template, script=part.script or script)
