"""The proofs that a "no" leaves: what they claim, and that a checker accepts them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from bridge.aig import AigBuilder
from bridge.analysis.dependences import proof
from bridge.analysis.dependences.proof import write_proof
from bridge.equivalence.clock import Clock
from bridge.equivalence.refutation import Unfinished, refutation
from bridge.errors import InputError
from bridge.formats.aiger import parse_aiger
from support.command_line import Call
from support.drat import refuted
from support.small_netlists import TRAP, planted


def test_proof_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "no.drat"
    write_proof(planted(), "a", "cancelled", 2, path)
    write_proof(planted(), "dead", "both", 2, tmp_path / "structure.drat")
    for name in ("no.drat", "structure.drat"):
        assert refuted((tmp_path / f"{name}.cnf").read_text(), (tmp_path / name).read_text())
    with pytest.raises(InputError, match="nothing to prove"):
        write_proof(planted(), "one", "both", 1, path)


def test_a_proof_keeps_to_its_seconds(tmp_path: Path) -> None:
    with pytest.raises(Unfinished, match="no end after 0 s"):
        write_proof(planted(), "a", "cancelled", 2, tmp_path / "no.drat", seconds=0)
    assert not [*tmp_path.iterdir()]


def test_the_answer_stays_when_its_proof_comes_to_no_end(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = partial(refutation, clock=Clock(0))
    monkeypatch.setattr(proof, "refutation", lambda clauses, clock, what: late(clauses, what=what))
    path = tmp_path / "no.drat"
    asked = ("affects", "tiny", "--from", "layer1.neurons[0]", "--to", "layer0.memory[0]", "--proof", path)
    found = call(*asked)
    assert (found.code, found.err) == (1, "")
    assert f"{path} was not written: the proof came to no end" in found.out
    known = call(*asked, "--json").json
    assert (known["verdict"], known["proof"]) == ("no", None)
    assert "no end after 0 s" in known["no_proof"]
    assert not [*tmp_path.iterdir()]


def test_the_proof_of_a_group_is_about_all_its_values(tmp_path: Path) -> None:
    aig = parse_aiger(TRAP.encode(), "trap.aag")
    path = tmp_path / "no.drat"
    with pytest.raises(InputError, match="nothing to prove"):
        write_proof(aig, "h", "o", 1, path)
    write_proof(aig, "h", "o", 1, path, each=True)
    assert refuted(Path(f"{path}.cnf").read_text(), path.read_text())
    builder = AigBuilder()
    x, y, z = (builder.input(name) for name in "xyz")
    s = [builder.latch(f"s[{index}]") for index in range(2)]
    for latch in s:
        builder.set_next(latch, x)
    parity = builder.xor(*s)
    less = builder.and_(z, builder.or_(builder.and_(builder.xor(x, parity), z), y))
    more = builder.or_(builder.and_(builder.and_(x, parity ^ 1), z), builder.and_(builder.and_(x ^ 1, parity), z))
    builder.output("o", builder.xor(less, builder.or_(more, builder.and_(y, z))))
    write_proof(builder.build(), "s", "o", 1, path)
    assert "free0" in Path(f"{path}.cnf").read_text()
    assert refuted(Path(f"{path}.cnf").read_text(), path.read_text())


def test_a_proof_under_a_condition(tmp_path: Path) -> None:
    """`x[0]` was in `a` one step ago; a chosen bit hides what differs."""
    path = tmp_path / "no.drat"
    for claim in ("x[7] == 0", "`x[7]` != 1 and x[0]@-1 <= 3"):
        write_proof(planted(), "one", "both", 1, path, given=claim)
        assert refuted(Path(f"{path}.cnf").read_text(), path.read_text())
    head = Path(f"{path}.cnf").read_text()
    assert "within 1 steps, given `x[7]` != 1 and x[0]@-1 <= 3?" in head
    assert " x[0]@-1\n" in head
    with pytest.raises(InputError, match="nothing to prove"):
        write_proof(planted(), "one", "both", 1, path, given="x[7]")
