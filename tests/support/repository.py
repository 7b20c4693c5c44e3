"""Tools of the repository, run in this process, which knows most of what they import already."""

from __future__ import annotations

import io
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import bridge

TOOLS = Path(bridge.__file__).parents[1] / "tools"


def said_by(tool: str, *words: str) -> str:
    """What a tool prints; AssertionError unless it ends well."""
    said, code = io.StringIO(), None
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.setattr(sys, "argv", [str(TOOLS / tool), *words])
        patch.syspath_prepend(TOOLS)
        try:
            runpy.run_path(str(TOOLS / tool), run_name="__main__")
        except SystemExit as ended:
            code = ended.code
    assert not code, f"{tool}: {code}"
    return said.getvalue()
