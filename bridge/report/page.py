"""The page: findings in, one self-contained HTML file out."""

from __future__ import annotations

from importlib import metadata, resources
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from bridge.aig.stats import depth
from bridge.equivalence import Verdict
from bridge.printable import LAYOUT, printable
from bridge.report import packing
from bridge.report.findings import Findings
from bridge.report.parts import trivial as tables
from bridge.report.signals import signal_records
from bridge.report.subject import Subject, Text

SCRIPTS = ("data.js", "words.js", "plots.js", "signal.js", "search.js", "lists.js", "start.js")
CONTENTS = {
    "gates": "Where the gates went",
    "memory": "What remembers",
    "trivial": "What became trivial",
    "affects": "Who affects whom",
    "features": "What bits follow",
    "text": "Text and surprise",
    "signals": "Every signal",
    "proofs": "What is proven",
}
ABSENT = {
    "influence": "Left out: the netlist has no state bits.",
    "dependence": "Left out: there are no signals to ask about.",
    "features": "Left out: the netlist names no bits.",
}
AGE = "changed: cost of a byte, so many bytes later"
SHOWN_STEPS = (1, 2, 4, 8, 16)  # of the influence matrix

Facts = dict[str, Any]


def render(subject: Subject, text: Text | None, found: Findings) -> str:
    """The whole page."""
    book, records = signal_records(subject, found)
    script = "\n".join(_file(name) for name in SCRIPTS)
    plotly = packing.plotly_source()
    remembered = tables.memory(found.influence, text)
    affects = tables.affects(found.dependence, book.kinds)
    steps = [step for step in SHOWN_STEPS if found.influence is not None and step <= found.influence.steps]
    gates = tables.gates(subject)
    context = {
        "title": subject.name,
        "lead": _lead(subject),
        "lossy": _lossy(subject),
        "figures": _figures(subject, text, found),
        "contents": list(CONTENTS.items()),
        "parts": [f"{name}.html" for name in CONTENTS],
        "absent": ABSENT | found.missing,
        "gates": gates,
        "memory": remembered,
        "trivial": tables.trivial(subject, found),
        "affects": affects and affects | {"choices": _choices(found), "steps": steps},
        "features": tables.features(found.statistics, found.chance, text),
        "passages": [tables.passage(passage) for passage in found.passages],
        "shades": tables.shades(),
        "signal_count": len(records),
        "proofs": _proofs(subject, text, found),
        "version": metadata.version("aigbridge"),
        "style": Markup(_file("page.css")),
        "script": Markup(script),
        "policy": f"{packing.script_hash(script)} {packing.script_hash(plotly)}",
        "packages": _packages(subject, found, records, remembered, steps, gates["axis"])
        | {"plotly": packing.pack(plotly.encode())},
    }
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader("bridge.report", folder) for folder in ("web", "parts")]),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html").render(context)


def _shown(value: object) -> object:
    """Text from files without characters that nobody sees; what is markup already is ours."""
    return printable(value, LAYOUT) if isinstance(value, str) and not isinstance(value, Markup) else value


def _file(name: str) -> str:
    return resources.files("bridge.report").joinpath("web", name).read_text("utf-8")


def _lead(subject: Subject) -> str:
    aig = subject.aig
    shape = f"{len(aig.inputs):,} inputs, {len(aig.latches):,} state bits, {len(aig.points):,} named neurons"
    made = f" after {subject.run.name}" if subject.run else ""
    return f"A neural cell as pure logic: {len(aig.ands):,} AND nodes{made}, {shape}."


def _lossy(subject: Subject) -> str:
    if not subject.losses:
        return ""
    return f"This netlist need not do what the one that it was made from did. {' '.join(subject.losses)}"


def _figures(subject: Subject, text: Text | None, found: Findings) -> list[Facts]:
    aig, plain, run = subject.aig, subject.plain, subject.run
    saved = f"{len(plain.ands):,} before" if plain is not aig else ""
    figures = [(f"{len(aig.ands):,}", "AND nodes", saved), (f"{depth(aig):,}", "levels", "longest path in ANDs")]
    figures.append((f"{len(aig.latches):,}", "state bits", ""))
    if found.evaluation is not None and text is not None:
        measured, floor = found.evaluation, tables.byte_entropy(text.data)
        note = f"on {measured.bytes:,} bytes; their frequencies alone: {floor:.2f}"
        figures.append((f"{measured.bits_per_byte:.4f}", "bits per byte", note))
    if run is not None:
        verdict = "lossy" if subject.losses else run.verdict.answer
        figures.append((verdict, "to the netlist before", run.verdict.method))
    elif found.lowering is not None:
        verdict = "lossy" if subject.losses else found.lowering.answer
        figures.append((verdict, "to the cell", found.lowering.method))
    return [dict(zip(("value", "name", "note"), figure, strict=True)) for figure in figures]


def _choices(found: Findings) -> list[Facts]:
    """The matrices there are. `rows`, `columns`: kinds of signals; `axes`: what rows and columns are, in words."""
    state, neuron = ["state bit", "input"], ["neuron"]
    held, bit = "inverted: state bit or input", "inverted: state bit"
    lasting = f"{bit}, longest remembered first"
    options = [
        ("state", "state to state, proven", "dependence", state, ["state bit"], (held, "affected: next state bit")),
        ("output", "state to output, proven", "dependence", state, ["output"], (held, "affected: output")),
        (
            "neuron",
            "neuron to state and output, proven",
            "dependence",
            neuron,
            ["state bit", "output"],
            ("inverted: neuron", "affected: next state bit or output"),
        ),
        ("text", "state to state, on the text (no null)", "influence", [], [], (bit, "changed: state bit, {} later")),
        (
            "age",
            "state to cost by age, on the text (no null)",
            "memory",
            [],
            [],
            (lasting, AGE),
        ),
    ]
    names = ("id", "name", "kind", "rows", "columns", "axes")
    return [
        dict(zip(names, option, strict=True))
        for option in options
        if option[2] == "dependence" or (found.influence is not None and found.influence.sources)
    ]


def _packages(
    subject: Subject,
    found: Findings,
    records: list[Facts],
    remembered: Facts | None,
    steps: list[int],
    axis: tuple[int, int],
) -> dict[str, str]:
    """The data of the script by name."""
    runs = [{"name": run.name, "ands": [row.ands for row in run.table.rows[:-1]]} for run in subject.runs]
    data: Facts = {"title": subject.name, "records": records, "runs": runs, "choices": _choices(found), "axis": axis}
    data["passages"] = [passage.to_json() for passage in found.passages]
    data["features"] = list(found.statistics.features) if found.statistics is not None else []
    packages = {}
    matrix, measured = found.dependence, found.influence
    if matrix is not None:
        data["dependence"] = {"sources": matrix.sources, "targets": matrix.targets, "steps": matrix.steps}
        packages["answers"] = packing.pack(matrix.answers.tobytes())
        packages["methods"] = packing.pack(matrix.methods.tobytes())
    if measured is not None and remembered is not None:
        data["influence"] = {
            "sources": measured.sources,
            "latches": measured.latches,
            "positions": len(measured.positions),
            "steps": steps,
            "order": remembered["order"],
            "bits": np.round(measured.absolute_bits, 5).tolist(),
            "memory": np.round(measured.memory, 4).tolist(),
        }
        shown = measured.state_changes[:, [step - 1 for step in steps]] / len(measured.positions)
        packages["influence"] = packing.pack_shares(shown.transpose(1, 0, 2))
    return {"data": packing.pack_json(data), **packages}


def _proofs(subject: Subject, text: Text | None, found: Findings) -> list[Facts]:
    """Everything the page shows, and what it rests on."""
    claims = []
    if subject.cell is not None and found.lowering is not None:
        claims.append(
            _claim(f"The netlist before any flow computes what the cell {subject.cell.name} says", found.lowering)
        )
    for loss in subject.losses:
        claims.append({"what": loss, "status": "lossy", "how": "as the netlist or its run says"})
    for run in subject.runs:
        how = f"{run.verdict.method}; from the record of the run, whose files have not changed since"
        end = "" if run.state == "done" else f", as far as it came (it is {run.state})"
        what = f"{run.name} changed nothing but the gates{end}"
        claims.append({"what": what, "status": run.verdict.answer, "how": how})
    if found.dependence is not None:
        counts = found.dependence.counts()
        how = f"yes: pairs of runs; no: structure or SAT on unequal cofactors; {counts['undecided']:,} undecided"
        shared = len(found.dependence.same_node)
        how += f"; {shared:,} names share a node of the netlist with others, and change with them" if shared else ""
        status = "undecided" if counts["undecided"] else "proven"
        claims.append({"what": "Every entry of the dependence matrices", "status": status, "how": how})
    if found.neurons:
        left = sum(len(neuron.undecided) for neuron in found.neurons)
        how = "SAT on the netlist cut at its neurons, for all values there"
        how += f"; {left:,} reads undecided, kept" if left else ""
        what = "What each neuron reads, truth tables, constant and duplicated neurons"
        claims.append({"what": what, "status": "proven", "how": how})
    if found.invariants is not None:
        left = len(found.invariants.undecided)
        how = "induction from the reset state; dependence on outputs"
        how += f"; {left:,} undecided, not shown" if left else ""
        claims.append({"what": "Constant, equal and unobservable state bits", "status": "proven", "how": how})
    if text is not None:
        where = f"on {text.name}: {len(text.data):,} bytes, sha256 {text.sha256[:16]}…"
        what = "Bits per byte, surprise, influence, memory, features of the text"
        claims.append({"what": what, "status": "measured", "how": where})
    return claims


def _claim(what: str, verdict: Verdict) -> Facts:
    return {
        "what": what,
        "status": verdict.answer,
        "how": f"{verdict.method}{': ' * bool(verdict.reason)}{verdict.reason}",
    }
