"""Who affects whom under a condition: against brute force on small machines, on texts, and on cells of every head."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bridge import Aig, Cell, affects, lower
from bridge.analysis.claims.formula import TRUE
from bridge.analysis.claims.on_text import truth
from bridge.analysis.claims.parsing import parse_claim
from bridge.cell import Input, Linear, Scores
from bridge.errors import InputError
from support.cells import random_cell, random_tree_cell
from support.claims import step_values
from support.claims import truth as by_definition
from support.command_line import Call
from support.conditions import check_given
from support.small_netlists import planted

TEXT = b"then the tenth hen, then the net\n" * 4


@pytest.mark.heavy
@pytest.mark.parametrize("reachable", [False, True], ids=["any", "reset"])
def test_like_brute_force(reachable: bool) -> None:
    """More of them: `python -m support.conditions 0 300`."""
    answers = [check_given(seed, reachable) for seed in (1, 2, 10, 12, 90)]
    assert {"yes", "no"} <= set(answers)


def test_what_a_condition_takes_away() -> None:
    aig = planted()
    assert affects(aig, "one", "both", given="x[7]").answer == "yes"
    found = affects(aig, "one", "both", given="x[7] == 0")
    assert found.answer == "no"
    assert "any state, given x[7] == 0" in str(found)
    assert found.to_json()["given"] == "x[7] == 0"
    assert affects(aig, "one", "both", given="one != twin and x[7]", reachable=False).answer == "yes"
    with pytest.raises(InputError, match="no reachable state and input satisfies 'one != twin'"):
        affects(aig, "one", "both", given="one != twin", reachable=True)
    with pytest.raises(InputError, match="no state and input satisfies 'one and not one'"):
        affects(aig, "one", "both", given="one and not one")


@pytest.mark.heavy
@pytest.mark.parametrize(
    "cell", [random_cell(3), random_tree_cell(1, False), random_tree_cell(4)], ids=lambda cell: cell.name
)
@pytest.mark.parametrize("reachable", [False, True], ids=["any", "reset"])
def test_a_witness_satisfies_it(cell: Cell, reachable: bool) -> None:
    """By the definition, on what it says was read before."""
    claim = parse_claim(f"byte@-1 == {cell.head.symbols[0]} and argmax@-1 == argmax@-1 and argmax == argmax")
    found = affects(cell, "state", "greedy", given=claim, reachable=reachable)
    assert found.answer in ("yes", "no")
    if found.witness is None:
        return
    assert found.witness.origin is not None
    start, read = found.witness.origin
    state, run = start[None].astype(np.uint8), []
    for row in [*read, found.witness.inputs[0]]:
        given = {"byte": (row.astype(np.int64)[_places(found.witness.names[0])] @ (1 << np.arange(8)))[None]}
        given["byte"] = given["byte"].astype(np.uint8)
        run.append(step_values(cell, state, given))
        state, _ = cell.step(state, given)
    assert by_definition(claim.formula, run, len(run) - 1) is True


def _places(names: tuple[str, ...]) -> list[int]:
    return [names.index(f"byte[{bit}]") for bit in range(8)]


@pytest.mark.heavy
@pytest.mark.parametrize("cell", [random_cell(3), random_tree_cell(4)], ids=lambda cell: cell.name)
def test_on_a_text(cell: Cell) -> None:
    for given in ("after 'th'", "byte@5 == 't' and byte == 'e'"):
        found = affects(cell, "byte", "greedy", text=TEXT, given=given)
        if found.witness is not None:
            assert truth(given, cell, TEXT)[found.witness.position] == TRUE
    with pytest.raises(InputError, match="no position of the text satisfies \"after 'xyz'\""):
        affects(cell, "byte", "greedy", text=TEXT, given="after 'xyz'")


def test_a_text_leaves_only_its_places() -> None:
    """Of every position alone, the answers together are that for all."""
    aig: Aig = lower(random_cell(8))
    name = aig.latches[0].name
    alone = set()
    for byte in sorted(set(TEXT)):
        alone.add(affects(aig, name, "argmax", 2, text=TEXT, given=f"byte == {byte}").answer)
    assert ("yes" in alone) == (affects(aig, name, "argmax", 2, text=TEXT).answer == "yes")


def test_integers_by_value() -> None:
    """Bits of `x`, 0..2, that spell 3 do not count, nor does what would come of them."""
    cell = Cell(
        (Input("x", np.array([0]), np.array([2])), Linear("y", ("x",), [[3]], [1]), Scores("s", ("y",), ("v",)))
    )
    assert affects(cell, "x[0]", "class.v", given="x[0] == 2").answer == "yes"
    with pytest.raises(InputError, match=re.escape("no state and input satisfies 'x[0] == 3'")):
        affects(cell, "x[0]", "class.v", given="x[0] == 3")
    with pytest.raises(InputError, match=re.escape("no state and input satisfies 'y[0] == 3'")):
        affects(cell, "x[0]", "class.v", given="y[0] == 3")


@pytest.mark.heavy
def test_on_the_command_line(call: Call) -> None:
    some = ("affects", "tiny", "--from", "state.emb.past", "--to", "argmax")
    found = call(*some, "--given", "after 'q'", "--start", "reset", "--json")
    assert (found.code, found.json["scope"], found.json["given"]) == (0, "reachable states", "after 'q'")
    nothing = call(*some, "--given", "byte in \"ab\" and byte > 'b'")
    assert (nothing.code, nothing.out) == (2, "")
    assert "no state and input satisfies" in nothing.err
    wrong = call(*some, "--given", "byte = 'q'")
    assert (wrong.code, wrong.out) == (2, "")
    assert "write == for equal" in wrong.err
