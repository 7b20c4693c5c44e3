"""The parts of the page, a file each, with its template beside it; see `bridge.report.part`."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from importlib.resources.abc import Traversable
from pathlib import Path
from pkgutil import iter_modules

from bridge.report.part import WEB, Part


def all_parts() -> tuple[Part, ...]:
    """Whatever this folder holds, in the order in which it stands on the page."""
    parts = (_loaded(info.name) for info in iter_modules(__path__))
    return tuple(sorted(parts, key=lambda part: (part.order, part.name)))


def _loaded(name: str) -> Part:
    module = import_module(f"{__name__}.{name}")
    part: Part = module.PART
    template, script = Path(str(module.__file__)).with_suffix(".html"), WEB.joinpath("parts", f"{name}.js")
    return replace(part, template=part.template or _text(template), script=part.script or _text(script))


def _text(file: Traversable) -> str:
    return file.read_text("utf-8") if file.is_file() else ""
