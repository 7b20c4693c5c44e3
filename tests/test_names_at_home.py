"""Signal names are built and parsed in `bridge/aig/names.py` alone: no other module spells one out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bridge

ROOT = Path(bridge.__file__).parent
HOME = ROOT / "aig" / "names.py"
SPELLED = ("byte[", "node[", "state.", "old.", "logit.", "score.", "score[")
SPLITTING = {"split", "rsplit", "partition", "rpartition"}
# Sentences for users: help and errors that show what a name looks like.
SENTENCES = {"cli/cone.py", "cli/guide.py", "cli/prove.py", "cli/train.py", "lossy/merges.py"}
# Names of Verilog and BLIF, and of files, also have brackets and dots.
OTHER_LANGUAGES = ("formats/",)


def docstrings(tree: ast.Module) -> set[int]:
    nodes = (n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef) and n.body)
    return {id(n.body[0].value) for n in nodes if isinstance(n.body[0], ast.Expr)}


def spelled(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    skipped = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            if any(part in node.value for part in SPELLED):
                yield f"{path.relative_to(ROOT)}:{node.lineno} spells {node.value!r}"
        elif isinstance(node, ast.JoinedStr) and re.fullmatch(r"f'\{.*\}\[\{.*\}\]'", ast.unparse(node)):
            yield f"{path.relative_to(ROOT)}:{node.lineno} builds {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and splits(node):
            yield f"{path.relative_to(ROOT)}:{node.lineno} splits {ast.unparse(node)}"


def splits(call: ast.Call) -> bool:
    separators = [part.value for part in call.args[:1] if isinstance(part, ast.Constant)]
    return ast.unparse(call.func).rpartition(".")[2] in SPLITTING and separators in (["["], ["."])


@pytest.mark.heavy
def test_no_other_module_spells_a_signal_name() -> None:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT).as_posix()
        if path != HOME and relative not in SENTENCES and not relative.startswith(OTHER_LANGUAGES):
            found += spelled(path)
    assert found == []


def test_the_test_finds_what_it_looks_for() -> None:
    assert list(spelled(HOME))
