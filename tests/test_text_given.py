"""A str where the bytes of a text are wanted is told so, by every public function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import bridge
from bridge import Aig, Cell, InputError, lower
from bridge.analysis.claims.on_text import truth
from bridge.analysis.edits import Copied
from bridge.cell.bring import first_difference
from bridge.corpus import load_corpus, load_training

TEXT: Any = "In the beginning God created the heaven and the earth. " * 8
MEMORY = "state.layer0.memory"
OF_A_TEXT: dict[str, Callable[[Cell, Aig], object]] = {
    "activations": lambda cell, _: bridge.activations(cell, TEXT, [MEMORY]),
    "affects": lambda cell, _: bridge.affects(cell, MEMORY, "argmax", text=TEXT),
    "bits_per_byte": lambda _, aig: bridge.bits_per_byte(aig, TEXT),
    "circuit": lambda cell, _: bridge.circuit(cell, text=TEXT, at=20),
    "dependence": lambda cell, _: bridge.dependence(cell, [MEMORY], ["argmax"], text=TEXT),
    "diverge": lambda cell, aig: bridge.diverge(cell, aig, TEXT),
    "edit": lambda cell, _: bridge.edit(cell, {"layer0.memory": "resample"}, text=TEXT),
    "evaluate": lambda cell, _: bridge.evaluate(cell, TEXT),
    "graded": lambda cell, _: bridge.graded(cell, MEMORY, "argmax", text=TEXT),
    "influence": lambda cell, _: bridge.influence(cell, TEXT),
    "pack": lambda cell, _: bridge.pack(TEXT, cell),
    "probe": lambda cell, _: bridge.probe(cell, TEXT, "vowel"),
    "shares": lambda cell, _: bridge.shares(cell, MEMORY, "argmax", text=TEXT),
    "simplify": lambda _, aig: bridge.simplify(aig, TEXT, budget=0.05),
    "text_statistics": lambda cell, _: bridge.text_statistics(cell, TEXT),
}
OTHERS: dict[str, Callable[[Cell, Aig], object]] = {
    "copied": lambda cell, _: bridge.edit(cell, {"layer0.memory": Copied(TEXT, 3)}),
    "explain": lambda cell, _: bridge.explain(cell, TEXT, 20),
    "Explainer": lambda _, aig: bridge.Explainer(aig, TEXT),
    "first_difference": lambda cell, _: first_difference(cell, TEXT, {}),
    "pack without a model": lambda *_: bridge.pack(TEXT),
    "prove": lambda cell, _: bridge.prove(cell, "argmax == 'e'", loop=True, prompt=TEXT),
    "symbols": lambda cell, _: bridge.prove(cell, "argmax == 'e'", symbols=TEXT),
    "truth": lambda cell, _: truth("argmax == 'e'", cell, TEXT),
    "unpack": lambda *_: bridge.unpack(TEXT),
}


@pytest.fixture(scope="module")
def netlist(tiny: Cell) -> Aig:
    return lower(tiny)


@pytest.mark.parametrize("ask", [*OF_A_TEXT.values(), *OTHERS.values()], ids=[*OF_A_TEXT, *OTHERS])
def test_a_str_is_no_text(tiny: Cell, netlist: Aig, ask: Callable[[Cell, Aig], object]) -> None:
    with pytest.raises(InputError, match=r"bytes.*not (from )?str"):
        ask(tiny, netlist)


@pytest.mark.parametrize("read", [Cell.load, load_corpus, load_training])
def test_a_text_in_the_place_of_a_name(read: Callable[[str], object]) -> None:
    """It is longer than the name of a file can be."""
    with pytest.raises(InputError, match=r"no such file|neither a file nor"):
        read("In the beginning " * 300)


def test_every_public_function_of_a_text_is_asked() -> None:
    """`write_report` is given the name of a text."""
    known = [(name, getattr(bridge, name)) for name in bridge.__all__]
    takes = {name for name, each in known if inspect.isfunction(each) and "text" in inspect.signature(each).parameters}
    assert takes - {"write_report"} == set(OF_A_TEXT)
