"""Ten claims about what a shipped text model writes, each proven for all texts or broken by one: a table.

python tools/properties.py kjv --seconds 600
python tools/properties.py trees --proofs DIR
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bridge import Cell, prove
from bridge.analysis.proving.proof import Proof


class Property(NamedTuple):
    """`loop`: the model reads what it writes."""

    title: str
    claim: str
    given: str | None = None
    loop: bool = False


IN_A_ROW = "not (byte@-1 == byte and byte == argmax and argmax in letter)"
PROPERTIES = (
    Property("after ` q` comes u", "argmax == 'u'", "after ' q'"),
    Property("after `Jesu` comes s", "argmax == 's'", "after 'Jesu'"),
    Property("after `th` never q", "argmax != 'q'", "after 'th'"),
    Property("after a line end a capital", "argmax in capital", "byte == '\\n'"),
    Property("after `. ` a capital", "argmax in capital", "after '. '"),
    Property("after a digit no letter", "argmax not in letter", "byte in digit"),
    Property("after ` th` e is ahead of z", "margin.'e'.'z' > 0", "after ' th'"),
    Property("never three equal letters in a row", IN_A_ROW, loop=True),
    Property("never two spaces in a row", "not (byte == ' ' and argmax == ' ')", loop=True),
    Property("it never writes a digit", "argmax not in digit", loop=True),
)


def proofs(model: Cell, which: list[int], seconds: float, folder: Path | None) -> Iterator[tuple[Property, Proof]]:
    """Of the properties with these numbers, counted from 1; folder: for certificates, one folder each."""
    for number in which:
        each = PROPERTIES[number - 1]
        place = None if folder is None else folder / f"{number:02d}"
        yield each, prove(model, each.claim, each.given, loop=each.loop, seconds=seconds, folder=place)


def row(number: int, each: Property, found: Proof) -> str:
    """A line of the table."""
    shown = ""
    if found.broken is not None:
        shown = f"`{found.broken.text!r}` -> `{found.broken.predicted!r}`" + (
            "" if found.broken.shortest else " (shortest found)"
        )
    elif found.bound is not None:
        shown = f"not in the first {found.bound} steps"
    return f"| {number} | {each.title} | {found.answer} | {found.seconds:.1f} | {found.method} | {shown} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a shipped cell, or the path of a cell")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--only", type=int, nargs="*", default=[*range(1, len(PROPERTIES) + 1)])
    parser.add_argument("--proofs", type=Path, help="a new folder for certificates")
    parser.add_argument("--json", type=Path, help="write all of it")
    asked = parser.parse_args()
    print("| | property | answer | seconds | method | text that breaks it -> what comes |\n|---|---|---|---|---|---|")
    facts = []
    found = proofs(Cell.load(asked.model), asked.only, asked.seconds, asked.proofs)
    for number, (each, proof) in zip(asked.only, found, strict=True):
        print(row(number, each, proof), flush=True)
        facts.append(proof.to_json())
    if asked.json is not None:
        asked.json.write_text(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
