"""Verilog texts, read by both readers."""

from __future__ import annotations

from bridge.aig import Aig
from bridge.formats import Frontend
from bridge.formats.verilog import parse_verilog

READERS: tuple[Frontend, ...] = ("pyslang", "pyverilog")


def parse(text: str | bytes) -> Aig:
    """What both readers make of the text; they must agree."""
    data = text.encode() if isinstance(text, str) else text
    first, second = (parse_verilog(data, "x.v", reader=reader) for reader in READERS)
    assert first == second
    return first


def module(body: str) -> str:
    return f"module m (a, b, y, clk);\n  input a, b, clk;\n  output y;\n{body}\nendmodule\n"
