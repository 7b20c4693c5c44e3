"""ONNX files: QONNX in all its domains, and QuantizeLinear/DequantizeLinear. Read by `onnx` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.cell import Cell
from bridge.melting.onnx.network import melted
from bridge.melting.onnx.reading import recognises
from bridge.melting.onnx.reference import OnnxReference
from bridge.melting.source import Importer

__all__ = ["IMPORTER"]


def _melt(source: Any, options: Mapping[str, Any]) -> Cell:
    return melted(source, options).cell


def _reference(source: Any, options: Mapping[str, Any], cell: Cell) -> OnnxReference:
    return OnnxReference.of(source, options)


IMPORTER = Importer("an ONNX network", _melt, _reference, recognises, options=frozenset({"input_range"}))
