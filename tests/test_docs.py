"""Whatever files and names of ours are spoken of, in docstrings, comments and documents, is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import bridge

ROOT = Path(bridge.__file__).parents[1]
DOCUMENTS = (
    *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")),
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "llms.txt",
    "CHANGELOG.md",
    "netlists/README.md",
    "Makefile",
    "pyproject.toml",
)
FILE = re.compile(r"`((?:[A-Za-z_]\w*/)*[A-Za-z_]\w*\.(?:py|pyi|diff|md))`")
FOLDER = re.compile(r"`((?:[a-z_]+/)+)`")
NAME = re.compile(r"\bbridge((?:\.[A-Za-z_]\w*)+)")


def texts() -> list[Path]:
    code = [path for part in ("bridge", "tools") for path in sorted((ROOT / part).rglob("*.py"))]
    return [*code, *(path for path in map(ROOT.joinpath, DOCUMENTS) if path.exists())]


def is_file(name: str, beside: Path) -> bool:
    return any((folder / name).exists() for folder in (beside, ROOT, ROOT / "bridge"))


def is_name(dotted: str) -> bool:
    """The longest beginning that is a file or a folder must bind the rest."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        for path in (place / "__init__.pyi", place / "__init__.py", place.with_suffix(".py")):
            if path.exists():
                return end == len(parts) or set(parts[end:]) <= bound(path)
    return False


@cache
def bound(path: Path) -> set[str]:
    """All that a file defines, sets or imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[-1])
    return names


def test_files_that_are_spoken_of_are_there() -> None:
    gone = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in texts()
        for pattern in (FILE, FOLDER)
        for name in pattern.findall(path.read_text())
        if not is_file(name, path.parent)
    ]
    assert gone == []


def test_names_that_are_spoken_of_are_there() -> None:
    gone = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in texts()
        for name in sorted({f"bridge{rest}" for rest in NAME.findall(path.read_text())})
        if not is_name(name)
    ]
    assert gone == []


def test_the_test_finds_what_is_gone() -> None:
    assert not is_name("bridge.lowering.kernels.add")
    assert not is_name("bridge.equivalence.gone")
    assert not is_file("kernels.py", ROOT / "bridge" / "lowering")


def test_the_changelog_groups_changes_as_everybody_does() -> None:
    """As https://keepachangelog.com has it; what changed an answer comes first, as people need it most."""
    versions = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1:]
    known = ["Answers that changed, and how to ask the old question", "Added", "Changed", "Deprecated", "Removed"]
    known += ["Fixed", "Security"]
    for version in versions:
        found = re.findall(r"^### (.*)$", version, re.MULTILINE)
        assert found == [title for title in known if title in found]
