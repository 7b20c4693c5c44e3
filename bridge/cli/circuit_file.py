"""`convert` to Bristol Fashion: the netlist is rewritten for few real ANDs first, and what is written is proven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.aig.xag import with_few_ands, xag
from bridge.cli.output import text
from bridge.equivalence import Verdict, check_equivalence
from bridge.errors import InputError, ToolError
from bridge.formats.bristol_write import write_bristol

_SECONDS = 300.0  # for the proof


def write_circuit(aig: Aig, target: Path) -> tuple[dict[str, Any], list[str]]:
    """Write the smaller netlist if it is proven, else the netlist as it is; facts, and lines for people. Errors as of
    `write_bristol`."""
    before = xag(aig, 0)
    small, verdict = _proven(aig)
    kept = small if verdict.answer == "equivalent" else aig
    write_bristol(kept, target)
    graph = xag(kept, 0)
    facts: dict[str, Any] = {"real_ands": graph.ands, "xors": graph.xors, "real_depth": graph.and_depth}
    facts |= {"real_ands_before": before.ands, "proof": verdict.to_json()}
    told = f"{text(graph.ands)} real ANDs ({text(before.ands)} before), {text(graph.xors)} XORs"
    return facts, [f"{target}: {told}; {'' if kept is small else 'left as it was, since a smaller one is '}{verdict}"]


def _proven(aig: Aig) -> tuple[Aig, Verdict]:
    """The netlist rewritten, and whether it is still the same."""
    try:
        small = with_few_ands(aig)
        return small, check_equivalence(aig, small, seconds=_SECONDS)
    except (InputError, ToolError) as error:
        return aig, Verdict("undecided", "none", 0.0, reason=str(error))
