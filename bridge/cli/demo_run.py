"""The whole idea on the shipped cell: lower it, shrink it three ways, prove each, run them all on real text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cell.record import Source
from bridge.corpus import load_corpus
from bridge.execution import bits_per_byte, generate
from bridge.files import make_directory, write_atomic
from bridge.flow import FlowResult, compare, run_flow
from bridge.flow.jobs import Jobs
from bridge.flow.picture import chart_of_runs
from bridge.flow.table import Table
from bridge.formats import read_netlist, write_netlist
from bridge.lowering import lower
from bridge.printable import Listener, Progress, dump_json, unheard
from bridge.report import write_report
from bridge.resources import netlist_path

FLOWS = ("resyn2", "compress2rs", "shrink")
PROMPT = b"And it came to pass"
LENGTH = 300
TEMPERATURE = 0.7


@dataclass(frozen=True)
class Demo:
    """What the demo found. `ands_unshared`: with adders of its own for every neuron; `bits_per_byte`: by model, the
    oracle first; `text`: what the smallest netlist wrote."""

    cell: Cell
    ands_unshared: int
    runs: tuple[FlowResult, ...]
    bits_per_byte: dict[str, float]
    heldout_bytes: int
    text: str

    def table(self) -> Table:
        return compare(*self.runs)

    def to_json(self) -> dict[str, Any]:
        """Everything but the netlists."""
        return {
            "cell": self.cell.name,
            "cell_record": dict(self.cell.record),
            "ands_unshared": self.ands_unshared,
            "gates": self.table().to_json(),
            "verdicts": {run.flow.name: run.verdict.to_json() for run in self.runs},
            "heldout_bytes": self.heldout_bytes,
            "bits_per_byte": self.bits_per_byte,
            "prompt": PROMPT.decode(),
            "text": self.text,
        }


def run_demo(out: Path, cell_name: str = "kjv", progress: Listener = unheard) -> Demo:
    """Run everything and leave Verilog, AIGER, JSON, a picture and a page in `out`."""

    def tell(remark: str) -> None:
        progress(Progress(None, remark))

    make_directory(out)
    cell = Cell.load(str(netlist_path(f"{cell_name}.safetensors")))
    corpus = source.load() if (source := Source.from_facts(cell.record)) else load_corpus("kjv")
    tell(f"lowering the cell {cell.name} ({cell.state_bits} state bits) to AND nodes")
    unshared, plain = lower(cell, objective="plain"), lower(cell)
    tell(f"{len(unshared.ands):,} ANDs with adders of its own for every neuron, {len(plain.ands):,} with shared ones")
    tell(f"optimizing and proving by {', '.join(FLOWS)}, side by side")
    # What it shows, it measured.
    runs = Jobs().each([partial(run_flow, plain, flow, out / "runs", cached=False) for flow in FLOWS])
    models: dict[str, Cell | Aig] = {"oracle": cell, "unshared": unshared, "plain": plain}
    models |= {run.flow.name: run.aig for run in runs}
    smallest = min(runs, key=lambda run: run.after.size)
    models["verilog"] = _written(smallest, plain, out)
    measured = {}
    for name, model in models.items():
        tell(f"bits per byte of {name} on {len(corpus.heldout):,} bytes that training never saw")
        measured[name] = bits_per_byte(model, corpus.heldout)
    tell("writing text with the smallest netlist")
    written = bytes(generate(smallest.aig, PROMPT, LENGTH, temperature=TEMPERATURE, seed=1))
    demo = Demo(
        cell,
        len(unshared.ands),
        tuple(runs),
        measured,
        len(corpus.heldout),
        (PROMPT + written).decode(errors="replace"),
    )
    write_atomic(out / "demo.json", dump_json(demo.to_json(), indent=2) + "\n")
    chart_of_runs(demo.runs, {"adders not shared": demo.ands_unshared}).save(out / "gates.svg")
    if find_spec("jinja2"):
        tell("writing a page about the cell, its gates and its memory")
        write_report([cell, *(run.folder for run in runs if run.folder)], out / "report.html")
    return demo


def _written(smallest: FlowResult, plain: Aig, out: Path) -> Aig:
    """Write the netlists; the smallest one as it reads back from its Verilog."""
    write_netlist(plain, out / "plain.aig")
    write_netlist(plain, out / "plain.v")
    write_netlist(smallest.aig, out / "smallest.aig")
    write_netlist(smallest.aig, out / "smallest.v")
    return read_netlist(out / "smallest.v")
