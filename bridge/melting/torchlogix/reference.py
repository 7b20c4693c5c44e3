"""A circuit as torchlogix itself runs it: by the C that it writes, compiled by gcc."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from importlib.abc import SourceLoader
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from bridge.arrays import Floats
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.errors import MissingExtra
from bridge.melting.gates.reference import Raw, compared
from bridge.melting.source import Comparison

# torchlogix 0.2 says that it runs on Python 3.10, but one of its f-strings holds another, which is Python 3.12.
_NESTED = (('{"" if pack_bits is None else f"""', '""" + ("" if pack_bits is None else f"""'), ('}"""}"""', '}""")'))


def circuit_class() -> Any:
    """torchlogix's `Circuit`. MissingExtra if there is none."""
    try:
        from torchlogix import Circuit

        return Circuit
    except ImportError as error:
        raise MissingExtra(f"torchlogix cannot be imported ({error}); pip install torchlogix") from error
    except SyntaxError:
        return _rewritten().Circuit


class _Older(SourceLoader):
    """Reads a module in older words, and keeps no compiled file of it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str | bytes) -> bytes:
        text = Path(self._path).read_text()
        for given, older in _NESTED:
            text = text.replace(given, older)
        return text.encode()


def _rewritten() -> ModuleType:
    """Its module `circuit`, whose package cannot be imported."""
    package = find_spec("torchlogix")
    if package is None or package.origin is None:
        raise MissingExtra("torchlogix is not installed; pip install torchlogix")
    loader = _Older(str(Path(package.origin).with_name("circuit.py")))
    spec = spec_from_loader("torchlogix_circuit", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        raise MissingExtra(f"torchlogix {version('torchlogix')} needs a newer Python than this one") from error
    return module


class Compiled:
    """Scores are floats there; each is compared as the integer that it stands for."""

    def __init__(self, facts: Any, options: Mapping[str, Any]) -> None:
        circuit = circuit_class()
        if shutil.which("gcc") is None:
            raise MissingExtra("torchlogix compiles its circuits by gcc, which is not installed")
        self.name = f"torchlogix {version('torchlogix')}, compiled C"
        # Shapes would stand in the C as they are given, and nothing else asks for them.
        self._circuit = circuit.from_dict({**facts, "input_shape": [], "output_shape": []})
        self._circuit.compile(opt_level=0)
        for suffix in (".so", ".c"):
            Path(self._circuit._lib._name).with_suffix(suffix).unlink(missing_ok=True)
        self._raw = Raw.told(options, self._circuit.n_inputs)
        self._sums = {node.node_id: node for node in self._circuit.sum_nodes}

    def rows(self, count: int, seed: int) -> Floats:
        return self._raw.rows(count, seed)

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        given = self._circuit(np.ascontiguousarray(self._raw.bits(raw)), use_compiled=True)
        offset = float(cell.record["melt"].get("offset", 0.0))
        taus = [self._sums[output].tau if output in self._sums else 1.0 for output in self._circuit.outputs]
        return compared(given.astype(np.float64) * taus - offset, cell, values, "torchlogix")
