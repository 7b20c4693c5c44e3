"""Verilog that is damaged, deep or huge: an error or a netlist, in bounded time and memory."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, Output
from bridge.errors import InputError
from bridge.formats.verilog import parse_verilog, read_verilog
from bridge.formats.verilog_write import format_verilog, write_verilog
from support.strategies import aigs
from support.verilog import READERS, module, parse


@pytest.mark.heavy
def test_deep_netlists_and_long_expressions() -> None:
    depth = 3000
    wires = [f"wire w{index};\nassign w{index} = w{index + 1} & ~a;" for index in range(depth)]
    chain = " & ".join(["b", *["a"] * depth])
    aig = parse(module("\n".join([*wires, f"wire w{depth};", f"assign w{depth} = b ^ a;", "assign y = w0;"])))
    assert aig.levels().max() == depth + 2
    assert len(parse(module(f"assign y = {chain};")).ands) == depth
    assert (
        len(parse(module(f"wire [1:0] v; assign v = {{b, a}}; assign y = {chain.replace('a', 'v[0]')};")).ands) == depth
    )


@pytest.mark.heavy
def test_words_must_not_explode() -> None:
    body = f"wire [65535:0] v;\nassign v = {' & '.join(['v'] * 400)};"
    with pytest.raises(InputError, match=r"x\.v:5: vectors .* too large"):
        parse_verilog(module(body).encode(), "x.v")


@pytest.mark.heavy
@given(data=st.data())
@settings(max_examples=60)
def test_damaged_files_are_an_error_or_another_netlist(data: st.DataObject) -> None:
    raw = bytearray(format_verilog(data.draw(aigs()), cells=data.draw(st.booleans())).encode())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(1, len(raw)))]
    for _ in range(data.draw(st.integers(0, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    results = []
    for reader in READERS:
        with contextlib.suppress(InputError):
            results.append(parse_verilog(bytes(raw), "x.v", reader=reader))
    assert len(results) < 2 or results[0] == results[1]


def test_pyverilog_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_verilog(Aig(("a",), (), np.empty((0, 2)), (Output("y", 3),)), tmp_path / "x.v")
    monkeypatch.chdir(tmp_path)
    read_verilog("x.v", reader="pyverilog")
    assert [path.name for path in tmp_path.iterdir()] == ["x.v"]
    assert capfd.readouterr() == ("", "")
