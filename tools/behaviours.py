"""Circuits of behaviours of a shipped cell, proven: `python tools/behaviours.py kjv`.

One line a behaviour, "after these bytes the likeliest is that one", in all states, and then some again at their first
place in the text, where the smallest circuit is looked for: the verdict, how many of the
candidates are kept, whether none can be left out (minimal) or there are no fewer (smallest), seconds, ANDs, and at
which share of the places of held-out text where the bytes were read the prediction stays when the rest is taken from
elsewhere: with the circuit, with as many random elements, with none.
"""

from __future__ import annotations

import argparse

from bridge import Cell, circuit, load_corpus
from bridge.errors import InputError

# The bytes, and what comes next: frequent in the text and true in every state.
BEHAVIOURS = [
    (" the Lor", "d"),
    (", and th", "e"),
    (" and the", " "),
    (" of the ", "L"),
    ("esus Chr", "i"),
    (" Jesus C", "h"),
    ("e things", " "),
    ("which is", " "),
    (" unto yo", "u"),
    (" that ye", " "),
    ("righteou", "s"),
    ("hem that", " "),
    (" shall b", "e"),
    (" of God,", " "),
    (" Christ,", " "),
    (" because", " "),
    (" therefo", "r"),
    ("therefor", "e"),
    (", that t", "h"),
    (" the wor", "d"),
]
BLOCKS = ("layer0.memory", "layer0.neurons", "layer1.neurons")
SMALLEST = ("layer1.neurons",)
FEWEST = 5  # behaviours of which the smallest circuit is looked for among SMALLEST, at their first place in the text


def line(
    cell: Cell,
    text: bytes,
    behaviour: tuple[str, str],
    blocks: tuple[str, ...],
    smallest: bool,
    place: bool,
    seconds: float,
) -> str:
    """The figures of one behaviour."""
    after, predicted = behaviour
    try:
        found = circuit(
            cell,
            text=text,
            where=None if place else f'after "{after}"',
            at=text.index(after.encode()) + len(after) if place else None,
            predict=f"'{predicted}'",
            blocks=blocks,
            smallest=smallest,
            seconds=seconds,
        )
    except InputError as error:
        return f"{after!r} {predicted!r} | {error}"
    least = "smallest" if found.smallest else "minimal" if found.minimal else f"{len(found.open)} open"
    shares = [f"{share:.0%}" for f in found.faithful[:1] for share in (f.circuit, f.random, f.nothing)]
    size = f"{found.size} of {found.size + found.dropped}"
    facts = (found.verdict, size, least, f"{found.seconds:.1f}", f"{len(found.netlist.ands):,}", *shares)
    return " | ".join((f"{after!r} {predicted!r}", *facts))


def main() -> None:
    """Print a line for each behaviour."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cell", nargs="?", default="kjv")
    parser.add_argument("--behaviours", type=int, default=len(BEHAVIOURS), help="how many of them")
    parser.add_argument("--fewest", type=int, default=FEWEST, help="of how many the smallest circuit is looked for")
    parser.add_argument("--blocks", nargs="*", default=BLOCKS, help="candidates; none for all elements")
    parser.add_argument("--places", action="store_true", help="ask at their first place in the text, not in all states")
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    cell, text = Cell.load(given.cell), load_corpus("kjv").heldout
    print("behaviour | verdict | kept | | seconds | ANDs | stays, % | at random | with none", flush=True)
    for behaviour in BEHAVIOURS[: given.behaviours]:
        print(line(cell, text, behaviour, tuple(given.blocks), False, given.places, given.seconds), flush=True)
    for behaviour in BEHAVIOURS[: given.fewest]:
        print(line(cell, text, behaviour, SMALLEST, True, True, given.seconds), flush=True)


if __name__ == "__main__":
    main()
