"""The command doctor: what was found, what is missing, and how to get it."""

from __future__ import annotations

from dataclasses import asdict

import typer

from bridge.cli.output import AsJson, emit, table
from bridge.execution import support
from bridge.toolchain import doctor as examine

NEEDED = ("abc", "yosys", "pyslang", "pyverilog")


def doctor(as_json: AsJson = False) -> None:
    """Show the tools and packages in use, with versions and digests; exit code 4 if a needed one is missing."""
    facts = examine()
    rows = [(f.name, f.version if f.found else "missing", f.source, f.sha256[:12], f.purpose) for f in facts]
    advice = [f"{fact.name}: {fact.advice}" for fact in facts if fact.advice]
    complete = all(fact.found for fact in facts if fact.name in NEEDED)
    listing = table(("tool", "version", "found in", "sha256", "what it does here"), rows)
    code = support()
    kernel = f"netlists run on the portable kernel: {code.fault}" if code.fault else f"netlists run as {code.name} code"
    found = {"complete": complete, "tools": [asdict(fact) for fact in facts], "native": asdict(code)}
    emit(as_json, found, listing, *advice, kernel)
    raise typer.Exit(0 if complete else 4)
