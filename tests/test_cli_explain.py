"""`aigbridge explain`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import lower
from bridge.formats import write_netlist
from support.command_line import Call
from support.explained import KINDS, SYMBOLS, small_cell

TEXT = bytes(np.random.default_rng(3).choice(list(SYMBOLS), 120).tolist())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.txt").write_bytes(TEXT)
    np.savez("rows.npz", x=np.random.default_rng(1).integers(0, 2, (5, 2)))


@pytest.mark.heavy
@pytest.mark.parametrize("kind", KINDS)
def test_every_head(call: Call, kind: str) -> None:
    cell = small_cell(2, kind)
    cell.save("cell.safetensors")
    write_netlist(lower(cell), "cell.aig")
    read = ("--text", "book.txt", "--at", 90) if cell.text_model else ("--data", "rows.npz", "--at", 3)
    found = {}
    for model in ("cell.safetensors", "cell.aig"):
        assert call("explain", model, *read).code == 0
        shown = call("explain", model, *read, "--smallest", "--horizon", 2, "--json")
        assert shown.code == 0, shown.err
        found[model] = shown.json
    first, other = found.values()
    assert first["likely"] == other["likely"]
    assert first["margin"]["terms"] or first["margin"]["nodes"]
    assert first["reason"]["smallest"]
    assert len(first["reason"]["kept"]) == first["reason"]["least"]


def test_a_proof_that_others_can_check(call: Call) -> None:
    small_cell(3, "logits").save("cell.safetensors")
    shown = call("explain", "cell.safetensors", "--text", "book.txt", "--at", 9, "--proof", "why.drat", "--json")
    assert shown.code == 0, shown.err
    lines = Path("why.drat").read_text().splitlines()
    assert len(lines) == shown.json["proof_lines"]
    clauses = Path("why.drat.cnf").read_text().splitlines()
    head = next(line for line in clauses if line.startswith("p cnf"))
    assert int(head.split()[3]) == len([line for line in clauses if not line.startswith(("c", "p"))])
    assert shown.json["reason"]["claim"] in clauses[0]


def test_what_is_done_to_a_model_first(call: Call) -> None:
    small_cell(3, "logits").save("cell.safetensors")
    read = ("--text", "book.txt", "--at", 50, "--json")
    plain, clamped = (call("explain", "cell.safetensors", *read, *do).json for do in ((), ("--do", "emb=flip")))
    assert plain["likely"] != clamped["likely"]
    assert not clamped["margin"]["terms"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--at", 5), "give --text for a model of text, or --data"),
        (("--at", 5, "--text", "book.txt", "--data", "rows.npz"), "give --text for a model of text, or --data"),
        (("--at", 500, "--text", "book.txt"), "byte 500 of a text of 120 bytes is not predicted; ask about 1 .. 119"),
        (("--at", 5, "--text", "book.txt", "--against", "zz"), "'zz' is no symbol of this model"),
        (("--at", 5, "--text", "book.txt", "--horizon", 65), "the horizon must lie in 1 .. 64 steps, not 65"),
        (("--at", 5, "--data", "rows.npz"), "predicts bytes: ask about a text"),
        (("--at", 5, "--text", "none.txt"), "none.txt"),
        (("--at", 5, "--text", "book.txt", "--proof", "no/where.drat"), "the folder no does not exist"),
    ],
)
def test_wrong_use_is_one_sentence(call: Call, words: tuple[object, ...], sentence: str) -> None:
    small_cell(3, "logits").save("cell.safetensors")
    found = call("explain", "cell.safetensors", *words)
    assert found.code == 2
    assert sentence in found.err
    assert found.err.count("\n") == 1
