"""What `neurons` shows in words: sums over bytes and rules, trees and automata as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.aig import Aig
from bridge.analysis.words.neurons import as_bytes
from bridge.analysis.words.pictures import picture
from bridge.cell import Cell
from bridge.cli.output import others, progress, some, writable
from bridge.errors import InputError
from bridge.files import write_atomic

AsBytes = Annotated[bool, typer.Option("--as-bytes", help="What each is in terms of the bytes that were read.")]
Of = Annotated[
    list[str] | None, typer.Option("--of", help="With --as-bytes: a neuron, a block, a number; default all.")
]
EveryByte = Annotated[bool, typer.Option("--every-byte", help="All 256 bytes count, not only those of the alphabet.")]
Draw = Annotated[str | None, typer.Option("--draw", help="A tree (trees[3]) or an automaton of a cell, as a picture.")]
Depth = Annotated[int | None, typer.Option("--depth", min=1, help="Of a picture: so many steps from the root.")]
DrawOut = Annotated[Path | None, typer.Option("--out", "-o", help="Write the picture: .svg (Graphviz) or .dot.")]


@dataclass(frozen=True)
class Wanted:
    """The options."""

    in_bytes: bool
    of: list[str] | None
    every_byte: bool
    draw: str | None
    depth: int | None
    out: Path | None

    def checked(self) -> bool:
        """Is it in words? InputError for options that do not go together."""
        if self.in_bytes and self.draw is not None:
            raise InputError("--as-bytes and --draw are two questions: ask one of them")
        if self.draw is None and (self.depth is not None or self.out is not None):
            raise InputError("--depth and --out are about a picture: say of what with --draw NAME")
        if self.of and not self.in_bytes:
            raise InputError("--of chooses what --as-bytes tells: give both")
        if self.out is not None:
            writable(self.out, ".svg", ".dot")
        return self.in_bytes or self.draw is not None


def in_words(
    model: Cell | Aig, wanted: Wanted, everything: bool, as_json: bool, **limits: Any
) -> tuple[dict[str, Any], list[str]]:
    """The facts, which are complete only `as_json`, and lines for people. limits: `seconds` and `memory`."""
    if wanted.draw is not None:
        return _pictured(model, wanted)
    with progress("neurons") as report:
        found = as_bytes(model, wanted.of, every_byte=wanted.every_byte, progress=report, **limits)
    told = some(found, everything or as_json)
    among = found[0].among if found else ()
    facts = {"among": [*among], "neurons": [entry.to_json() for entry in told]}
    return facts, [*map(str, told), *others(found, everything)]


def _pictured(model: Cell | Aig, wanted: Wanted) -> tuple[dict[str, Any], list[str]]:
    found = picture(model, wanted.draw or "", depth=wanted.depth, every_byte=wanted.every_byte)
    if wanted.out is None:
        return found.to_json(), [str(found)]
    text = found.to_svg() if wanted.out.suffix.lower() == ".svg" else found.to_dot()
    write_atomic(wanted.out, text)
    return found.to_json() | {"out": str(wanted.out)}, [f"{wanted.out}: {found.title}"]
