"""melt, encoder, eval --data and testbenches at the command line."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import Cell, lower, predict, read_netlist, run, write_netlist
from bridge.errors import InputError
from bridge.files.arrays import read_arrays
from bridge.formats.testbench import write_testbench
from bridge.metadata import read_metadata
from support.command_line import Call, assert_one_line
from support.integer_cells import random_integer_cell
from support.tools import skip_or_fail
from support.toy_importer import TOY, written


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.melting.importers", lambda: (TOY,))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.npz"
    x = np.random.default_rng(0).normal(size=(200, 2))
    np.savez(path, x=x, y=np.where(x[:, 0] > 0.5, 1, 0), other=np.array([1]))
    return path


@pytest.fixture
def model(call: Call, tmp_path: Path) -> Path:
    assert call("melt", written(tmp_path), "-o", "c.safetensors").code == 0
    return tmp_path / "c.safetensors"


def test_melt_says_what_was_made(call: Call, tmp_path: Path) -> None:
    called = call("melt", written(tmp_path, inexact=1), "-o", "c.safetensors", "--labels", "no,yes", "--name", "mine")
    assert called.code == 0, called.err
    lines = called.out.splitlines()
    assert lines[0] == "c.safetensors: toy; 2 integers 0..2 made of 2 features -> 1 Linear -> 2 labels (no, yes)"
    assert lines[1:3] == ["not exact: a score may be off by 0.25, in the units of the original", "note: a toy"]
    cell = Cell.load("c.safetensors")
    assert cell.name == "mine"
    assert lines[3].startswith("next: aigbridge ")
    assert call(*lines[3].split()[2:]).code == 0  # the next command runs as it stands
    assert read_metadata(read_netlist(tmp_path / "c.aig")).cell == cell.digest


def test_melt_as_json(call: Call, tmp_path: Path) -> None:
    facts = call("melt", written(tmp_path), "-o", "c.safetensors", "--check", "50", "--json").json
    assert facts["blocks"] == {"Input": 1, "Linear": 1, "Scores": 1}
    assert facts["labels"] == ["a", "b"]
    assert facts["melt"]["kind"] == "toy"
    assert facts["check"]["good"]
    assert (facts["check"]["rows"], facts["check"]["equal"]) == (50, 50)


def test_a_good_check(call: Call, tmp_path: Path, data: Path) -> None:
    called = call("melt", written(tmp_path), "-o", "c.safetensors", "--check", data)
    assert called.code == 0
    assert "checked against toy 1.0: 200 of 200 rows equal" in called.out
    assert "gives what the cell gives on all of them" in called.out
    assert call("melt", written(tmp_path), "-o", "d.safetensors", "--check", 9, "--input-range", "0..3").code == 0


def test_rows_of_another_shape_are_named(call: Call, tmp_path: Path) -> None:
    np.savez(tmp_path / "narrow.npz", x=np.zeros((3, 1)))
    called = call("melt", written(tmp_path), "-o", "c.safetensors", "--check", "narrow.npz")
    assert called.code == 2
    assert_one_line(called)
    assert "narrow.npz: raw data must be numbers [rows, 2]" in called.err


def test_rounds_are_for_boosted_trees(call: Call, tmp_path: Path) -> None:
    called = call("melt", written(tmp_path), "-o", "c.safetensors", "--rounds", 3)
    assert called.code == 2
    assert "has no option 'rounds'" in called.err


def test_a_bad_check_writes_nothing(call: Call, tmp_path: Path) -> None:
    called = call("melt", written(tmp_path, wrong=1), "-o", "c.safetensors", "--check", "500")
    assert called.code == 1
    assert "different: row " in called.out
    assert "nothing is written" in called.out
    assert not (tmp_path / "c.safetensors").exists()
    facts = call("melt", written(tmp_path, wrong=1), "-o", "c.safetensors", "--check", "500", "--json")
    assert facts.code == 1
    assert facts.json["out"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["gone.json", "-o", "c.safetensors"],
        ["toy.json", "-o", "c.txt"],
        ["toy.json", "-o", "nowhere/c.safetensors"],
        ["toy.json", "-o", "c.safetensors", "--labels", "a"],
        ["toy.json", "-o", "c.safetensors", "--labels", "a,"],
        ["toy.json", "-o", "c.safetensors", "--leaf-bits", "8"],
        ["toy.json", "-o", "c.safetensors", "--input-range", "many"],
        ["toy.json", "-o", "c.safetensors", "--check", "0"],
        ["toy.json", "-o", "c.safetensors", "--check", "99999999999999"],
        ["toy.json", "-o", "c.safetensors", "--check", "gone.npz"],
        ["toy.json", "-o", "c.safetensors", "--check", "toy.json"],
        ["toy.json"],
    ],
)
def test_melt_refuses_in_one_line(arguments: list[str], call: Call, tmp_path: Path) -> None:
    written(tmp_path)
    assert_one_line(call("melt", *arguments))
    assert [path.name for path in tmp_path.iterdir()] == ["toy.json"]


def test_eval_of_classes(call: Call, model: Path, data: Path, tmp_path: Path) -> None:
    cell, rows = Cell.load(model), np.load(data)
    correct = int((predict(cell, rows["x"]) == np.array(["a", "b"])[rows["y"]]).sum())
    write_netlist(lower(cell), tmp_path / "n.v")
    for name in (model, tmp_path / "n.v"):
        called = call("eval", name, "--data", data)
        assert called.out.splitlines()[0] == f"accuracy {correct / 200:.2%}: {correct} of 200 rows"
        facts = call("eval", name, "--data", data, "--json").json
        assert (facts["correct"], facts["rows"]) == (correct, 200)
        assert np.trace(facts["confusion"]) == correct


def test_eval_of_estimates(call: Call, tmp_path: Path) -> None:
    assert call("melt", written(tmp_path, weights=[[1, 2]], labels=["y"]), "-o", "c.safetensors").code == 0
    np.savez("d.npz", x=np.array([[0.7, 0.0], [2.0, -1.0]]), y=np.array([2.0, 3.0]))
    called = call("eval", "c.safetensors", "--data", "d.npz")
    assert called.out == "mean absolute error 1, root mean squared 1, R2 -3.0000 on 2 rows\n"
    assert call("eval", "c.safetensors", "--data", "d.npz", "--json").json["mae"] == 1


def test_images_are_laid_out_flat(call: Call, model: Path) -> None:
    np.savez("d.npz", x=np.zeros((3, 1, 2)), y=np.zeros(3, int))
    assert call("eval", model, "--data", "d.npz", "--json").json["rows"] == 3


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": np.zeros((3, 2))}, "has no array 'y'"),
        ({"y": np.zeros(3)}, "has no array 'x'"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(2)}, "3 rows of x, but 2 of y"),
        ({"x": np.zeros((3, 1)), "y": np.zeros(3)}, "raw data must be numbers"),
        ({"x": np.zeros(3), "y": np.zeros(3)}, "x must be numbers of shape"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "x must be numbers of shape"),
        ({"x": np.zeros((3, 2)), "y": np.array(["a", "b", "z"])}, "'z' is no label"),
        ({"x": np.full((3, 2), np.nan), "y": np.zeros(3)}, "is missing"),
        ({"x": np.zeros((3, 2), complex), "y": np.zeros(3)}, "only numbers and text"),
    ],
)
def test_rows_that_do_not_fit(arrays: dict[str, Any], sentence: str, call: Call, model: Path) -> None:
    np.savez("d.npz", **arrays)
    called = call("eval", model, "--data", "d.npz")
    assert_one_line(called)
    assert "d.npz" in called.err
    assert sentence in called.err


def test_eval_needs_to_know_what_on(call: Call, model: Path, data: Path, cell: Path, text: Path) -> None:
    assert_one_line(call("eval", model))
    assert_one_line(call("eval", model, "--text", text))
    assert_one_line(call("eval", cell, "--data", data))
    assert_one_line(call("eval", model, "--data", data, "--exact"))


def test_encoders_come_out(call: Call, model: Path, tmp_path: Path) -> None:
    write_netlist(lower(Cell.load(model)), tmp_path / "n.blif")
    assert call("encoder", model, "-o", "e.json").out == "e.json: the encoder of x (2 integers)\n"
    assert call("encoder", "n.blif", "-o", "f.json").code == 0
    assert (tmp_path / "e.json").read_text() == (tmp_path / "f.json").read_text()
    assert json.loads((tmp_path / "e.json").read_text())["labels"] == ["a", "b"]
    assert "int encode(" in (call("encoder", model, "-o", "e.c"), (tmp_path / "e.c").read_text())[1]
    assert_one_line(call("encoder", "tiny", "-o", "g.json"))
    assert_one_line(call("encoder", model, "-o", "g.py"))


def simulated(folder: Path, name: str) -> str:
    """What Icarus says of a testbench."""
    if shutil.which("iverilog") is None:
        skip_or_fail("iverilog is not installed")
    command = ["iverilog", "-Wall", "-Wno-timescale", "-g2005", "-o", "t.vvp", f"{name}.v", f"{name}_tb.v"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert made.stderr == ""
    return subprocess.run(["vvp", "-n", "t.vvp"], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_testbenches_at_the_command_line(call: Call, model: Path, tmp_path: Path) -> None:
    assert call("lower", model, "-o", "n.v", "--testbench", 40).out.splitlines()[1:] == ["n_tb.v", "n_tb.mem"]
    assert simulated(tmp_path, "n") == "PASS: 40 vectors\n"
    assert call("convert", "n.v", "m.v", "--testbench", 7, "--json").json["testbench"] == ["m_tb.v", "m_tb.mem"]
    assert simulated(tmp_path, "m") == "PASS: 7 vectors\n"
    text = (tmp_path / "m.v").read_text()
    (tmp_path / "m.v").write_text(text.replace("& ~", "& ", 1).replace(" & n", " & ~n", 1))
    assert simulated(tmp_path, "m").splitlines()[-1].startswith("FAIL: ")
    assert_one_line(call("convert", "n.v", "n.aig", "--testbench", 7))


@pytest.mark.heavy
def test_testbenches_of_machines(tmp_path: Path) -> None:
    for seed in range(4):
        aig = lower(random_integer_cell(seed, 6, state=True, text=seed == 3))
        write_netlist(aig, tmp_path / "m.v")
        write_testbench(aig, tmp_path / "m.v", 30, seed)
        assert simulated(tmp_path, "m") == "PASS: 30 vectors\n"


def vectors_in(path: Path) -> list[int]:
    return [int(line, 16) for line in path.read_text().split()]


def test_vectors_are_what_the_cell_says(call: Call, model: Path, tmp_path: Path) -> None:
    """So a testbench does not only say that two netlists agree."""
    assert call("lower", model, "-o", "n.v", "--testbench", 60).code == 0
    cell = Cell.load(model)
    aig = lower(cell)
    widths = [sum(o.name.startswith(f"{name}[") for o in aig.outputs) for name in cell.numbers]
    for vector in vectors_in(tmp_path / "n_tb.mem"):
        given = vector >> len(aig.outputs)
        bits = np.array([[given >> place & 1 for place in range(len(aig.inputs))]], np.uint8)
        x = cell.ranges["x"].decode(bits)
        place = 0
        for number, width in zip(run(cell, x, encoded=True)[0].tolist(), widths, strict=True):
            assert vector >> place & (1 << width) - 1 == number & (1 << width) - 1
            place += width


def npz(**arrays: Any) -> bytes:
    path = Path("made.npz")
    np.savez_compressed(path, **arrays)
    return path.read_bytes()


def test_hostile_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = Path("h.npz")
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }"
    sizes = [b"1000000000000", b"-1", b"2", b"10**9", b"'a'", b"True"]
    bad = [(header % size).ljust(127) + b"\n" for size in sizes]
    bad += [b"", b"\x93NUMPY", b"\x93NUMPY\x03\x00\xff\xff\xff\xff", b"[" * 5000, bad[0][:60]]
    for data in bad:
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("x.npy", data)
        with pytest.raises(InputError, match=r"h\.npz"):
            read_arrays(place, "x")
    np.savez(place, x=np.array([{}], object))
    with pytest.raises(InputError, match="only numbers and text are read"):
        read_arrays(place, "x")
    place.write_bytes(npz(x=np.zeros(1 << 20)))
    with pytest.raises(InputError, match="larger than"):
        read_arrays(place, "x", limit=1 << 20)
    place.write_bytes(npz(x=np.asfortranarray([[1, 2], [3, 4]]), y=np.array(["a"])))
    assert read_arrays(place, "x", "y", "z")["x"].tolist() == [[1, 2], [3, 4]]
    assert set(read_arrays(place, "x", "y", "z")) == {"x", "y"}


def mutated(data: bytes, rng: random.Random) -> bytes:
    """With some bytes changed, gone or repeated."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        start = rng.randrange(len(changed))
        stop = start + rng.randint(0, 12)
        some = bytes(rng.choice([0, 255, 45, 57, 91, rng.randrange(256)]) for _ in range(rng.randint(0, 12)))
        changed[start:stop] = rng.choice([some, bytes(changed[start:stop]) * 2, some[:1]])
        if not changed:
            return b""
    return bytes(changed)


@pytest.mark.heavy
def test_mutants_of_data_and_comments_are_refused_in_one_line(call: Call, model: Path, data: Path) -> None:
    write_netlist(lower(Cell.load(model)), "n.aag")
    rng, codes = random.Random(0), set[int]()
    small = npz(x=np.load(data)["x"][:9], y=np.load(data)["y"][:9])
    netlist = Path("n.aag").read_bytes()
    for number in range(60):
        Path("m.npz").write_bytes(mutated(small, rng) if number % 2 else small)
        start = netlist.index(b'{"aigbridge"')
        comment = netlist[start:] if number % 2 else mutated(netlist[start:], rng)
        Path("m.aag").write_bytes(netlist[:start] + comment)
        called = call("eval", "m.aag", "--data", "m.npz")
        codes.add(called.code)
        if called.code:
            assert_one_line(called)
    assert codes == {0, 2}
