"""Print how large files and functions are, so that growth is seen: `python tools/sizes.py`."""

from __future__ import annotations

import argparse
import ast
from collections import Counter
from pathlib import Path

LONG_FILE, LONG_FUNCTION = 400, 40
COUNTED = (".py", ".js", ".css", ".html")


def main() -> None:
    """One line per file over 400 lines or function over 40, then totals; of `bridge/` by kind, without blank lines."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    files = sorted(path for folder in ("bridge", "tests", "tools") for path in Path(folder).rglob("*.py"))
    total = sum(map(shown_size, files))
    filled = Counter[str]()
    for path in Path("bridge").rglob("*"):
        if path.suffix in COUNTED and "node_modules" not in path.parts:
            filled[path.suffix] += sum(bool(line.strip()) for line in path.read_text().splitlines())
    parts = [path for path in Path("bridge").iterdir() if not path.name.startswith("__")]
    kinds = ", ".join(f"{filled[suffix]:,} of {suffix}" for suffix in COUNTED)
    print(f"{len(files)} files, {total:,} lines")
    print(f"bridge: {len(parts)} entries, {sum(filled.values()):,} lines that are not blank ({kinds})")


def shown_size(path: Path) -> int:
    """Say what is long in this file; its lines."""
    text = path.read_text()
    lines = text.count("\n")
    if lines > LONG_FILE:
        print(f"{path}: {lines} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONG_FUNCTION:
                print(f"{path}:{node.lineno}: {node.name}: {length} lines")
    return lines


if __name__ == "__main__":
    main()
