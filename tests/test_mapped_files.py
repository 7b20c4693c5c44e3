"""Mapped netlists as BLIF and Verilog: what is written is read back, by us and by others, and is the same function."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import FALSE, Aig, AigBuilder
from bridge.aig.cut import core
from bridge.errors import InputError
from bridge.flow.mapping import map_cells, map_luts
from bridge.formats import read_netlist, write_mapped, write_netlist
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.formats.mapped.library import Kind, lookup_table, read_library
from bridge.formats.mapped.netlist import Gate, Mapped
from support.command_line import Call, assert_one_line
from support.netlists import multiplier, random_netlist, same_function, truth
from support.strategies import aigs
from support.tools import convert, real

SIMPLE = read_library("simple")
Folders = pytest.TempPathFactory


THEIRS = {
    "x.blif": ".model m\n.inputs a b\n.outputs y\n.gate nand2 a=a b=b y=n\n.gate inv a=n y=y\n.end\n",
    "x.v": "module m (a, b, y);\n input a, b;\n output y;\n wire n;\n nand2 u (.a(a), .b(a & b), .y(n));\n"
    " inv v (.a(n), .y(y));\nendmodule\n",
}


@pytest.mark.parametrize("reader", ["pyslang", "pyverilog"])
@pytest.mark.parametrize("name", THEIRS)
def test_check_reads_the_gates_of_a_library(call: Call, tmp_path: Path, name: str, reader: str) -> None:
    """Files of others name the cells, and do not say what they are."""
    builder = AigBuilder("m")
    builder.output("y", builder.and_(*builder.inputs(["a", "b"])))
    write_netlist(builder.build(), tmp_path / "x.aig")
    (tmp_path / name).write_text(THEIRS[name])
    options = ("--reader", reader)
    for pair in (("x.aig", name), (name, "x.aig")):
        assert call("check", *pair, *options, "--library", "simple").code == 0
    wrong = THEIRS[name].replace("nand2", "nor2")
    (tmp_path / name).write_text(wrong)
    assert call("check", "x.aig", name, *options, "--library", "simple").code == 1
    called = call("check", "x.aig", name, *options)
    assert_one_line(called)
    assert "--library" in called.err
    (tmp_path / name).write_text(wrong.replace("y=n", "z=n").replace(".y(n)", ".z(n)"))
    called = call("check", "x.aig", name, *options, "--library", "simple")
    assert_one_line(called)
    assert "must connect exactly the pins a, b, y" in called.err


def written(aig: Aig, path: Path, size: int) -> Path:
    """With tables of so many inputs, or cells for 0."""
    abc = real("abc")
    write_mapped((map_luts(aig, size, abc) if size else map_cells(aig, SIMPLE, abc)).netlist, path)
    return path


def interface(aig: Aig) -> tuple[object, ...]:
    outputs = tuple(output.name for output in aig.outputs)
    return aig.name, aig.inputs, outputs, tuple((latch.name, latch.reset) for latch in aig.latches), aig.comment


@pytest.mark.heavy
@settings(max_examples=15, deadline=None)
@given(aigs(properties=True), st.sampled_from([0, 2, 6]), st.sampled_from([".blif", ".v"]))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, aig: Aig, size: int, suffix: str
) -> None:
    path = written(aig, tmp_path_factory.mktemp("mapped") / f"x{suffix}", size)
    found = read_netlist(path)
    assert interface(found) == interface(aig)
    assert (truth(found) == truth(aig)).all()
    assert [*map(len, vars(found.properties).values())] == [*map(len, vars(aig.properties).values())]


@pytest.mark.parametrize("size", [0, 4])
def test_other_programs_read_it(size: int, tmp_path: Path) -> None:
    aig = multiplier(4, False)
    blif = written(aig, tmp_path / "x.blif", size).read_text()
    read = "read_genlib in.genlib; " if size == 0 else ""
    (tmp_path / "in.genlib").write_bytes(SIMPLE.data)
    (tmp_path / "in.blif").write_text(blif)
    script = f"{read}read_blif in.blif; strash; write_aiger out.aig"
    subprocess.run([real("abc").path, "-q", script], cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert same_function(parse_aiger((tmp_path / "out.aig").read_bytes(), "abc"), core(aig))
    verilog = written(aig, tmp_path / "x.v", size).read_text()
    commands = "read_verilog in.v; hierarchy -auto-top; flatten; proc; aigmap; write_aiger -symbols out.aig"
    mapped = parse_aiger(convert("yosys", verilog, ".v", commands, "out.aig"), "yosys")
    write_netlist(mapped, tmp_path / "y.aig")
    assert (truth(aligned_by_name(mapped, aig)) == truth(aig)).all()
    assert same_function(read_netlist(tmp_path / "x.v", reader="pyverilog"), aig)


def aligned_by_name(aig: Aig, like: Aig) -> Aig:
    from bridge.aig.interface import aligned

    return aligned(like, aig)


def test_gates_of_a_library_are_read(call: Call, tmp_path: Path) -> None:
    aig = random_netlist(2, nodes=80)
    write_netlist(aig, tmp_path / "a.aig")
    (tmp_path / "in.aig").write_bytes(format_aiger(core(aig)))
    (tmp_path / "in.genlib").write_bytes(SIMPLE.data)
    script = "read_genlib in.genlib; read_aiger in.aig; strash; map; write_blif out.blif"
    subprocess.run([real("abc").path, "-q", script], cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert ".gate" in (tmp_path / "out.blif").read_text()
    assert same_function(read_netlist(tmp_path / "out.blif", library=SIMPLE), core(aig))
    with pytest.raises(InputError, match="name its library"):
        read_netlist(tmp_path / "out.blif")
    assert call("convert", tmp_path / "out.blif", tmp_path / "b.aig", "--library", "simple").code == 0
    wrong = (tmp_path / "out.blif").read_text().replace("y=", "z=")
    (tmp_path / "out.blif").write_text(wrong)
    with pytest.raises(InputError, match="must connect exactly the pins"):
        read_netlist(tmp_path / "out.blif", library=SIMPLE)


@pytest.mark.heavy
def test_convert_maps(call: Call, netlist: Path, tmp_path: Path) -> None:
    for suffix, option in ((".blif", "--lut-size=6"), (".v", "--lut-size=4"), (".blif", "--library=simple")):
        out = tmp_path / f"mapped{suffix}"
        facts = call("convert", netlist, out, option, "--json").json
        assert facts["mappings"][0]["verdict"] == "equivalent"
        assert call("check", netlist, out).code == 0
    assert (tmp_path / "mapped.blif").read_text().count("\n.gate ") == facts["cells"]
    assert_one_line(call("convert", netlist, tmp_path / "x.aig", "--lut-size", "6"))
    assert not (tmp_path / "x.aig").exists()


def test_cells_called_like_anything(tmp_path: Path) -> None:
    """Words of Verilog, and the name of the netlist itself."""
    aig = replace(multiplier(3, False), name="inv")
    mapped = map_cells(aig, SIMPLE, real("abc")).netlist
    gates = tuple(
        replace(
            gate, kind=replace(gate.kind, name={"nand2": "and", "and2": "$x<1>"}.get(gate.kind.name, gate.kind.name))
        )
        for gate in mapped.gates
    )
    for suffix in (".v", ".blif"):
        write_mapped(replace(mapped, gates=gates), tmp_path / f"a{suffix}")
        found = read_netlist(tmp_path / f"a{suffix}")
        assert found.name == "inv"
        assert same_function(found, aig)


@pytest.mark.parametrize("suffix", [".v", ".blif"])
def test_netlists_and_cells_called_like_tables(suffix: str, tmp_path: Path) -> None:
    """A cell is called like a constant, which has no cell, and the netlist like a table of its own."""
    builder = AigBuilder("lut2_8")
    builder.output("y", builder.and_(builder.input("a"), builder.input("b")))
    builder.output("no", FALSE)
    aig = builder.build()
    both = Kind("lut0_0", 1.0, ("a", "b"), "y", 0b1000)
    for kind in (both, lookup_table(2, 0b1000)):
        mapped = Mapped(aig, (Gate(kind, (1, 2)), Gate(lookup_table(0, 0), ())), (3, 4))
        write_mapped(mapped, tmp_path / f"a{suffix}")
        assert same_function(read_netlist(tmp_path / f"a{suffix}"), aig)


WRONG = ('{"inv":1}', '{"inv":[["a","a"],"y","1"]}', '{"inv":[["a"],"y","5"]}', "[]", '{"i":[[1],"y","1"]}')


@pytest.mark.parametrize("gates", WRONG)
def test_a_comment_that_tells_no_gates_is_refused(gates: str, tmp_path: Path) -> None:
    path = tmp_path / "a.blif"
    comment = f'# aigbridge {{"aigbridge":1,"gates":{gates}}}'
    path.write_text("\n".join([comment, ".model a", ".inputs a", ".outputs y", ".gate inv a=a y=y", ".end", ""]))
    with pytest.raises(InputError, match=r"a\.blif:1: the aigbridge comment is malformed"):
        read_netlist(path)
