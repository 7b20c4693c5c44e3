"""The page: findings in, one self-contained HTML file out."""

from __future__ import annotations

import re
from importlib import metadata, resources
from urllib.parse import quote

import jinja2
import numpy as np
from markupsafe import Markup

from bridge.aig.stats import depth
from bridge.arrays import Bits
from bridge.printable import LAYOUT, counted, printable
from bridge.report import packing
from bridge.report.part import Facts, Page
from bridge.report.signals import Record, signal_records
from bridge.report.subject import Subject

SCRIPTS = ("data.js", "words.js", "figures.js", "plots.js", "signal.js", "search.js", "roving.js", "lists.js")
STYLES = ("page.css", "tables.css", "signal.css", "media.css", "controls.css")


def render(page: Page) -> str:
    """The whole page."""
    subject, parts = page.subject, page.parts
    records = signal_records(page)[1]
    own = (text for part in parts for text in (*map(_file, part.scripts), part.script) if text)
    script = "\n".join([*map(_file, SCRIPTS), *own, _file("start.js")])
    styles = (*STYLES, *(name for part in parts for name in part.styles))
    shown = {part.name: part.facts(page) for part in parts}
    context = {
        "title": subject.name,
        "lead": _lead(subject),
        "lossy": _lossy(subject),
        "figures": _figures(page),
        "parts": parts,
        "shown": shown,
        "absent": {part.name: part.absent for part in parts} | _missing(page),
        "version": metadata.version("aigbridge"),
        "style": Markup("\n".join(map(_file, styles))),
        "script": Markup(script),
        "policy": f"{packing.script_hash(script)} 'wasm-unsafe-eval'",
        "packages": _packages(page, records),
    }
    templates = jinja2.DictLoader({f"{part.name}.html": part.template for part in parts})
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([templates, jinja2.PackageLoader("bridge.report", "web")]),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["address"] = _address
    return environment.get_template("page.html").render(shown | context)


def _missing(page: Page) -> dict[str, str]:
    """Why tasks were left out; and parts, for which it is their last task that counts."""
    missing = page.found.missing
    return missing | {p.name: missing[p.tasks[-1].name] for p in page.parts if p.tasks and p.tasks[-1].name in missing}


def _shown(value: object) -> object:
    """Text from files without characters that nobody sees; what is markup already is ours."""
    return printable(value, LAYOUT) if isinstance(value, str) and not isinstance(value, Markup) else value


def _address(name: str) -> str:
    """As the scripts have it: what is no character, as bytes of names that are no UTF-8, can be in no address."""
    return quote(re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", name))


def _file(name: str) -> str:
    return resources.files("bridge.report").joinpath("web", name).read_text("utf-8")


def _lead(subject: Subject) -> str:
    aig = subject.aig
    what = "A netlist" if subject.cell is None else "A neural cell as pure logic"
    made = f" after {subject.run.name}" if subject.run else ""
    parts = ((aig.inputs, "input"), (aig.latches, "state bit"), (aig.points, "named neuron"))
    shape = "".join(f", {counted(len(some), noun)}" for some, noun in parts if some)
    return f"{what}: {counted(len(aig.ands), 'AND node')}{made}{shape}."


def _lossy(subject: Subject) -> str:
    if not subject.losses:
        return ""
    return f"This netlist need not do what the one that it was made from did. {' '.join(subject.losses)}"


def _figures(page: Page) -> list[Facts]:
    subject, text, found = page.subject, page.text, page.found
    aig, plain, run = subject.aig, subject.plain, subject.run
    saved = f"{len(plain.ands):,} before" if plain is not aig else ""
    figures = [(f"{len(aig.ands):,}", "AND nodes", saved), (f"{depth(aig):,}", "levels", "longest path in ANDs")]
    figures.append((f"{len(aig.latches):,}", "state bits", ""))
    if found.evaluation is not None and text is not None:
        measured, floor = found.evaluation, byte_entropy(text.data)
        note = f"on {measured.bytes:,} bytes; their frequencies alone: {floor:.2f}"
        figures.append((f"{measured.bits_per_byte:.4f}", "bits per byte", note))
    if run is not None:
        verdict = "lossy" if subject.losses else run.verdict.answer
        figures.append((verdict, "to the netlist before", run.verdict.method))
    elif found.lowering is not None:
        verdict = "lossy" if subject.losses else found.lowering.answer
        figures.append((verdict, "to the cell", found.lowering.method))
    return [dict(zip(("value", "name", "note"), figure, strict=True)) for figure in figures]


def _packages(page: Page, records: list[Record]) -> dict[str, str]:
    """The data of the scripts by name."""
    data: Facts = {"title": page.subject.name, "records": records}
    arrays: dict[str, Bits] = {}
    for part in page.parts:
        data |= part.data(page)
        arrays |= part.arrays(page)
    return {"data": packing.pack_json(data)} | {name: packing.pack(array.tobytes()) for name, array in arrays.items()}


def byte_entropy(data: bytes) -> float:
    """Bits per byte for who knows only how frequent each byte of this text is."""
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    shares = counts[counts > 0] / max(1, len(data))
    return float(-(shares * np.log2(shares)).sum())
