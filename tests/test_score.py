"""The score: against its definition, counted out for small netlists, and as commands tell it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bridge.cell import Cell
from bridge.coding.cell_code import packed_bits
from bridge.coding.netlist_code import pack_netlist
from bridge.coding.score import Score, netlist_bits, score, written
from bridge.corpus.split import tail
from bridge.execution import evaluate
from bridge.lowering import lower
from bridge.resources import netlist_path
from support.command_line import Call


def test_the_bound_is_one() -> None:
    """Netlists of G ANDs over n leaves, counted: for each AND any two of all literals, in one order of the ANDs."""
    for leaves, ands in ((1, 1), (2, 3), (5, 4), (300, 2000)):
        literals = 2 * (leaves + ands)
        sets = math.comb(math.comb(literals, 2), ands)
        assert math.log2(sets) <= written(ands, leaves) <= math.log2(sets) + 2 * math.log2(ands) + 4
    assert written(0, 7) == 0


def test_it_is_what_the_plan_says() -> None:
    assert written(69_000, 900) / 69_000 == pytest.approx(18.6, abs=0.1)
    assert written(186_000, 900) / 186_000 == pytest.approx(20.0, abs=0.1)
    assert score(2.0, 8000, 4000) == 4.0


def test_netlists_have_inputs_and_latches(tiny: Cell) -> None:
    aig = lower(tiny)
    assert netlist_bits(aig) == written(len(aig.ands), 8 + len(aig.latches))


@pytest.mark.heavy
def test_eval_tells_the_score(call: Call, tmp_path: Path, tiny: Cell) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(b"In the beginning was the Word. " * 400)
    said = call("eval", "tiny", "--text", text, "--score", "--json").json
    facts = said["score"]
    assert said["part"] == "heldout"
    assert facts["whole_bytes"] == 31 * 400
    assert facts["circuit_bits"] == netlist_bits(lower(tiny))
    assert facts["coded_bits"] == 8 * len(pack_netlist(lower(tiny)))
    assert facts["packed_bits"] == packed_bits(tiny)
    assert facts["total"] == pytest.approx(said["bits_per_byte"] + facts["circuit_bits"] / facts["whole_bytes"])
    assert facts["packed_total"] == pytest.approx(said["bits_per_byte"] + facts["packed_bits"] / facts["whole_bytes"])
    assert said["bits_per_byte"] == evaluate(tiny, tail(text.read_bytes())[1]).bits_per_byte
    line = call("eval", "tiny", "--text", text, "--score", "--kernel", "portable").out
    assert f"{facts['total']:.4f} bits per byte with the netlist" in line
    assert f"{facts['packed_total']:.4f} with the packed cell" in line


@pytest.mark.heavy
def test_a_netlist_has_no_packed_cell(call: Call, tmp_path: Path, tiny: Cell) -> None:
    aig = lower(tiny)
    assert Score.of(2.0, 1000, aig).packed_total is None
    text = tmp_path / "text.txt"
    text.write_bytes(b"In the beginning was the Word. " * 400)
    call("lower", "tiny", "-o", tmp_path / "tiny.aig")
    facts = call("eval", tmp_path / "tiny.aig", "--text", text, "--score", "--json").json["score"]
    assert facts["packed_total"] is None
    assert facts["ands"] == len(aig.ands)


def test_it_is_that_of_a_model_as_it_is(call: Call) -> None:
    said = call("eval", "tiny", "--text", netlist_path("README.md"), "--score", "--part", "all")
    assert said.code == 2
    assert "--score is that of a model as it is, on the held-out part" in said.err
    said = call("eval", "tiny", "--text", netlist_path("README.md"), "--score", "--do", "byte=1")
    assert (said.code, said.out) == (2, "")
