"""The command doctor: what was found, what is missing, how to get it, and which ABC is to be believed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from bridge.cli.output import AsJson, activity, emit, table
from bridge.equivalence import ENGINES, fault_of, pairs_of
from bridge.execution import support
from bridge.toolchain import Tool, all_of
from bridge.toolchain import doctor as examine

NEEDED = ("abc", "yosys", "pyslang", "pyverilog")


def doctor(as_json: AsJson = False) -> None:
    """Show the tools and packages in use, with versions and digests, and test each ABC that there is; exit code 4 if a
    needed one is missing, or if the ABC in use is not to be believed at all."""
    facts = examine()
    rows = [(f.name, f.version if f.found else "missing", f.source, f.sha256[:12], f.purpose) for f in facts]
    advice = [f"{fact.name}: {fact.advice}" for fact in facts if fact.advice]
    with activity("testing ABC"):
        tests = [_tested(tool, used=not index) for index, tool in enumerate(all_of("abc"))]
    sound = all(len(test["faults"]) < len(ENGINES) for test in tests if test["used"])
    complete = all(fact.found for fact in facts if fact.name in NEEDED)
    listing = table(("tool", "version", "found in", "sha256", "what it does here"), rows)
    code = support()
    kernel = f"netlists run on the portable kernel: {code.fault}" if code.fault else f"netlists run as {code.name} code"
    found = {"complete": complete, "tools": [asdict(fact) for fact in facts], "native": asdict(code)}
    lines = [line for test in tests for line in _lines(test)]
    emit(as_json, {**found, "self_tests": tests}, listing, *advice, *lines, kernel)
    raise typer.Exit(0 if complete and sound else 4)


def _tested(abc: Tool, used: bool) -> dict[str, Any]:
    """`faults`: by engine, what it gets wrong."""
    faults = {engine: fault for engine in ENGINES if (fault := fault_of(engine, abc))}
    pairs = {engine: len(pairs_of(engine)) for engine in ENGINES}
    facts = {"path": str(abc.path), "version": abc.version, "sha256": abc.sha256, "script": abc.script, "used": used}
    return {**facts, "pairs": pairs, "passed": not faults, "faults": faults}


def _lines(test: dict[str, Any]) -> list[str]:
    what = f"{'in use' if test['used'] else 'not in use'}{', a script' if test['script'] else ''}"
    name = f"{test['path']} ({what})"
    asked = f"{min(test['pairs'].values())} to {max(test['pairs'].values())} pairs for each of {len(ENGINES)} engines"
    if test["passed"]:
        return [f"{name} passes the self-test, {asked}"]
    faults = [f"  {engine} {fault}" for engine, fault in test["faults"].items()]
    what = "no engine of it is" if len(faults) == len(ENGINES) else "these engines of it are not"
    return [f"{name} fails the self-test; {what} believed:", *faults]
