"""Commands on netlists: lower, convert, stats, check."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import networkx as nx
import typer

from bridge.analysis.places import placed, same_nodes, told
from bridge.analysis.signals import point_bits
from bridge.cell import Cell, unrolled
from bridge.certificate import certify
from bridge.cli.models import load_model, load_netlist
from bridge.cli.output import AsJson, emit, table, text
from bridge.equivalence import Verdict, both_opinions, check_machines, check_where_cared, confirm_machines
from bridge.errors import InputError
from bridge.formats import write_netlist
from bridge.latchmap import removal
from bridge.lowering import lower as lower_cell
from bridge.metadata import Care, Objective, read_metadata
from bridge.stats import block_graph
from bridge.stats import stats as count

EXIT_CODES = {"equivalent": 0, "different": 1, "undecided": 3}


class Frontend(StrEnum):
    """Which parser reads Verilog."""

    PYSLANG = "pyslang"
    PYVERILOG = "pyverilog"


NETLIST_HELP = "A netlist (.aig .aag .v .blif .truth), a cell (.safetensors), or kjv, tiny, trees."
Netlist = Annotated[str, typer.Argument(help=NETLIST_HELP)]
Reader = Annotated[Frontend, typer.Option(help="Which parser reads Verilog.")]
Cells = Annotated[bool, typer.Option("--cells", help="Verilog with and/not primitives instead of assigns.")]

SecondOpinion = Annotated[
    bool, typer.Option("--second-opinion", help="Also ask an independent engine; it must say equivalent, too.")
]


def lower(
    cell: Annotated[str, typer.Argument(help="A cell (.safetensors), or kjv, tiny, trees.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write: .aig, .aag, .v or .blif.")],
    cells: Cells = False,
    objective: Annotated[
        Objective, typer.Option(help="Which adders are shared: all, those that keep it shallow, or none (plain).")
    ] = "area",
    care: Annotated[
        Care, typer.Option(help="Do as the cell on all bytes, or only while it reads bytes of its alphabet (smaller).")
    ] = "all",
    unroll: Annotated[
        bool, typer.Option("--unroll", help="A serial head for all code nodes at once: one evaluation per byte.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a cell into a netlist of AND nodes."""
    model = load_model(cell)
    if not isinstance(model, Cell):
        raise InputError(f"{cell}: is already a netlist; use `aigbridge convert`")
    aig = lower_cell(unrolled(model) if unroll else model, objective=objective, care=care)
    write_netlist(aig, out, cells=cells)
    facts = count(aig).to_json()
    promise = "" if care == "all" else f"; as the cell only on the {len(model.head.symbols)} bytes of its alphabet"
    emit(as_json, {"out": str(out), **facts}, f"{out}: {text(facts['ands'])} ANDs, {facts['levels']} levels{promise}")


def convert(
    source: Netlist,
    target: Annotated[Path, typer.Argument(help="Where to write: .aig, .aag, .v or .blif.")],
    reader: Reader = Frontend.PYSLANG,
    cells: Cells = False,
    as_json: AsJson = False,
) -> None:
    """Read a netlist and write it in another format."""
    aig = load_netlist(source, reader.value)
    write_netlist(aig, target, cells=cells)
    emit(as_json, {"out": str(target), "ands": len(aig.ands)}, f"{target}: {text(len(aig.ands))} ANDs")


def stats(netlist: Netlist, reader: Reader = Frontend.PYSLANG, as_json: AsJson = False) -> None:
    """Count inputs, latches, outputs, ANDs, levels, fanouts; show which block feeds which."""
    model = load_model(netlist, reader.value)
    aig = lower_cell(model) if isinstance(model, Cell) else model
    facts = count(aig).to_json()
    graph = block_graph(placed(model)) if aig.points else nx.DiGraph()
    latches = read_metadata(aig).latches
    facts["removed"] = removal(latches, len(aig.latches) + len(latches))
    facts["lossy"] = list(read_metadata(aig).lossy)
    facts["care"] = read_metadata(aig).care
    facts["blocks"] = {block: sorted(graph.successors(block)) for block in graph}
    plain = [(key.replace("_", " "), value) for key, value in facts.items() if not isinstance(value, dict | str | list)]
    plain += [("cares for", facts["care"])] * (facts["care"] != "all")
    plain += [("lossy", change) for change in facts["lossy"]]
    feeds = [(block, graph.nodes[block]["bits"], " ".join(readers)) for block, readers in facts["blocks"].items()]
    tables = [table((netlist, ""), plain), table(("block", "bits", "feeds"), feeds)]
    same = {} if isinstance(model, Cell) else same_nodes(aig, point_bits(aig))
    facts["same_node"] = {name: [*others] for name, others in same.items()}
    emit(as_json, facts, *tables[: 2 if feeds else 1], *filter(None, [facts["removed"], told(same)]))


def check(
    a: Netlist,
    b: Netlist,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="A is a cell: prove its lowering too, adder by adder.")
    ] = False,
    second: SecondOpinion = False,
    reader: Reader = Frontend.PYSLANG,
    as_json: AsJson = False,
) -> None:
    """Are two netlists equivalent? Exit code 0 yes (proven), 1 no (with a counterexample), 3 undecided.

    Latches are compared one by one where they have the same names; if that proves nothing, all runs from reset are.
    """
    first, other = load_model(a, reader.value), load_netlist(b, reader.value)
    if certificate:
        if second:
            raise InputError("a certificate needs no second opinion; leave out --second-opinion or --certificate")
        if not isinstance(first, Cell):
            raise InputError(f"{a}: --certificate needs a cell first, then the netlist")
        verdict = certify(first, other)
    else:
        facts = read_metadata(other)
        if isinstance(first, Cell):
            first = lower_cell(first, objective=facts.objective, care=facts.care)
        verdict = check_where_cared(first, other, check_machines)
        if second:
            verdict = both_opinions(verdict, check_where_cared(first, other, confirm_machines))
    emit(as_json, verdict.to_json(), str(verdict), *_witness(verdict))
    raise typer.Exit(EXIT_CODES[verdict.answer])


def _witness(verdict: Verdict) -> list[str]:
    if verdict.counterexample is None:
        return []
    if verdict.trace:
        width = len(str(len(verdict.trace)))
        held = sorted(verdict.counterexample.keys() - verdict.trace[-1].keys())
        start = [f"unknown resets, all others 0: {_ones({k: verdict.counterexample[k] for k in held})}"] if held else []
        steps = [f"step {n:{width}}: {_ones(step)}" for n, step in enumerate(verdict.trace, 1)]
        return ["counterexample from reset, every other input being 0:", *start, *steps]
    return [f"counterexample, every other input and latch being 0: {_ones(verdict.counterexample)}"]


def _ones(values: Mapping[str, int]) -> str:
    return f"{' '.join(name for name, value in values.items() if value) or 'nothing'} = 1"
