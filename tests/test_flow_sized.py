"""`&ttopt`, which is told the inputs and outputs of the netlist at hand."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import pytest

from bridge.aig import Aig, AigBuilder
from bridge.flow import Flow, load_flow, run_flow
from bridge.flow.schema import Step
from bridge.formats import read_netlist
from support.netlists import same_function

SIZED = Step(abc=("&ttopt -X 3", "dc2"))
TABLES = {
    "of one input": "10\n",
    "of few": "10010110\n11101000\n01111111\n10000001\n00010111\n",
    "of six": "0110100110010110111010001110111000010111001010011110100010010110\n",
}


def wide(inputs: int) -> Aig:
    builder = AigBuilder("wide")
    literals = builder.inputs(f"x{index}" for index in range(inputs))
    builder.outputs(["y"], [reduce(builder.and_, literals)])
    return builder.build()


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_all_sizes_are_taken(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.truth").write_text(TABLES[name])
    aig = read_netlist(tmp_path / "x.truth")
    result = run_flow(aig, Flow(name="x", steps=(SIZED,)))
    assert not result.failed
    assert result.verdict.answer == "equivalent"
    assert same_function(aig, result.aig)


def test_too_many_inputs_are_told() -> None:
    result = run_flow(wide(17), Flow(name="x", steps=(SIZED, Step(abc=("dc2",)))))
    assert [step.outcome for step in result.steps] == ["left out", "equivalent"]
    assert "'&ttopt' takes at most 16 inputs, latches and points together, not 17" in result.steps[0].failure
    assert not run_flow(wide(16), Flow(name="x", steps=(SIZED,))).failed


def test_shipped_flows_take_tables_of_any_size(tmp_path: Path) -> None:
    """Their own walks take seconds, so only what comes before these runs."""
    (tmp_path / "x.truth").write_text(TABLES["of few"])
    steps = tuple(step for step in load_flow("small").steps if not step.own)
    assert not run_flow(read_netlist(tmp_path / "x.truth"), Flow(name="x", steps=steps)).failed
