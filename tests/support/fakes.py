"""Tools that lie, crash or serve what a test wants, in place of the real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.aig import Aig
from bridge.aig.cut import cut
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain import Tool
from support.tools import real


def use_fake(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """An ABC that does this in every step; it says nothing about itself, at once."""
    quiet = "if '-q' in sys.argv or 'help' in open(sys.argv[3]).read(): sys.exit()"
    monkeypatch.setenv("AIGBRIDGE_ABC", str(fake(folder, f"{quiet}\n{body}")))


def served(tmp_path: Path, aig: Aig, proof: str = "Networks are UNDECIDED.") -> str:
    """A fake ABC whose every step yields `aig`, and whose every proof says the same."""
    (tmp_path / "served.aig").write_bytes(format_aiger(cut(aig)))
    return f"""
if "cec" in open(sys.argv[3]).read(): print({proof!r})
elif os.path.exists("in.aig"): os.link({str(tmp_path / "served.aig")!r}, "out.aig")
"""


# Complements the first output: its literal is on the second line.
WRONG = """
head, first, rest = open("in.aig", "rb").read().split(b"\\n", 2)
open("out.aig", "wb").write(b"%s\\n%d\\n%s" % (head, int(first) ^ 1, rest))
"""


def sabotage(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str, word: str = "resub") -> None:
    """The real ABC, but for scripts with that word."""
    monkeypatch.delenv("AIGBRIDGE_ABC", raising=False)
    program = str(real("abc").path)
    inner = body.replace("\n", "\n    ")
    text = f"if len(sys.argv) > 3 and {word!r} in open(sys.argv[3]).read():\n    {inner}\n    sys.exit()\n"
    path = fake(folder, f"{text}os.execv({program!r}, [{program!r}, *sys.argv[1:]])")
    monkeypatch.setenv("AIGBRIDGE_ABC", str(path))


def fake(folder: Path, body: str) -> Path:
    """An executable Python script that stands for a tool."""
    path = folder / "fake-tool"
    path.write_text(f"#!{sys.executable} -SE\nimport os, sys, time\n{body}\n")
    path.chmod(0o755)
    return path


def fake_abc(folder: Path, body: str) -> Tool:
    return Tool("abc", fake(folder, body), "option", "fake", "0")
