"""The shape of the code: the rules of the house in CONTRIBUTING.md that syntax trees can check."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import bridge

ROOT = Path(bridge.__file__).parent
TESTS = Path(__file__).parent
# Lowest first: a module may import from its own part and from the lines above it.
LEVELS = [
    {"errors", "compiled", "arrays"},
    {"files"},
    {"printable"},
    {"aig"},
    {"readout", "resources", "corpus"},
    {"cell"},
    {"metadata"},
    {"lowering", "toolchain", "execution"},
    {"truth"},
    {"formats"},
    {"coding"},
    {"equivalence", "training", "boosting", "melting"},
    {"flow", "analysis", "lossy"},
    {"bench", "report"},
    {"cli"},
]
MOST_LINES = 400
MOST_PARTS = 28
MOST_POSITIONAL = 7
RANK = {part: rank for rank, parts in enumerate(LEVELS) for part in parts}
ONLY_HOME = {"torch": {"training", "bench", "melting/torch"}, "subprocess": {"toolchain"}}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def modules() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("*.py")) if path.parent != ROOT or path.name != "__init__.py"]


def test_every_part_has_a_level() -> None:
    assert {part_of(path) for path in modules()} == set(RANK)


@pytest.mark.heavy
def test_imports_point_down() -> None:
    for path in modules():
        mine = part_of(path)
        for name in imports(path):
            if name.startswith("bridge."):
                other = name.split(".")[1]
                if other in RANK:
                    assert other == mine or RANK[other] < RANK[mine], f"{path} ({mine}) imports {name}"


def test_parts_are_few() -> None:
    """Later work adds a file to a part, seldom a part. Machine code is no part: an editable install puts it there."""
    parts = [path for path in ROOT.iterdir() if not path.name.startswith("__") and path.name != "machine_code"]
    assert len(parts) <= MOST_PARTS


def test_no_file_is_long() -> None:
    files = [path for folder in (ROOT, Path(__file__).parent) for path in folder.rglob("*.py")]
    assert not [path for path in files if len(path.read_text().splitlines()) > MOST_LINES]


def imported_files(path: Path) -> set[Path]:
    """Files of ours that must be there before this one: not what functions import, and not the faces of parts."""
    found = set()
    for node in tree_of(path).body:
        names = [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            parts = name.split(".")[1:] if name.startswith("bridge.") else []
            places = [ROOT.joinpath(*parts[:end]).with_suffix(".py") for end in (len(parts), len(parts) - 1) if end > 0]
            found |= {*[place for place in places if place.is_file()][:1]}
    return found


@pytest.mark.heavy
def test_no_import_goes_round() -> None:
    """Between files, not only between parts: what is understood first can be read first."""
    leads = {path: imported_files(path) for path in modules()}
    while ready := [path for path, others in leads.items() if not others & leads.keys()]:
        for path in ready:
            del leads[path]
    assert not {str(path.relative_to(ROOT)) for path in leads}


def test_calls_are_short() -> None:
    """More than seven arguments by place are a value that lacks a name; `*runs` count as one."""
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and len(node.args) > MOST_POSITIONAL
    ]
    assert not long


def compiled_functions() -> list[tuple[Path, ast.FunctionDef]]:
    return [
        (path, node)
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        and {"compiled", "compiled_part"} & set(map(ast.unparse, node.decorator_list))
    ]


def test_compiled_functions_are_annotated() -> None:
    for path, function in compiled_functions():
        arguments = function.args.posonlyargs + function.args.args
        told = all(argument.annotation for argument in arguments) and function.returns is not None
        assert told, f"{path}:{function.lineno}: {function.name}"


def test_no_file_is_named_after_how_it_is_run() -> None:
    """`kernels` says that code is compiled, not what it does."""
    assert not [path.name for path in modules() if path.stem.endswith("kernels")]


def test_mypy_is_strict_everywhere() -> None:
    settings = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["strict"]
    assert all(each.keys() == {"module", "ignore_missing_imports"} for each in settings["overrides"])


@pytest.mark.heavy
def test_torch_and_subprocess_have_one_home() -> None:
    for path in modules():
        for name in imports(path):
            homes = ONLY_HOME.get(name.split(".")[0])
            mine = path.relative_to(ROOT).parent.as_posix()
            assert homes is None or {part_of(path), mine} & homes, f"{path} imports {name}"


COME_ALONG = {"llvmlite", "markupsafe", "typing_extensions"}  # with numba, jinja2 and pydantic
ASKED_FOR = {"IPython", "aigverse", "brevitas", "torchlogix"}  # by name, where they are missing; no extra has them


@pytest.mark.heavy
def test_what_is_imported_is_declared() -> None:
    """Other packages of a developer have some that a user lacks."""
    project = tomllib.loads((TESTS.parent / "pyproject.toml").read_text())["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    declared = {re.split(r"[^\w.-]", name)[0].lower() for name in [*project["dependencies"], *extras]}
    found = {name.split(".")[0] for path in modules() for name in imports(path)}
    owners = packages_distributions()
    known = sys.stdlib_module_names | {"bridge", "_typeshed"} | COME_ALONG | ASKED_FOR
    assert not [name for name in sorted(found - known) if not {owner.lower() for owner in owners[name]} & declared]


@pytest.mark.heavy
def test_no_command_waits_for_what_only_some_need() -> None:
    script = "import sys; from bridge.cli.app import app; from typer.main import get_group; "
    script += "[*get_group(app).commands.values()]; print([name for name in sys.argv[1:] if name in sys.modules])"
    some = ["torch", "matplotlib", "distributed", "pyverilog", "pyslang"]
    done = subprocess.run([sys.executable, "-c", script, *some], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.heavy
def test_help_waits_for_nothing() -> None:
    script = "import sys; from bridge.cli import main; sys.argv = ['aigbridge']; sys.exit = print; main(); "
    script += "assert not {'numpy', 'numba', 'rich', 'networkx'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Turn a cell into a netlist of AND nodes." in done.stdout


OF_QUESTIONS = ["bridge.flow", "bridge.equivalence", "bridge.analysis.edits", "networkx", "torch", "pydantic"]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("command", "unneeded"),
    [
        ("stats tiny", [*OF_QUESTIONS, "bridge.execution"]),
        ("lower tiny -o tiny.aig", [*OF_QUESTIONS, "bridge.execution"]),
        ("describe tiny", [*OF_QUESTIONS, "bridge.execution"]),
        ("eval tiny --text text", OF_QUESTIONS),
        ("generate tiny --bytes 3", OF_QUESTIONS[:-1]),  # the number is checked
    ],
)
def test_first_commands_wait_for_no_proofs_and_no_flows(tmp_path: Path, command: str, unneeded: list[str]) -> None:
    (tmp_path / "text").write_text("And it came to pass")
    script = "import sys; from bridge.cli import main; names = sys.argv.pop().split(); end = sys.exit; "
    script += "sys.exit = lambda code: end(code or str([name for name in names if name in sys.modules])); main()"
    call = [sys.executable, "-c", script, *command.split(), " ".join(unneeded)]
    environment = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"


@pytest.mark.heavy
def test_tests_do_not_import_tests() -> None:
    """What two of them need stands in tests/support, a fixture in tests/conftest.py."""
    for path in sorted(TESTS.rglob("*.py")):
        for name in imports(path):
            assert not name.startswith(("test_", "conftest", "tests.")), f"{path} imports {name}"


WAITS = {"sleep", "read", "poll", "wait", "recv", "execute_script"}


def test_tests_do_not_wait_for_ever() -> None:
    """A loop that waits for others has a deadline."""
    for path in sorted(TESTS.rglob("*.py")):
        for loop in ast.walk(tree_of(path)):
            if isinstance(loop, ast.While):
                called = {getattr(node.func, "attr", "") for node in ast.walk(loop) if isinstance(node, ast.Call)}
                assert not called & WAITS or "deadline" in ast.unparse(loop), f"{path}:{loop.lineno}"
