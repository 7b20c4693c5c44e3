"""A netlist whose gates are cells of a library or lookup tables, and the AND nodes that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.aig import FALSE, Aig, AigBuilder, default_names
from bridge.errors import InputError
from bridge.formats.blif_models import Alias, Cover, Subcircuit, parse_models
from bridge.formats.mapped.functions import MOST_INPUTS, add_table, full, table_of_cubes
from bridge.formats.mapped.library import Kind, lookup_table

# What ABC takes for a constant where a Liberty file has no cell for it; where a genlib file has none, we tell it.
CONSTANTS = {"_const0_": 0, "_const1_": 1}


@dataclass(frozen=True)
class Gate:
    """`inputs`: signals, in the order of the kind's."""

    kind: Kind
    inputs: tuple[int, ...]


@dataclass(frozen=True)
class Mapped:
    """`source`: the netlist that was mapped, whose inputs, latches, outputs and metadata these are. Signals are its
    leaves, numbered as its variables, then the gates, which read earlier signals only; 0 is none. `roots`: the signal
    of each of the source's roots; `wires`: how many roots ABC left to a wire from a leaf, without a gate."""

    source: Aig
    gates: tuple[Gate, ...]
    roots: tuple[int, ...]
    wires: int = 0

    @property
    def area(self) -> float:
        return sum(gate.kind.area for gate in self.gates)

    @property
    def levels(self) -> int:
        """The most gates on a path from a leaf; those that read nothing are constants."""
        level = [0] * (self.source.first_and + len(self.gates))
        for signal, gate in enumerate(self.gates, self.source.first_and):
            level[signal] = max((level[each] + 1 for each in gate.inputs), default=0)
        return max((level[root] for root in self.roots), default=0)

    def core(self) -> Aig:
        """Its combinational core as AND nodes, with a point for every gate, in order."""
        builder = AigBuilder(self.source.name, 8 * len(self.gates) + self.source.first_and)
        literals = [FALSE, *builder.inputs(default_names("i", self.source.first_and - 1))]
        for place, gate in enumerate(self.gates):
            literals.append(add_table(builder, gate.kind.table, [literals[each] for each in gate.inputs]))
            builder.point(f"g{place}", literals[-1])
        builder.outputs(default_names("o", len(self.roots)), [literals[root] for root in self.roots])
        return builder.build(every_point=True)


def parse_mapped(data: bytes, source: Aig, cells: Mapping[str, Kind]) -> Mapped:
    """What ABC wrote as BLIF of the combinational core of `source`. InputError when it is nothing of that shape."""
    models = parse_models(data.decode("utf-8", "replace"), "the mapped netlist")
    model = models[0]
    signals = {name: number for number, (name, _) in enumerate(model.inputs, 1)}
    if len(models) != 1 or len(signals) != source.first_and - 1 or len(model.outputs) != len(source.roots()):
        raise InputError("the mapped netlist has other inputs or outputs than the netlist it was made of")
    aliases = {element.target: element.source for element in model.elements if isinstance(element, Alias)}
    drivers: dict[str, tuple[Kind, list[str]]] = {}
    for element in model.elements:
        if isinstance(element, Cover | Subcircuit):
            kind, output, inputs = _covered(element) if isinstance(element, Cover) else _instance(element, cells)
            if drivers.setdefault(output, (kind, inputs)) != (kind, inputs) or output in signals:
                raise InputError(f"the mapped netlist drives {output!r} twice")
    gates: list[Gate] = []
    for name in _sorted(drivers, signals):
        kind, inputs = drivers[name]
        gates.append(Gate(kind, tuple(signals[each] for each in inputs)))
        signals[name] = source.first_and + len(gates) - 1
    roots = [aliases.get(name, name) for name, _ in model.outputs]
    lost = [name for name in roots if name not in signals]
    if lost:
        raise InputError(f"the mapped netlist does not drive {lost[0]!r}")
    return Mapped(source, tuple(gates), tuple(signals[name] for name in roots), len(aliases))


def _covered(cover: Cover) -> tuple[Kind, str, list[str]]:
    count = len(cover.inputs)
    if count > MOST_INPUTS:
        raise InputError(f"the mapped netlist has a table of {count} inputs")
    table = table_of_cubes(tuple(cover.cubes), count) ^ (full(count) if cover.phase == "0" else 0)
    return lookup_table(count, table), cover.output, cover.inputs


def _instance(gate: Subcircuit, cells: Mapping[str, Kind]) -> tuple[Kind, str, list[str]]:
    pins = dict(gate.pins)
    if gate.model in CONSTANTS and len(pins) == 1:
        return lookup_table(0, CONSTANTS[gate.model]), next(iter(pins.values())), []
    kind = cells.get(gate.model)
    if kind is None or pins.keys() != {*kind.inputs, kind.output}:
        raise InputError(f"the mapped netlist has a gate {gate.model!r} that the library has not")
    return kind, pins[kind.output], [pins[pin] for pin in kind.inputs]


def _sorted(drivers: Mapping[str, tuple[Kind, Sequence[str]]], leaves: Mapping[str, int]) -> list[str]:
    """The driven names, those first that others read. InputError for cycles and for what nothing drives."""
    order: list[str] = []
    done, opened = {*leaves}, set[str]()
    for root in drivers:
        stack = [root]
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                continue
            if name not in drivers:
                raise InputError(f"the mapped netlist does not drive {name!r}")
            missing = [each for each in drivers[name][1] if each not in done]
            if not missing:
                done.add(name)
                order.append(name)
                stack.pop()
                continue
            if name in opened:
                raise InputError(f"the mapped netlist has a cycle through {name!r}")
            opened.add(name)
            stack += missing
    return order
