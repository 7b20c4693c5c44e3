"""`describe`: what a model is made of, for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cell import Cell
from bridge.formats import write_netlist
from bridge.lowering import lower
from bridge.resources import netlist_path
from support.command_line import Call

TINY = netlist_path("tiny.safetensors")


def test_a_cell(call: Call) -> None:
    cell, shown = Cell.load(TINY), call("describe", "tiny")
    facts = call("describe", "tiny", "--json").json
    assert shown.code == 0
    assert facts["ands"] == sum(block["ands"] for block in facts["blocks"]) == len(lower(cell).ands)
    assert facts["state_bits"] == sum(block["state_bits"] for block in facts["blocks"]) == cell.state_bits
    assert [block["name"] for block in facts["blocks"]] == [block.name for block in cell.blocks]
    assert bytes(facts["says"]["symbols"]) == cell.head.symbols
    assert facts["trained"]["corpus"] == cell.record["corpus"]
    for block in cell.blocks:
        assert any(line.startswith(f"{block.name} ") for line in shown.out.splitlines())
    assert "trained: threshold on kjv (tail held out)" in shown.out


def test_a_netlist_and_one_without_names(call: Call, tmp_path: Path) -> None:
    write_netlist(lower(Cell.load(TINY)), tmp_path / "tiny.aig")
    facts = call("describe", "tiny.aig", "--json").json
    assert (facts["form"], facts["digest"]) == ("netlist", Cell.load(TINY).digest)
    assert facts["state_bits"] == sum(block["state_bits"] for block in facts["blocks"])
    assert facts["sources"][0]["corpus"] == "kjv"
    (tmp_path / "plain.aag").write_text("aag 3 2 0 1 1\n2\n4\n6\n6 4 2\ni0 a\ni1 b\no0 y\n")
    plain = call("describe", "plain.aag", "--json").json
    assert (plain["says"], plain["blocks"], plain["reads"]) == ({"head": "bits"}, [], ["a", "b"])
    shown = call("describe", "plain.aag").out
    assert "a netlist of 1 AND, 1 level, 0 state bits" in shown
    assert "elements" not in shown  # no empty table
    (tmp_path / "nothing.aag").write_text("aag 0 0 0 0 0\n")
    assert "reads: nothing" in call("describe", "nothing.aag").out


def test_a_network_of_numbers(call: Call, tmp_path: Path) -> None:
    vote = {"format": "gates", "inputs": 3, "gates": [["0xe8", 0, 1, 2]], "outputs": [3]}
    (tmp_path / "vote.json").write_text(json.dumps(vote))
    assert call("melt", "vote.json", "-o", "vote.safetensors").code == 0
    facts = call("describe", "vote.safetensors", "--json").json
    assert facts["trained"] is None
    assert facts["says"]["head"] in ("labels", "estimate")
    assert call("describe", "vote.safetensors").code == 0


@pytest.mark.parametrize("told", ["\x1b[2J", 10**400, None, [2.5], {"a": 1}])
def test_a_record_from_a_stranger_moves_no_cursor(told: object, call: Call, tmp_path: Path) -> None:
    known = Cell.load(TINY)
    record = {**known.record, "corpus": "a\x1b[2Jb", "heldout_bits_per_byte": told}
    Cell(known.blocks, record=record).save(tmp_path / "odd.safetensors")
    shown = call("describe", "odd.safetensors")
    assert shown.code == 0
    assert "\x1b" not in shown.out
