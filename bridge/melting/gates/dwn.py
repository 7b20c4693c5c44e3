"""Differentiable weightless networks: layers of LUTs over thermometers, as `torch_dwn` trains them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.arrays import Flags, Ints
from bridge.cell import Cell
from bridge.cell.blocks import Block
from bridge.errors import InputError
from bridge.melting.gates.checks import entries, whole
from bridge.melting.gates.netlist import MOST_GATES, MOST_READ, MOST_SIGNALS, Netlist, Total, cell_of
from bridge.melting.gates.thermometer import read_by

_LAYER = re.compile(r"((?:.*\.)?)(\d+)\.(mapping|luts|mapping\.weights)")


@dataclass(frozen=True, eq=False)
class Layer:
    """`mapping`: int64[n, k], what each LUT reads of the layer before; `tables`: bool[n, 2**k], its values, bit i of
    the address being input i."""

    mapping: Ints
    tables: Flags


@dataclass(frozen=True, eq=False)
class Network:
    """`inputs`: bits that the first layer reads; `classes`: groups of the outputs, whose sums are divided by `tau`;
    `reads`: see `cell_of`."""

    inputs: int
    layers: tuple[Layer, ...]
    classes: int
    tau: float = 1.0
    reads: tuple[Block, ...] = ()


def cell_of_network(network: Network) -> Cell:
    """Its exact reading: a sum for each class."""
    netlist = Netlist(network.inputs)
    signals = list(range(network.inputs))
    for layer in network.layers:
        tables = [
            int.from_bytes(row.tobytes(), "little") for row in np.packbits(layer.tables, axis=1, bitorder="little")
        ]
        rows = zip(layer.mapping.tolist(), tables, strict=True)
        signals = [netlist.add([signals[read] for read in reads], table) for reads, table in rows]
    size = -(-len(signals) // network.classes)
    groups = [signals[start * size : (start + 1) * size] for start in range(network.classes)]
    luts = [len(layer.tables) for layer in network.layers]
    totals, about = [Total(tuple(group)) for group in groups], {"kind": "a weightless network (DWN)", "luts": luts}
    return cell_of(netlist, totals, about, reads=network.reads, scale=1 / network.tau)


def network_of(facts: Mapping[str, Any]) -> Network:
    """Of `layers`, a list of objects with `mapping` and `luts`, or of tensors named as in a `state_dict` of a torch
    `Sequential`; with `classes`, `tau`, `thresholds`. A LUT is 1 where its entry is above 0. InputError otherwise."""
    named = facts if "layers" not in facts else {**facts, **_flattened(facts["layers"])}
    stems: dict[int, str] = {}
    for key in named:
        match = _LAYER.fullmatch(key) if isinstance(key, str) and len(key) < 1000 else None
        if match and stems.setdefault(int(match[2]), match[1] + match[2]) != match[1] + match[2]:
            raise InputError(f"has two layers {match[2]}: {stems[int(match[2])]} and {match[1] + match[2]}")
    if not stems:
        raise InputError("has no layers: expected tensors named 0.mapping, 0.luts and so on")
    reads = read_by(facts.get("thresholds"), facts.get("input_range"))
    inputs = np.size(facts["thresholds"]) if reads else _inputs(facts, named, stems[min(stems)])
    layers: list[Layer] = []
    for number in sorted(stems):
        layers.append(_layer(named, stems[number], len(layers[-1].tables) if layers else inputs))
    if facts.get("classes") is None:
        raise InputError("does not say how many classes its outputs are summed for; give classes")
    classes = whole(facts["classes"], "classes", 1, len(layers[-1].tables))
    tau = facts.get("tau", 1.0)
    if type(tau) not in (int, float) or not 2**-64 <= tau <= 2**64:
        raise InputError(f"tau must be a positive number, not {tau!r:.40}")
    return Network(inputs, tuple(layers), classes, float(tau), tuple(reads))


def _flattened(layers: Any) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for index, layer in enumerate(entries(layers, "layers", 1 << 10)):
        if not isinstance(layer, Mapping) or set(layer) != {"mapping", "luts"}:
            raise InputError(f"layer {index} must be an object with mapping and luts")
        flat |= {f"{index}.{key}": value for key, value in layer.items()}
    return flat


def _inputs(facts: Mapping[str, Any], named: Mapping[str, Any], stem: str) -> int:
    """How many bits the first layer can read, as far as that is told."""
    if facts.get("inputs") is not None:
        return whole(facts["inputs"], "inputs", 1, MOST_SIGNALS)
    if f"{stem}.mapping.weights" in named:
        return len(_numbers(named, f"{stem}.mapping.weights"))
    return whole(int(_numbers(named, f"{stem}.mapping").max(initial=0)) + 1, f"{stem}.mapping", 1, MOST_SIGNALS)


def _layer(named: Mapping[str, Any], stem: str, width: int) -> Layer:
    luts = _numbers(named, f"{stem}.luts")
    count, size = luts.shape
    inputs = size.bit_length() - 1
    if not 0 < count <= MOST_GATES or size != 1 << inputs or not 1 <= inputs <= MOST_READ:
        raise InputError(f"{stem}.luts: must be [LUTs, 2 to the number of inputs, of which there are 1..{MOST_READ}]")
    if learnt := f"{stem}.mapping.weights" in named:
        weights = _numbers(named, f"{stem}.mapping.weights")
        if weights.shape != (width, count * inputs):
            raise InputError(f"{stem}.mapping.weights: must be [{width}, {count * inputs}], not {list(weights.shape)}")
        mapping = weights.argmax(axis=0).reshape(count, inputs)
    else:
        mapping = _numbers(named, f"{stem}.mapping")
    if not learnt and (mapping.dtype.kind not in "iu" or mapping.shape != (count, inputs)):
        raise InputError(f"{stem}.mapping: must be integers [{count}, {inputs}], for luts {list(luts.shape)}")
    if mapping.min() < 0 or mapping.max() >= width:
        raise InputError(f"{stem}.mapping: reads outside the {width} bits before it")
    return Layer(mapping.astype(np.int64), luts > 0)


def _numbers(named: Mapping[str, Any], key: str) -> Any:
    """Of two dimensions; a tensor of torch, of numpy, or nested lists."""
    if key not in named:
        raise InputError(f"has no {key}")
    try:
        array = np.asarray(named[key])
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise InputError(f"{key}: must be a table of numbers") from error
    if array.dtype.kind not in "biuf" or array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise InputError(f"{key}: must be a table of finite numbers, not {array.dtype}{list(array.shape)}")
    return array.astype(np.int64) if array.dtype.kind == "b" else array
