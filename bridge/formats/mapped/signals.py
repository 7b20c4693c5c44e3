"""What the signals of a mapped netlist are called in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.aig import Aig
from bridge.formats.annotation import GATES, annotation_lines
from bridge.formats.mapped.library import Kind, described
from bridge.formats.mapped.netlist import Mapped
from bridge.formats.names import SignalNames, distinct, signal_names
from bridge.metadata import join_comment, split_comment


@dataclass(frozen=True)
class Signals:
    """`names`: of the interface; `modules`: those of the kinds, all different: a table is `lut`, how many inputs, and
    what it is; `module`: no kind has that name; `plain`: of every signal: a gate is called like the first output that
    it drives, if it drives one; `annotation`: our comment."""

    mapped: Mapped
    names: SignalNames
    module: str
    plain: list[str]
    modules: dict[Kind, str]
    annotation: list[str]

    def wires(self) -> Iterator[tuple[str, int]]:
        """The outputs that are called otherwise than the signals they are."""
        for name, root in zip(self.names.outputs, self.mapped.roots, strict=False):
            if self.plain[root] != name:
                yield name, root


def signals_of(mapped: Mapped, tell: bool = False) -> Signals:
    """`tell`: the comment says what the cells are."""
    aig = mapped.source
    names = signal_names(aig)
    plain = ["", *names.inputs, *names.latches]
    plain += [f"{names.prefix}{signal}" for signal in range(aig.first_and, aig.first_and + len(mapped.gates))]
    for name, root in reversed([*zip(names.outputs, mapped.roots, strict=False)]):
        if root >= aig.first_and:
            plain[root] = name
    kinds = [*dict.fromkeys(gate.kind for gate in mapped.gates)]
    modules = dict(zip(kinds, distinct([kind.name or None for kind in kinds], map(_table_name, kinds)), strict=True))
    module = distinct([names.module], [names.module], modules.values())[0]
    shown = _renumbered(mapped)
    cells = [kind for kind in kinds if kind.name]
    if tell and cells:
        facts, lines = split_comment(shown.comment)
        shown = replace(shown, comment=join_comment(facts | {GATES: described(cells)}, lines))
    comment = annotation_lines(shown, names.originals, plain, names.clock_input)
    return Signals(mapped, names, module, plain, modules, comment)


def _table_name(kind: Kind) -> str:
    count = len(kind.inputs)
    return f"lut{count}_{kind.table:0{max(1, (1 << count) // 4)}x}"


def _renumbered(mapped: Mapped) -> Aig:
    """The netlist that was mapped, with the literals of its properties in terms of signals, and without points, of
    which few are signals."""
    aig = mapped.source
    signal = dict(zip(aig.roots().tolist(), mapped.roots, strict=True))
    return replace(aig, points=(), properties=aig.properties.mapped(lambda literal: 2 * signal[literal]))
