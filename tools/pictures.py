#!/usr/bin/env python3
"""The pictures that the stored notebooks show, as files beside them, for README and docs: `make notebooks` calls it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from bridge.files import write_atomic

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "notebooks"
SVG = "image/svg+xml"


def pictures() -> Iterator[tuple[Path, str]]:
    """Where each stands, NOTEBOOK-N.svg with N counted from 1, and what is in it."""
    for notebook in sorted(FOLDER.glob("*.ipynb")):
        cells = json.loads(notebook.read_text())["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        shown = [output["data"][SVG] for output in outputs if SVG in output.get("data", {})]
        for number, lines in enumerate(shown, 1):
            yield FOLDER / f"{notebook.stem}-{number}.svg", "".join(lines)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    for old in FOLDER.glob("*.svg"):
        old.unlink()
    for place, text in pictures():
        write_atomic(place, text)
        print(place.name)


if __name__ == "__main__":
    main()
