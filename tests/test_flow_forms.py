"""Every command that a flow may use runs as it is written: what it needs before and after it is put there."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.flow import Flow, load_flow, run_flow
from bridge.flow.allowed import allowed, changes_latches, drops_latches
from bridge.flow.describe import format_flow, remarks
from bridge.flow.forms import fitting, forms_of, needs_of
from bridge.flow.rewrite import abc_script
from bridge.flow.schema import Step, StepLimits, parse_flow
from bridge.flow.sequential import handed
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.resources import shipped_flows
from bridge.toolchain import Limits, ToolRunError, run_tool
from support.flows import folder_of
from support.netlists import redundant, same_function, truth
from support.tools import real

pytestmark = pytest.mark.heavy

PAGE = Path(__file__).parents[1] / "docs" / "flows.md"
COMBINATIONAL = [name for name in allowed()["abc"] if not changes_latches(name)]
BOUNDED = {
    "&rrr": "&rrr -K 20",
    "&transduction": "&transduction -T 1",
    "&deepsyn": "&deepsyn -I 1 -J 1",
    "&rewire": "&rewire -I 9",
    "rewire": "rewire -I 9",
    "&transtoch": "&transtoch -M 1 -t",
    "&eslim": "&eslim -I 9 -Z 1 -D 1",
    "&stochsyn": "&stochsyn -I 2 &dc2",
}


def small() -> Aig:
    builder = AigBuilder("n")
    x = [builder.input(f"x{index}") for index in range(8)]
    total = x[0]
    for index in range(1, 8):
        total = builder.xor(total, builder.and_(x[index], x[index - 1]))
        builder.output(f"y{index}", total)
    return builder.build()


def ran(*commands: str) -> str:
    """The log of the commands on a small netlist, as a step would give them; with what went wrong, that the function
    is another one among it."""
    files = {"in.aig": format_aiger(small())}
    try:
        run = run_tool(real("abc"), abc_script(commands), files, ["out.aig"], step="(test)", limits=Limits(60))
        made = parse_aiger(run.files["out.aig"], "out.aig")
        return run.log if np.array_equal(truth(made), truth(small())) else f"Error: another function\n{run.log}"
    except ToolRunError as error:
        return str(error)


@pytest.mark.parametrize("name", COMBINATIONAL)
def test_every_command_alone(name: str) -> None:
    """ABC says of none that it cannot be applied."""
    said = ran(BOUNDED.get(name, name))
    assert not re.search(r"Error|can only be|works only|not defined|no mapping|There is no", said), said


MIXED = ["mfs2", "fx", "bidec", "muxes", "lutpack", "dc2", "if", "eliminate", "bidec", "&mfs", "mfs", "&if", "&lf"]


@pytest.mark.parametrize("pair", [*pairwise(MIXED)])
def test_commands_that_do_not_fit_each_other(pair: tuple[str, str]) -> None:
    assert "rror" not in ran(*pair)


@pytest.mark.parametrize("name", allowed()["abc"])
def test_commands_that_are_given_latches(name: str) -> None:
    """The list of those that drop them is right: ABC keeps the interface of a machine with all others."""
    form = handed(redundant())
    script, files = abc_script([BOUNDED.get(name, name)], names=True), {"in.aig": format_aiger(form)}
    if drops_latches(name):
        with pytest.raises(ValueError, match="drops latches"):
            Step(abc=("scorr", BOUNDED.get(name, name)))
        return
    run = run_tool(real("abc"), script, files, ["out.aig"], step="(test)", limits=Limits(60))
    made = parse_aiger(run.files["out.aig"], "out.aig")
    assert (len(made.inputs), len(made.outputs)) == (len(form.inputs), len(form.outputs))
    assert len(made.latches) == len(form.latches) or changes_latches(name)


def test_what_is_put_between() -> None:
    assert [*fitting(["mfs2"])] == ["logic", "mfs2"]
    assert [*fitting(["logic", "mfs2", "strash", "dc2"])] == ["logic", "mfs2", "strash", "dc2"]
    assert [*fitting(["&mfs", "resub"])] == ["&get -n", "&if", "&mfs", "&put", "strash", "resub"]
    assert [*fitting(["if", "fx", "bidec"])] == ["if", "sop", "fx", "aig", "bidec"]
    assert [*fitting(["&if", "&lf"])] == ["&get -n", "&if", "&st", "&lf", "&put"]
    assert [*needs_of("dc2")] == []


@given(st.lists(st.sampled_from(COMBINATIONAL), max_size=8))
def test_every_command_is_given_what_it_reads(commands: list[str]) -> None:
    """And nothing is put where all fits already."""
    once = [*fitting(commands)]
    assert [*fitting(once)] == once
    left = iter(once)
    assert all(command in left for command in commands)
    form = "aig"
    for command in once:
        reads, leaves = forms_of(command.split()[0])
        assert (form in ("gia", "mapped")) <= (command.startswith("&") or reads in ("any", "mapped or gia"))
        form = leaves


@pytest.mark.parametrize("name", shipped_flows())
def test_what_is_shown_is_the_flow(name: str) -> None:
    flow = load_flow(name)
    assert parse_flow(format_flow(flow).encode(), "shown.yaml") == flow


def test_what_is_shown_of_any_text() -> None:
    step = Step(abc=("&dc2", "resyn2"), instead=("rs",))
    flow = Flow(name="1e5", summary="- 'it': \"is\" # so :smile: [x]", steps=(step,))
    shown = format_flow(flow)
    assert parse_flow(shown.encode(), "shown.yaml") == flow
    assert "# resyn2 is balance; rewrite; " in shown


def test_remarks() -> None:
    steps = (Step(abc=("mfs2",), instead=("&rrr -N 1",)), Step(abc=("&rrr -T 5", "&rrr -K 50")), Step(yosys=("opt",)))
    said = remarks(Flow(name="x", reproducible=False, steps=steps))
    assert len(said) == 2
    assert said[0].startswith("mfs2 works on a logic network, so 'logic' is put before it")
    assert said[1].startswith("&rrr -N 1 has no end of its own")


def test_limits_that_no_run_gives_are_remarked_upon() -> None:
    within, beyond = ({"seconds": 600, "memory": 8192}, {"seconds": 900, "memory": 8193})
    assert remarks(Flow(name="x", steps=(Step(abc=("dc2",), limits=StepLimits(**within)),))) == []
    said = remarks(Flow(name="x", steps=(Step(abc=("dc2",), limits=StepLimits(**beyond)),)))
    assert said == [
        "limits: `run` gives a step 600 seconds at most, not 900",
        "limits: `run` gives a step 8192 MiB of memory at most, not 8193",
    ]


AFTER = "leaves a logic network, so 'strash' is put after it"


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        (("logic", "mfs2", "strash", "dc2"), []),
        (("if -K 6", "strash"), []),
        (("if -K 6", "dc2"), [f"if {AFTER}"]),
        (("logic", "mfs2"), [f"mfs2 {AFTER}"]),
        (("renode", "mfs2", "bidec"), [f"bidec works on a logic network of AIGs, so 'aig' is put before it; {AFTER}"]),
        (("bidec",), [f"bidec works on a logic network of AIGs, so 'logic' and 'aig' are put before it; {AFTER}"]),
        (("&if", "&mfs"), []),
        (("&mfs",), ["&mfs works on a mapped netlist, so '&if' is put before it"]),
    ],
)
def test_remarks_are_about_what_is_put_there(commands: tuple[str, ...], said: list[str]) -> None:
    assert remarks(Flow(name="x", steps=(Step(abc=commands),))) == said
    script = [*fitting(commands)]
    for line in said:
        assert all(step in script for step in re.findall(r"'([^']*)'(?: and '[^']*')? (?:is|are) put before", line))


def test_the_flow_of_the_page_on_flows(tmp_path: Path) -> None:
    """As it is written there; every step of it works."""
    real("yosys")
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "my.yaml").write_text(block)
    aig = redundant()
    result = run_flow(aig, tmp_path / "my.yaml", tmp_path / "a run", cached=False)
    assert not result.failed
    assert not any(piece.failure for step in result.steps for piece in step.blocks)
    assert result.verdict.answer == "equivalent"
    assert same_function(aig, result.aig)
    assert remarks(result.flow) == [line for line in remarks(result.flow) if line.startswith("mfs2")]
    assert (folder_of(result) / result.steps[-1].folder).is_dir()
