"""What one sees of the package at a prompt."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bridge
from bridge import Cell, bits_per_byte, check_equivalence, lower
from bridge.cell.blocks import KINDS
from bridge.flow import FlowResult, load_flow
from bridge.flow.result import count
from support.results import results

CELL = Path(bridge.__file__).parents[1] / "netlists" / "tiny.safetensors"


def test_all_public_names_exist_and_are_documented() -> None:
    assert set(bridge.__all__) <= set(dir(bridge))
    for name in bridge.__all__:
        assert inspect.getdoc(getattr(bridge, name)), name


def test_the_docstring_is_a_contents_page() -> None:
    assert bridge.__doc__ is not None
    assert [name for name in bridge.__all__ if name not in bridge.__doc__] == []


def test_all_kinds_of_blocks_and_errors_are_there() -> None:
    assert {kind.__name__ for kind in KINDS} & set(bridge.cell.__all__) <= set(bridge.__all__)
    assert {name for name in vars(sys.modules["bridge.errors"]) if name.endswith(("Error", "Extra"))} <= set(
        bridge.__all__
    )


def test_the_version_is_that_of_the_distribution() -> None:
    assert bridge.__version__ == importlib.metadata.version("aigbridge")


def test_types_are_there_for_others() -> None:
    assert (Path(bridge.__file__).parent / "py.typed").exists()


def test_importing_is_cheap_and_needs_no_torch() -> None:
    code = "import bridge, sys; dir(bridge); print([m for m in ('numba', 'torch', 'numpy') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"


def test_without_torch_help_still_works() -> None:
    code = "import sys; sys.modules['torch'] = None; import bridge, pydoc; pydoc.render_doc(bridge); bridge.train"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "AttributeError: training needs torch: pip install 'aigbridge[train]'" in shown.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        bridge.no_such_thing  # noqa: B018


def test_what_a_user_holds_prints_in_a_line() -> None:
    cell = Cell.load(str(CELL))
    aig = lower(cell)
    verdict = check_equivalence(aig, aig)
    result = FlowResult(aig, load_flow("shrink"), (), verdict, None, count(aig), count(aig))
    for held in (cell, *cell.blocks, aig, verdict, result):
        assert "\n" not in repr(held)
        assert len(repr(held)) < 300
    for held in (cell, aig, verdict, result):
        assert "<" in held._repr_html_()
    assert np.isfinite(bits_per_byte(cell, b"In the beginning"))


def undocumented(kind: type) -> set[str]:
    """What a class shows, its own and of our classes above it, that no docstring tells of."""
    ours = [each for each in kind.__mro__ if each.__module__.startswith("bridge")]
    parts = {name for each in ours for name, part in vars(each).items() if hasattr(part, "__get__")}
    told = {name for each in ours for name, part in vars(each).items() if inspect.getdoc(part)}
    return {name for name in parts - told if not name.startswith("_")}


PUBLIC = {value for name in bridge.__all__ if inspect.isclass(value := getattr(bridge, name))} | results()


def test_everything_that_public_names_show_is_documented() -> None:
    assert len(PUBLIC) > 40
    assert {kind.__name__: bare for kind in PUBLIC if (bare := undocumented(kind))} == {}


def unexplained(kind: type) -> set[str]:
    """Fields of a class that its docstring does not name."""
    ours = [each for each in kind.__mro__ if each.__module__.startswith("bridge")]
    words = set(re.findall(r"\w+", " ".join(inspect.getdoc(each) or "" for each in ours)))
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    return {name for name in fields - words - PLAIN if not name.startswith("_")}


PLAIN = {"name", "seconds", "steps"}  # these need no explanation


def test_every_field_of_public_names_is_explained() -> None:
    assert {kind.__name__: bare for kind in PUBLIC if (bare := unexplained(kind))} == {}


def test_the_test_finds_what_is_not_documented() -> None:
    class Bare:
        __module__ = "bridge"

        def told(self) -> None:
            """It is."""

        def untold(self) -> None: ...

    assert undocumented(Bare) == {"untold"}


def test_every_name_has_an_example_that_runs() -> None:
    """`tests/test_docs_run.py` runs the Python blocks of the documentation."""
    pages = (CELL.parents[1] / "docs").glob("*.md")
    blocks = [block for page in pages for block in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)]
    used = {word for block in blocks for word in re.findall(r"\w+", block)}
    assert set(bridge.__all__) - used == set()
