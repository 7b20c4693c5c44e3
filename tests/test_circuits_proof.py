"""The proof that a circuit suffices: what its clauses say, and that a checker accepts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import Aig, Cell, circuit, lower
from bridge.analysis.circuits import circuit as asking
from bridge.analysis.circuits.candidates import Candidate, candidates_of
from bridge.analysis.circuits.proof import write_sufficiency
from bridge.analysis.circuits.result import Circuit
from bridge.errors import InputError
from support.cells import random_cell
from support.command_line import Call
from support.drat import refuted


def proven(seed: int, path: Path) -> tuple[Circuit, Any, dict[str, Any]]:
    """With its proof: of a small model, at one place of a text, or where a byte was read, in all states."""
    rng = np.random.default_rng(seed)
    cell = random_cell(seed, 1, 2, recurrence=seed % 3 == 0)
    text = bytes(rng.choice(list(cell.head.symbols), 12).tolist())
    model = lower(cell) if seed % 4 > 1 else cell
    if seed % 2:
        asked: dict[str, Any] = {"text": text, "at": 6}
        return circuit(model, **asked, proof=path), model, asked
    for never in cell.head.symbols:
        asked = {"where": f"byte@-1 == {text[0]} and byte == {text[1]}", "keeps": f"argmax != {never}"}
        try:
            return circuit(model, **asked, proof=path), model, asked
        except InputError:  # it is the likeliest somewhere
            continue
    raise AssertionError


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(1, 8))
def test_a_checker_accepts_it(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "enough.drat"
    found, _, _ = proven(seed, path)
    assert found.verdict == "proven"
    clauses, proof = Path(f"{path}.cnf").read_text(), path.read_text()
    assert refuted(clauses, proof)
    assert found.claim in clauses.splitlines()[0]
    assert (found.to_json()["proof"], found.to_json()["proof_lines"]) == (str(path), len(proof.splitlines()))
    kept = {name for names in found.kept.values() for name in names}
    free = {line.split("rest.")[1] for line in clauses.splitlines() if "rest." in line}
    assert len(free) == found.dropped
    assert not free & kept


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(8))
def test_the_clauses_can_be_met_without_one_of_its_elements(seed: int, tmp_path: Path) -> None:
    found, model, asked = proven(seed, tmp_path / "enough.drat")
    with pytest.MonkeyPatch.context() as patch:

        def fewer(path: Path, claim: str, model: Any, aig: Aig, let_go: list[Candidate], *more: Any) -> int:
            every = candidates_of(aig)
            kept = [item for item in every if item not in let_go]
            for item in kept:
                with pytest.raises(InputError, match="the circuit can be broken: there is nothing to prove"):
                    write_sufficiency(path, claim, model, aig, [*let_go, item], *more)
            return len(kept)

        patch.setattr(asking, "write_sufficiency", fewer)
        said = circuit(model, **asked, proof=tmp_path / "fewer.drat").proof
        assert said is not None
        assert said.lines == found.size
    assert not (tmp_path / "fewer.drat").exists()


def test_what_has_no_proof(tmp_path: Path, call: Call) -> None:
    path, cell = tmp_path / "enough.drat", Cell.load("tiny")
    with pytest.raises(InputError, match="what is measured has no proof to write"):
        circuit(cell, text=b"and the " * 9, at=30, rest="zero", proof=path)
    found = circuit(lower(cell), text=b"and the " * 9, at=30, proof=path, seconds=0)
    assert (found.verdict, found.proof) == ("undecided", None)
    asked = ("circuit", "tiny", "--after", "and th", "--predict", "e", "--proof")
    done = call(*asked, path, "--rest", "zero", "--text", "kjv")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert not [*tmp_path.glob("*.drat*")]
    assert call(*asked, path, "--blocks", "layer1.neurons").code == 0
    assert Path(f"{path}.cnf").exists()


@pytest.mark.parametrize(
    ("facts", "smallest", "code"),
    [
        ({}, False, 0),
        ({"open": ("layer1.neurons[0]",)}, False, 3),
        ({"verdict": "measured", "open": ("layer1.neurons[0]",)}, False, 3),
        ({"smallest": True}, True, 0),
        ({"smallest": False}, True, 3),
        ({"smallest": False}, False, 0),
    ],
)
def test_what_is_left_undecided_is_told_by_the_exit_code(
    facts: dict[str, Any], smallest: bool, code: int, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ran_out(*model: Any, **how: Any) -> Circuit:
        assert how["smallest"] == smallest
        return replace(circuit(*model, **how), **facts)

    monkeypatch.setattr("bridge.cli.circuit.circuit", ran_out)
    more = ("--smallest",) if smallest else ()
    assert call("circuit", "tiny", "--after", "and th", "--blocks", "layer1.neurons", *more).code == code
