"""The BLIF reader: covers of any width, latches, and models of the same file, which are flattened."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from bridge.aig import Aig, Reset
from bridge.errors import InputError
from bridge.files import read_bytes
from bridge.formats import cells
from bridge.formats.annotation import GATES, find_annotation
from bridge.formats.bits import Bits, Flop
from bridge.formats.blif_models import Alias, Cover, LatchLine, Model, Start, Subcircuit, parse_models
from bridge.formats.bulk.read import read_bulk
from bridge.formats.constants import ONE, ZERO, Constant
from bridge.formats.elaborate import elaborate
from bridge.formats.hierarchy import HierarchyError, Prefixes, tops
from bridge.formats.mapped.library import NO_GATES, Kind, Library, from_description
from bridge.formats.operators import sum_of_products
from bridge.formats.statements import Expression, Op

_RESETS: dict[str, Reset] = {"0": 0, "1": 1, "2": None, "3": None}
_EDGES = ("re", "fe")
_LEVELS = ("ah", "al", "as")
_UNCLOCKED = "NIL"
# Signals that Yosys need not define (`write_blif -impltf`).
_CONSTANTS = {"$false": ZERO, "$true": ONE, "$undef": Constant((None,))}


def read_blif(path: str | os.PathLike[str], *, library: Library | None = None) -> Aig:
    """Read one design; `library`: of its gates. InputError with path and line for what is malformed or no logic that we
    know."""
    return parse_blif(read_bytes(path, "a BLIF netlist"), os.fspath(path), library.cells if library else NO_GATES)


def parse_blif(data: bytes, path: str, gates: Mapping[str, Kind] = NO_GATES) -> Aig:
    """The netlist in these bytes; `path` is for error messages; `gates`: what else than models it may instantiate."""
    if aig := read_bulk(data, path, "blif"):
        return aig
    models = parse_models(data.decode("utf-8", "surrogateescape"), path)
    annotation = find_annotation(data, path)
    try:
        told = from_description(annotation.facts.get(GATES, {}))
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}:{annotation.line}: the aigbridge comment is malformed: {error}") from error
    return elaborate(_flat(models, Bits(path, len(data)), {**told, **gates}), annotation)


def _flat(models: Sequence[Model], bits: Bits, gates: Mapping[str, Kind]) -> Bits:
    """The bits of the first model that no other contains."""
    by_name: dict[str, Model] = {}
    for model in models:
        if by_name.setdefault(model.name, model) is not model:
            raise bits.error(model.line, f"model {model.name!r} is defined twice")
    children = {
        name: Counter(e.model for e in model.elements if isinstance(e, Subcircuit) and e.model in by_name)
        for name, model in by_name.items()
    }
    try:
        top = by_name[tops(children)[0]]
    except HierarchyError as error:
        raise bits.error(by_name[error.module].line, str(error)) from error
    bits.name = top.name
    for name, line in top.inputs:
        bits.add_input(name, line)
    for name, line in top.outputs:
        bits.add_output(name, line)
    copies = [_Copy(top, "", bits, by_name, gates)]
    for copy in copies:
        copies += copy.logic()
    _add_clocks(top, bits)
    for copy in copies:
        copy.initial_values()
    return bits


def _add_clocks(top: Model, bits: Bits) -> None:
    """A clock need not be an input; one that clocks something becomes one."""
    clocks = {str(flop.clock[0]): flop.line for flop in bits.flops.values() if flop.clock is not None}
    used = {bits.source(clock)[0]: line for clock, line in clocks.items()}
    for name, line in {**used, **dict(top.clocks)}.items():
        if name in used and not bits.is_driven(name):
            bits.add_input(name, line)


class _Copy:
    """One copy of a model on its way into the bits; its signals get the prefix."""

    def __init__(
        self, model: Model, prefix: str, bits: Bits, models: Mapping[str, Model], gates: Mapping[str, Kind]
    ) -> None:
        self.model = model
        self.prefix = prefix
        self.bits = bits
        self.models, self.gates = models, gates
        self.children: list[_Copy] = []
        self.prefixes: Prefixes | None = None

    def logic(self) -> list[_Copy]:
        """Add everything but initial values; returns the copies that this one contains."""
        for element in self.model.elements:
            if isinstance(element, Cover):
                self.bits.drive(self.prefix + element.output, self.covered(element), element.line)
            elif isinstance(element, LatchLine):
                self.latch(element)
            elif isinstance(element, Subcircuit):
                self.subcircuit(element)
            elif isinstance(element, Alias):
                self.bits.drive(self.prefix + element.target, (self.prefix + element.source,), element.line)
        for name, value in _CONSTANTS.items():
            if not self.bits.is_driven(self.prefix + name):
                self.bits.drive(self.prefix + name, (value,), self.model.line)
        return self.children

    def initial_values(self) -> None:
        for element in self.model.elements:
            if isinstance(element, Start):
                name = self.prefix + element.signal
                if element.value not in _RESETS or name not in self.bits.flops:
                    raise self.bits.error(element.line, "`.gateinit` must give the output of a flip-flop 0, 1 or 2")
                self.bits.start(name, _RESETS[element.value], element.line)

    def covered(self, cover: Cover) -> Expression:
        value = sum_of_products([self.prefix + name for name in cover.inputs], cover.cubes)
        return (*value, Op.NOT) if cover.phase == "0" and cover.cubes else value

    def latch(self, latch: LatchLine) -> None:
        words, line = latch.words, latch.line
        reset = words[-1] if len(words) in (3, 5) else "3"
        if reset not in _RESETS:
            raise self.bits.error(line, f"the reset of a latch must be 0, 1, 2 or 3, not {reset!r}")
        clock: Expression | None = None
        if len(words) > 3:
            kind, control = words[2:4]
            if kind not in _EDGES + _LEVELS:
                raise self.bits.error(line, f"the kind of a latch must be one of {', '.join(_EDGES + _LEVELS)}")
            if control != _UNCLOCKED:
                if kind in _LEVELS:
                    why = f"only latches on an edge of a clock (re, fe) can be read, not {kind!r}"
                    raise self.bits.error(line, why)
                clock = (self.prefix + control,) if kind == "re" else (self.prefix + control, Op.NOT)
        self.bits.add_flop(self.prefix + words[1], Flop((self.prefix + words[0],), clock, line, _RESETS[reset]))

    def subcircuit(self, instance: Subcircuit) -> None:
        cell, line = instance.model, instance.line
        pins = {formal: self.prefix + actual for formal, actual in instance.pins if actual}
        if cell in self.models:
            self.copy(instance, self.models[cell], pins)
        elif cell in self.gates:
            kind = self.gates[cell]
            self.gate(instance, pins, frozenset(kind.inputs), kind.output, cells.template(kind))
        elif cell == cells.LUT:
            self.lut(instance)
        elif template := cells.CELLS.get(cell):
            self.gate(instance, pins, cells.pins_of(template), "Y", template)
        elif inputs := cells.flip_flop_pins(cell):
            values = self.connected(instance, pins, inputs, "Q")
            if "Q" in pins:
                self.bits.add_flop(pins["Q"], cells.flip_flop(cell, values, pins["Q"], line))
        elif cells.is_latch(cell):
            raise self.bits.error(line, f"{cell!r} is a level-sensitive latch; only flip-flops can be read")
        else:
            mend = "name its library (--library), or write it unmapped (`strash` in ABC), or with its models"
            raise self.bits.error(line, f"{cell!r} is no model of this file, nor a gate that we know; {mend}")

    def lut(self, instance: Subcircuit) -> None:
        """Bit A of the table, whose last character is bit 0."""
        given, table = dict(instance.pins), instance.table
        count = len(given) - ("Y" in given)
        pins = ["A"] if "A" in given else [f"A[{bit}]" for bit in range(count)]
        if {*pins} != given.keys() - {"Y"} or not re.fullmatch(f"[01]{{{1 << min(count, 20)}}}", table):
            wanted = "pins A[0] to A[n-1] and Y, and after it `.param LUT` with 2^n bits (`write_blif -param` of Yosys)"
            raise self.bits.error(instance.line, f"cell {cells.LUT!r} must have {wanted}")
        if given.get("Y"):
            ones = [number for number in range(1 << count) if table[-1 - number] == "1"]
            cubes = [format(number, f"0{count}b")[::-1] for number in ones]
            cover = Cover([given[pin] for pin in pins], given["Y"], instance.line, cubes, "1")
            self.bits.drive(self.prefix + given["Y"], self.covered(cover), instance.line)

    def gate(
        self, instance: Subcircuit, pins: Mapping[str, str], inputs: frozenset[str], output: str, value: Expression
    ) -> None:
        """A cell whose output has this value, in terms of its inputs."""
        values = self.connected(instance, pins, inputs, output)
        if output in pins:
            self.bits.drive(pins[output], cells.filled(value, values), instance.line)

    def connected(
        self, instance: Subcircuit, pins: Mapping[str, str], inputs: frozenset[str], output: str
    ) -> dict[str, Expression]:
        if pins.keys() - inputs - {output} or (output in pins and inputs - pins.keys()):
            names = ", ".join(sorted({*inputs, output}))
            raise self.bits.error(instance.line, f"cell {instance.model!r} must connect exactly the pins {names}")
        return {name: (pins[name],) for name in inputs if name in pins}

    def copy(self, instance: Subcircuit, model: Model, pins: Mapping[str, str]) -> None:
        """Connect a copy of a model, and keep it for later."""
        signals = _signals(model)
        if self.prefixes is None:
            self.prefixes = Prefixes(_signals(self.model))
        prefix = self.prefix + self.prefixes.of(instance.name or f"{model.name}_{len(self.children) + 1}")
        self.bits.spend(sum(1 + (len(prefix) + len(name)) // 64 for name in signals), instance.line)
        self.children.append(_Copy(model, prefix, self.bits, self.models, self.gates))
        inputs = {name for name, _ in (*model.inputs, *model.clocks)}
        outputs = {name for name, _ in model.outputs}
        for formal, actual in pins.items():
            if formal in inputs:
                self.bits.drive(prefix + formal, (actual,), instance.line)
            elif formal in outputs:
                self.bits.drive(actual, (prefix + formal,), instance.line)
            else:
                raise self.bits.error(instance.line, f"model {model.name!r} has no port {formal!r}")


def _signals(model: Model) -> set[str]:
    names = {name for name, _ in (*model.inputs, *model.outputs, *model.clocks)}
    for element in model.elements:
        if isinstance(element, Cover):
            names.update((*element.inputs, element.output))
        elif isinstance(element, LatchLine):
            names.update(element.words)
        elif isinstance(element, Subcircuit):
            names.update(actual for _, actual in element.pins)
        elif isinstance(element, Alias):
            names.update((element.source, element.target))
    return names
