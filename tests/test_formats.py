"""Netlist files by their suffix, and what all formats share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge.aig import Aig, Latch, Output
from bridge.errors import InputError
from bridge.formats import FORMATS, WHOLE, read_netlist, write_netlist
from bridge.formats.names import distinct, signal_names
from support.netlists import truth


def small() -> Aig:
    """One AND, one latch, names that need escapes, points and a comment."""
    return Aig(
        inputs=("byte[0]", "enable now"),
        latches=(Latch("state.h[3]", 9, 1),),
        ands=np.array([[6, 3]]),
        outputs=(Output("logit.10[0]", 8), Output("byte[0]", 2)),
        points=(Output("h[0]", 9),),
        name="cell",
        comment='{"aigbridge":1,"scale":0.5}\nby hand',
    ).validate()


@pytest.mark.parametrize("suffix", [*WHOLE, ".AIG"])
def test_every_suffix_round_trips(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    write_netlist(small(), path)
    assert read_netlist(path) == small()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_other_suffixes_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.txt: a netlist file must end in \.aig, \.aag, \.v, \.blif.* or \.truth"):
        read_netlist(tmp_path / "x.txt")
    with pytest.raises(InputError, match="must end in"):
        write_netlist(small(), tmp_path / "x")


@pytest.mark.parametrize("suffix", FORMATS)
def test_functions_come_back_from_every_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    function = Aig(("a", "b"), (), np.array([[4, 3]]), (Output("y", 7), Output("z", 2))).validate()
    write_netlist(function, path)
    assert np.array_equal(truth(read_netlist(path)), truth(function))


@pytest.mark.parametrize("suffix", WHOLE)
def test_missing_and_empty_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    with pytest.raises(InputError, match="cannot read"):
        read_netlist(path)
    path.touch()
    with pytest.raises(InputError, match="is empty"):
        read_netlist(path)


def test_unknown_reader(tmp_path: Path) -> None:
    write_netlist(small(), tmp_path / "x.v")
    with pytest.raises(InputError, match="no Verilog reader 'other'"):
        read_netlist(tmp_path / "x.v", reader="other")  # type: ignore[arg-type]


def test_distinct_names() -> None:
    assert distinct(["a", None, "a", None], ["", "a", "", "i3"]) == ["a", "a_1", "a_2", "i3"]
    assert distinct([None, "i0"], ["i0", "i1"]) == ["i0_1", "i0"]
    assert distinct(["wire"], [""], {"wire"}) == ["wire_1"]


def test_the_interface_keeps_its_names() -> None:
    aig = Aig(("a b", "clk"), (Latch("y", 4),), np.empty((0, 2)), (Output("y", 6), Output("n1", 0)), name="y")
    names = signal_names(aig)
    assert (names.module, names.inputs, names.outputs) == ("y_2", ["a_b", "clk"], ["y", "n1"])
    assert (names.latches, names.clock, names.prefix) == (["y_1"], "clk_1", "_n")
    assert names.originals == {"a_b": "a b", "y_1": "y"}
