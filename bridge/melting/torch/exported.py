"""Modules of Brevitas, by its own export to QONNX."""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bridge.arrays import Floats
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.errors import InputError, MissingExtra
from bridge.melting import onnx
from bridge.melting.source import Comparison, Reference, opened
from bridge.melting.torch.graph import quiet
from bridge.melting.torch.melt import Shape

FILE = "module.onnx"
KNOWN = frozenset({"input_shape", "input_range"})


def of_brevitas(module: Any) -> bool:
    """Does it have a layer of Brevitas?"""
    parts = module.modules() if isinstance(module, nn.Module) else ()
    return any(type(part).__module__.startswith("brevitas") for part in parts)


def melt_exported(module: nn.Module, options: Mapping[str, Any]) -> Cell:
    """The cell of its export, see `bridge.melting.onnx`."""
    with tempfile.TemporaryDirectory() as folder:
        cell = onnx.IMPORTER.melt(opened(export(module, options, Path(folder))), _further(options))
    return replace(cell, name=type(module).__name__)


def export(module: nn.Module, options: Mapping[str, Any], folder: Path) -> Path:
    """Written there. MissingExtra without Brevitas' own extras, InputError in its words for what it cannot export."""
    for option in sorted(set(options) - KNOWN):
        raise InputError(f"option {option!r} is not for modules of Brevitas")
    try:
        from brevitas.export import export_qonnx
    except ImportError as error:
        raise MissingExtra(f"modules of Brevitas need it whole: pip install 'brevitas[export]' ({error})") from error
    path = folder / FILE
    example = torch.zeros(1, *Shape.of(options).features)
    try:
        with quiet(module), _silent():
            export_qonnx(module, args=example, export_path=str(path))
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the export of Brevitas needs more: pip install 'brevitas[export]' ({error})") from error
    except Exception as error:  # whatever the user's code raises
        words = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"the module cannot be exported by Brevitas: {words:.200}") from error
    return path


@contextmanager
def _silent() -> Iterator[None]:
    """The exporter tells its steps to everybody."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _further(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in onnx.IMPORTER.options}


@dataclass(frozen=True, eq=False)
class ExportedReference:
    """The reference of a file, which is there as long as this is."""

    reference: Reference
    folder: tempfile.TemporaryDirectory[str]

    @property
    def name(self) -> str:
        return f"{self.reference.name} on the export of Brevitas"

    def rows(self, count: int, seed: int) -> Floats:
        return self.reference.rows(count, seed)

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        return self.reference.compare(cell, raw, values)


def reference_exported(module: nn.Module, options: Mapping[str, Any], cell: Cell) -> ExportedReference:
    folder = tempfile.TemporaryDirectory()
    path = export(module, options, Path(folder.name))
    return ExportedReference(onnx.IMPORTER.reference(opened(path), _further(options), cell), folder)
