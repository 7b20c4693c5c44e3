"""Print how large files and functions are, so that growth is seen: `python tools/sizes.py`."""

from __future__ import annotations

import ast
from pathlib import Path

LONG_FILE, LONG_FUNCTION = 400, 40


def main() -> None:
    """One line per file over 400 lines or function over 40, then totals."""
    files = sorted(path for folder in ("bridge", "tests", "tools") for path in Path(folder).rglob("*.py"))
    total = 0
    for path in files:
        text = path.read_text()
        lines = text.count("\n")
        total += lines
        if lines > LONG_FILE:
            print(f"{path}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONG_FUNCTION:
                    print(f"{path}:{node.lineno}: {node.name}: {length} lines")
    print(f"{len(files)} files, {total:,} lines")


if __name__ == "__main__":
    main()
