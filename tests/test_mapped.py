"""Lookup tables and cells by ABC: the figures that it reports alone, proven of the netlist that it wrote."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, Latch
from bridge.aig.cut import core
from bridge.equivalence import Verdict
from bridge.equivalence.mapped import prove_mapped
from bridge.errors import InputError, ToolError
from bridge.flow.figures import measured
from bridge.flow.mapping import map_cells, map_luts
from bridge.formats.aiger_write import format_aiger
from bridge.formats.mapped.figures import Wanted
from bridge.formats.mapped.library import read_library
from bridge.formats.mapped.netlist import Gate, Mapped, parse_mapped
from bridge.report import write_report
from support import naive
from support.command_line import Call, assert_one_line
from support.fakes import fake_abc
from support.libraries import liberty
from support.netlists import multiplier, random_netlist
from support.strategies import aigs
from support.tools import real

SIMPLE = read_library("simple")


def evaluated(mapped: Mapped, patterns: np.ndarray) -> np.ndarray:
    """bool[n, roots] of bool[n, leaves], gate by gate."""
    values = [np.zeros(len(patterns), bool), *patterns.T.astype(bool)]
    for gate in mapped.gates:
        address = sum(values[signal].astype(np.int64) << place for place, signal in enumerate(gate.inputs))
        table = np.array([gate.kind.table >> row & 1 for row in range(1 << len(gate.inputs))], bool)
        values.append(np.broadcast_to(table[address], len(patterns)))
    return np.array([values[root] for root in mapped.roots], bool).reshape(-1, len(patterns)).T


def expected(aig: Aig, patterns: np.ndarray) -> np.ndarray:
    count = len(aig.inputs)
    outputs, following = naive.evaluate(aig, patterns[:, :count], patterns[:, count:])
    return np.concatenate([outputs, following], axis=1).astype(bool)


def said_alone(folder: Path, aig: Aig, *commands: str) -> dict[str, float]:
    """What `print_stats` of ABC says after these commands on the netlist's file."""
    (folder / "in.aig").write_bytes(format_aiger(aig))
    script = "; ".join(["read_aiger in.aig", "strash", *commands, "print_stats"])
    log = subprocess.run(
        [real("abc").path, "-q", script], cwd=folder, capture_output=True, text=True, timeout=60
    ).stdout
    return {name: float(number) for name, number in re.findall(r"(nd|lev|area|delay) *= *([\d.]+)", log)}


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(3))
def test_the_figures_are_those_of_abc_alone(seed: int, tmp_path: Path) -> None:
    aig = random_netlist(seed, nodes=300, latches=4)
    for size in (2, 4, 6):
        numbers = measured(aig, Wanted(lut_size=size)).numbers
        alone = said_alone(tmp_path, core(aig), f"if -K {size}")
        assert (numbers["luts"], numbers["lut_levels"]) == (alone["nd"], alone["lev"])
    (tmp_path / "c.genlib").write_bytes(SIMPLE.data)
    numbers = measured(aig, Wanted(library=SIMPLE)).numbers
    alone = said_alone(tmp_path, core(aig), "read_library c.genlib", "map", "topo")
    assert [numbers[name] for name in ("cells", "area", "delay")] == [alone[name] for name in ("nd", "area", "delay")]


def test_a_liberty_file(tmp_path: Path) -> None:
    path = tmp_path / "odd name.lib"
    path.write_text(liberty())
    aig = random_netlist(5, nodes=200)
    found = map_cells(aig, read_library(path), real("abc"))
    (tmp_path / "c.lib").write_text(liberty())
    alone = said_alone(tmp_path, core(aig), "read_lib c.lib", "map", "topo")
    assert (len(found.netlist.gates), found.netlist.area) == (alone["nd"], alone["area"])
    assert found.verdict.answer == "equivalent"
    assert found.delay is not None
    assert found.delay > 0


@pytest.mark.parametrize("constants", ["", "GATE low 0 y=CONST0;", "GATE high 3 y=CONST1;"])
@pytest.mark.parametrize("value", [FALSE, TRUE])
def test_a_library_without_constants(constants: str, value: int, tmp_path: Path) -> None:
    """ABC crashes where a genlib file has no gate for the constant that it needs."""
    path = tmp_path / "c.genlib"
    pin = "PIN * INV 1 999 1 0 1 0"
    path.write_text(f"GATE inv 1 y=!a; {pin}\nGATE nand2 2 y=!(a*b);\n{pin} # last\n{constants}")
    builder = AigBuilder()
    a, b = builder.inputs(["a", "b"])
    latch = builder.latch("s")
    builder.set_next(latch, value)
    builder.outputs(["y", "k"], [builder.and_(a, b), value])
    made = map_cells(builder.build(), read_library(path), real("abc"))
    assert made.verdict.answer == "equivalent"
    assert made.netlist.area == 3 + 6 * ("high" in constants and value == TRUE)  # one for each root


@pytest.mark.heavy
@settings(max_examples=12, deadline=None)
@given(aigs(properties=True), st.integers(2, 8), st.booleans())
def test_mapped_netlists_are_proven_and_compute_the_same(aig: Aig, size: int, cells: bool) -> None:
    abc = real("abc")
    found = map_cells(aig, SIMPLE, abc) if cells else map_luts(aig, size, abc)
    assert found.verdict.answer == "equivalent"
    assert all(len(gate.inputs) <= size or cells for gate in found.netlist.gates)
    patterns = np.random.default_rng(0).integers(0, 2, (64, aig.first_and - 1))
    roots = len(aig.outputs) + len(aig.latches)
    assert (evaluated(found.netlist, patterns)[:, :roots] == expected(aig, patterns)).all()


@pytest.mark.heavy
@pytest.mark.parametrize(("size", "cells"), [(4, False), (6, False), (0, True)])
def test_a_wrong_table_is_no_proof(size: int, cells: bool) -> None:
    aig = multiplier(4, False)
    mapped = (map_cells(aig, SIMPLE, real("abc")) if cells else map_luts(aig, size, real("abc"))).netlist
    patterns = np.array([[row >> bit & 1 for bit in range(8)] for row in range(256)])
    rng = np.random.default_rng(1)
    for place in rng.permutation(len(mapped.gates))[:8]:
        gate = mapped.gates[place]
        flipped = 1 << int(rng.integers(1 << len(gate.inputs)))
        wrong = replace(gate, kind=replace(gate.kind, table=gate.kind.table ^ flipped))
        faulty = replace(mapped, gates=(*mapped.gates[:place], wrong, *mapped.gates[place + 1 :]))
        same = bool((evaluated(faulty, patterns) == expected(aig, patterns)).all())
        assert prove_mapped(faulty).answer == ("equivalent" if same else "different")


def test_a_swapped_signal_is_no_proof() -> None:
    aig = multiplier(3, False)
    mapped = map_luts(aig, 4, real("abc")).netlist
    swapped = replace(mapped, roots=(*mapped.roots[1::-1], *mapped.roots[2:]))
    assert prove_mapped(swapped).answer == "different"


def test_cones_may_end_at_one_of_the_nodes_that_are_equal() -> None:
    """A mapper does not know that nodes which differ in structure are equal: it may go through one to the other."""
    builder = AigBuilder()
    a, b, c = builder.inputs(["a", "b", "c"])
    node = builder.and_(builder.and_(a, b), c)
    same = builder.and_(a, builder.and_(b, c))
    builder.output("y", builder.and_(node ^ 1, same ^ 1))
    through = replace(SIMPLE.cells["aoi21"], table=0b01110000)  # not `same`, from what that reads, and not `node`
    gates = (Gate(SIMPLE.cells["and2"], (2, 3)), Gate(SIMPLE.cells["nand3"], (1, 2, 3)), Gate(through, (1, 4, 5)))
    assert prove_mapped(Mapped(builder.build(), gates, (6,))).method == "truth tables of all gates"


def test_inputs_that_a_mapper_left_out_count_as_anything() -> None:
    builder = AigBuilder()
    a, b, c = builder.inputs(["a", "b", "c"])
    hidden = builder.and_(builder.and_(a, b), builder.or_(a, c))  # is a & b
    builder.output("y", builder.and_(hidden, b))
    gate = Gate(replace(SIMPLE.cells["and2"]), (1, 2))
    assert prove_mapped(Mapped(builder.build(), (gate,), (4,))).method == "truth tables of all gates"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "says nothing of the gates"),
        ("nd = 7 lev = 0", "says 7 of the gates"),
        ("nd = 6 lev = 0", "to another one"),
    ],
)
def test_what_abc_says_is_checked(said: str, why: str, tmp_path: Path) -> None:
    aig = multiplier(3, False)
    liar = fake_abc(tmp_path, f"open('out.blif', 'w').write({blif_of(aig)!r}); print({said!r})")
    with pytest.raises(ToolError, match=why):
        measured(aig, Wanted(lut_size=6), liar)


def test_fewer_levels_than_there_are_are_not_believed(tmp_path: Path) -> None:
    builder = AigBuilder()
    builder.output("y", builder.and_(*builder.inputs(["a", "b"])))
    blif = ".model in\n.inputs i0 i1\n.outputs o0\n.names i0 i1 o0\n11 1\n.end\n"
    liar = fake_abc(tmp_path, f"open('out.blif', 'w').write({blif!r}); print('nd = 1 lev = 0')")
    with pytest.raises(ToolError, match="says 0 of the levels"):
        map_luts(builder.build(), 6, liar)


def test_another_shape_is_refused(tmp_path: Path) -> None:
    other = fake_abc(tmp_path, "open('out.blif', 'w').write('.model a\\n.end\\n')")
    with pytest.raises(ToolError, match=r"cannot be used .* other inputs"):
        map_luts(multiplier(3, False), 6, other)


def blif_of(aig: Aig) -> str:
    """A mapped netlist of that shape, whose outputs are all 0."""
    inputs, outputs = (
        " ".join(f"{kind}{i}" for i in range(len(of))) for kind, of in (("i", aig.inputs), ("o", aig.outputs))
    )
    return "\n".join(
        [".model x", f".inputs {inputs}", f".outputs {outputs}", *(f".names {o}" for o in outputs.split()), ".end"]
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([".names i0 i1 o0"], "does not drive 'o1'"),
        ([".names i0 i1 o0", "11 1", ".names o0 o0", "1 1"], "twice"),
        ([".names o1 o0", "1 1", ".names o0 o1", "1 1"], "cycle"),
        ([".names who o0", "1 1", ".names o1"], "does not drive 'who'"),
        ([".gate nope a=i0 y=o0", ".names o1"], "'nope' that the library has not"),
        ([".gate inv a=i0 z=o0", ".names o1"], "'inv' that the library has not"),
        ([f".names {'i0 ' * 9}o0", ".names o1"], "a table of 9 inputs"),
    ],
)
def test_other_blif_is_refused(lines: list[str], said: str) -> None:
    builder = AigBuilder()
    a, b = builder.inputs(["a", "b"])
    builder.outputs(["x", "y"], [a, b])
    text = "\n".join([".model x", ".inputs i0 i1", ".outputs o0 o1", *lines, ".end"])
    with pytest.raises(InputError, match=said):
        parse_mapped(text.encode(), builder.build(), SIMPLE.cells)


def test_sizes_have_limits() -> None:
    with pytest.raises(InputError, match="2 to 8 inputs"):
        map_luts(multiplier(2, False), 9, real("abc"))


@pytest.mark.heavy
def test_the_commands_show_them(call: Call, netlist: Path, tmp_path: Path) -> None:
    facts = call("stats", netlist, "--lut-size", "6", "--library", "simple", "--xag", "--json").json
    assert {"luts", "lut_levels", "cells", "area", "delay", "xag_ands", "xag_xors", "xag_depth"} <= facts.keys()
    assert [made["verdict"] for made in facts["mappings"]] == ["equivalent"] * 2
    assert "if -K 4: read back, equivalent" in call("stats", netlist, "--lut-size", "4").out
    ran = call("run", netlist, "fraig", "--lut-size", "6", "--out", tmp_path / "runs", "--json").json
    assert ran["figures"]["luts"] == ran["runs"][0]["figures"]["luts"] > 0
    rows = call("diff", netlist, ran["netlist"], "--lut-size", "6", "--json").json["rows"]
    assert (rows[0]["luts"], rows[1]["luts"]) == (facts["luts"], ran["figures"]["luts"])


@pytest.mark.heavy
def test_limits(call: Call, netlist: Path) -> None:
    assert call("diff", netlist, "--limit", "luts=1e6", "--limit", "ands=1000000").code == 0
    above = call("diff", netlist, "--limit", "area=1", "--limit", "levels=1000", "--json")
    assert (above.code, len(above.json["above"])) == (1, 1)
    assert "area" in above.json["above"][0]
    for wrong, said in (
        ("size=3", "there are inputs, latches,"),
        ("luts", "FIGURE=NUMBER"),
        ("ands=few", "FIGURE=NUMBER"),
        ("ands=nan", "FIGURE=NUMBER"),
        ("luts=7", "luts has a limit already"),
    ):
        refused = call("diff", netlist, "--limit", wrong, "--limit", "luts=1")
        assert_one_line(refused)
        assert said in refused.err
    assert_one_line(call("stats", netlist, "--library", "nowhere.genlib"))
    assert_one_line(call("stats", netlist, "--library", netlist))


def test_names_in_quotes_are_names(tmp_path: Path) -> None:
    (tmp_path / "quoted.genlib").write_text(re.sub(r"GATE (\w+)", r'GATE "\1"', SIMPLE.data.decode()))
    library = read_library(tmp_path / "quoted.genlib")
    assert library.cells == SIMPLE.cells
    mapped, known = (map_cells(multiplier(3, False), each, real("abc")) for each in (library, SIMPLE))
    assert mapped.verdict.answer == "equivalent"
    assert (mapped.netlist.gates, mapped.delay) == (known.netlist.gates, known.delay)


def test_limits_hold_only_if_the_figures_are_proven(call: Call, netlist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undecided = Verdict("undecided", "none", 0.0, reason="no time")
    monkeypatch.setattr("bridge.flow.mapping.prove_mapped", lambda *_: undecided)
    for limits, code in ((["luts=1e6"], 3), (["luts=1"], 1), (["ands=1e6"], 0), (["xag_ands=1e6", "ands=1e6"], 0)):
        asked = [word for limit in limits for word in ("--limit", limit)]
        assert call("diff", netlist, *asked).code == code
    assert call("diff", netlist, "--lut-size", "6").code == 0


@pytest.mark.heavy
def test_the_report_shows_them(tmp_path: Path) -> None:
    aig = random_netlist(4, nodes=100)
    write_report([aig], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    shown = page.split('<section id="mapped"')[1].split("</section>")[0]
    luts = measured(aig, Wanted(lut_size=6)).numbers["luts"]
    assert f'<td class="number">{luts}</td>' in shown
    assert "What ABC&#39;s if -K 6 made of the netlist computes the same" in page.split('<section id="proofs"')[1]


def test_a_table_that_ignores_its_inputs_has_no_level() -> None:
    ands = np.array([[2, 1], [0, 0], [4, 3], [12, 8]], np.uint32)
    aig = Aig(("clk", "n3"), (Latch("n12", 14, 0),), ands, ())
    made = map_luts(aig, 2, real("abc"))
    assert (made.netlist.levels, made.verdict.answer) == (0, "equivalent")
