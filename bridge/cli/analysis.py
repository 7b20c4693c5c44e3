"""Commands that ask what the logic does: cone, affects, dependence, influence, states, neurons, compare."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import RenderableType

from bridge.aig import Aig
from bridge.analysis import (
    Cone,
    DependenceMatrix,
    affects,
    compare,
    dependence,
    fanin_cone,
    fanout_cone,
    influence,
    invariants,
    meaning,
    neurons,
    text_statistics,
    to_dot,
    to_svg,
    with_prediction,
    write_proof,
)
from bridge.analysis.comparison import figures
from bridge.analysis.dependences.answer import ANSWERS, NO
from bridge.analysis.dependences.graded import graded
from bridge.analysis.dependences.matrix import check_suffix
from bridge.analysis.places import SameNodes, same_nodes, told
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import resolve_all
from bridge.analysis.text.runs import unknown_resets
from bridge.cell import Cell
from bridge.cli.graded import Graded, GradedOn, HowOften, show_shares
from bridge.cli.models import Model, load_model, load_netlist
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, others, progress, some, table
from bridge.cli.questions import Do, Given, Memory, Seconds, Start, edited
from bridge.cli.texts import Part, read_part
from bridge.cli.words import AsBytes, Depth, Draw, DrawOut, EveryByte, Of, Wanted, in_words
from bridge.errors import InputError
from bridge.files import write_atomic
from bridge.lowering import lower
from bridge.printable import counted

EXIT_CODES = {"yes": 0, "no": 1, "undecided": 3}
FEW = 12  # sources and targets of which every pair is shown

Steps = Annotated[int, typer.Option("--steps", "-k", help="How many steps, 1 to 64.")]
Jobs = Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes for SAT.")]
Text = Annotated[str, typer.Option("--text", help="A file, or the corpus kjv or pydoc.")]
TextPart = Annotated[Part | None, typer.Option(help="Default: held-out of a named corpus, all of a file.")]


def cone(
    netlist: Model,
    signal: Annotated[
        str, typer.Argument(help="A signal or a group, such as state.m[3], layer1.neurons[7], logit.97.")
    ],
    fanout: Annotated[bool, typer.Option("--fanout", help="What reads it instead of what it reads.")] = False,
    steps: Steps = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Draw a small cone: .svg (Graphviz) or .dot.")] = None,
    reader: Reader = "pyslang",
    do: Do = None,
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """What a signal is computed from (or with --fanout, what is computed from it), through latches for k steps.

    The cones of argmax, greedy and probability.X have gates that the netlist has not: those that make them of its head.
    """
    model = edited(load_model(netlist, reader), do)
    plain = lower(model) if isinstance(model, Cell) else model
    extended = with_prediction(plain, [signal])
    model = model if extended is plain else extended
    found = (fanout_cone if fanout else fanin_cone)(model, signal, steps)
    if out is not None:
        suffix = out.suffix.lower()
        if suffix not in (".svg", ".dot"):
            raise InputError(f"{out}: a cone is drawn as .svg or .dot")
        write_atomic(out, to_svg(model, found) if suffix == ".svg" else to_dot(model, found))
    facts = found.to_json() | ({"out": str(out)} if out else {})
    rows = table((f"{found.direction} of {signal}", ""), _cone_rows(found, everything))
    emit(as_json, facts, *_meanings(model, [signal]), rows, *filter(None, [told(found.same_node)]))


def _meanings(model: Cell | Aig, names: list[str]) -> list[str]:
    return [sentence for name in names if (sentence := meaning(model, name))]


def _cone_rows(found: Cone, everything: bool) -> list[tuple[str, object]]:
    steps = ", ".join(f"{count:,}" for count in found.unrolled)
    rows: list[tuple[str, object]] = [("ANDs", found.ands), ("in each step", steps), ("depth", found.depth)]
    for kind in ("inputs", "latches", "points", "outputs"):
        names = getattr(found, kind)
        rows.append((f"{kind} ({len(names)})", _listed(names, everything)))
    return rows


def _listed(names: Sequence[str], everything: bool) -> str:
    return " ".join([*some(names, everything), *others(names, everything)])


def affects_command(
    netlist: Model,
    source: Annotated[str, typer.Option("--from", help="A signal or a group.")],
    target: Annotated[str, typer.Option("--to", help="A signal, a group, argmax, greedy, or probability.'a'.")],
    steps: Steps = 1,
    seen_on: Annotated[str | None, typer.Option("--seen-on", help="Only states and bytes of this text.")] = None,
    part: TextPart = None,
    given: Given = None,
    start: Start = "any",
    reachable: Annotated[bool, typer.Option("--reachable", help="As --start reset.")] = False,
    each: Annotated[
        bool, typer.Option("--each", help="The bits of a group one by one; else any change of them counts.")
    ] = False,
    how_often: HowOften = False,
    proof: Annotated[Path | None, typer.Option(help="For a no: write a DRAT proof, and its clauses beside it.")] = None,
    seconds: Seconds = 120.0,
    memory: Memory = None,
    do: Do = None,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Does one signal affect another? Exit code 0 yes (with a witness), 1 no (proven), 3 undecided."""
    reachable = reachable or start == "reset"
    if (proof is not None) + (seen_on is not None) + reachable > 1:
        raise InputError("--proof is about any state: of --proof, --seen-on and --reachable only one can be chosen")
    if how_often and (reachable or each or given is not None):
        raise InputError(
            "--how-often is about any state, or a text: leave out --given, --start, --reachable and --each"
        )
    data = None if seen_on is None else read_part(seen_on, part)
    model = edited(load_model(netlist, reader), do, data)
    limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
    found = affects(model, source, target, steps, each=each, text=data, reachable=reachable, given=given, **limits)
    facts, lines = found.to_json(), [str(found), *_meanings(model, [source, target])]
    if found.witness is not None:
        lines.append(str(found.witness))
    if how_often:
        grades = graded(model, source, target, steps, text=data, seconds=seconds, memory=memory)
        facts["how_often"] = grades.to_json()
        lines.append(f"how often: {grades}")
    if proof is not None and found.answer == "no":
        facts["proof"] = str(proof)
        facts["proof_lines"] = write_proof(model, source, target, steps, proof, each=each, given=given)
        lines.append(f"{proof}: {counted(facts['proof_lines'], 'line')} of DRAT for the clauses in {proof}.cnf")
    emit(as_json, facts, *lines)
    raise typer.Exit(EXIT_CODES[found.answer])


def dependence_command(
    netlist: Model,
    source: Annotated[list[str] | None, typer.Option("--from", help="Default: all state bits and inputs.")] = None,
    target: Annotated[list[str] | None, typer.Option("--to", help="Default: all state bits and outputs.")] = None,
    steps: Steps = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the matrix: .npz or .csv.")] = None,
    bits: Annotated[bool, typer.Option("--bits", help="A row or column for every bit of a group.")] = False,
    grades: Graded = False,
    text: GradedOn = None,
    part: TextPart = None,
    seconds: Seconds = 900.0,
    memory: Memory = None,
    do: Do = None,
    jobs: Jobs = 2,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """Which state bits and inputs affect which state bits and outputs, every entry decided; or how often."""
    if out is not None:
        check_suffix(out)
    if text is not None and not grades:
        raise InputError("--text is what shares are measured on: ask for them with --graded")
    data = None if text is None else read_part(text, part)
    model = edited(load_model(netlist, reader), do, data)
    limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
    if grades:
        if bits:
            raise InputError("--bits takes groups apart, --graded swaps whole values: choose one of them")
        show_shares(model, source, target, steps, out=out, as_json=as_json, text=data, **limits)
        return
    limits["jobs"] = jobs
    with progress("dependence") as report:
        found = dependence(model, source, target, steps, bits=bits, progress=report, **limits)
    if out is not None:
        found.save(out)
    facts = found.to_json() | ({"out": str(out)} if out else {})
    rows = [(key.replace("_", " "), value) for key, value in found.counts().items()]
    title = f"{len(found.sources)} x {len(found.targets)}, {found.seconds:.1f} s"
    emit(as_json, facts, table((title, ""), rows), *_who(found, everything), *filter(None, [told(found.same_node)]))
    raise typer.Exit(3 if found.counts()["undecided"] else 0)


def _who(found: DependenceMatrix, everything: bool) -> list[Any]:
    """Who affects whom: every entry while they are few, else how many between each two blocks."""
    if max(len(found.sources), len(found.targets)) <= FEW:
        words = [
            [name, *(ANSWERS[code] for code in row)] for name, row in zip(found.sources, found.answers, strict=True)
        ]
        return [table(("from \\ to", *found.targets), words)]
    sources, targets, yes = found.by_block()
    rows = [[name, *(count or "no" for count in row)] for name, row in zip(sources, yes.tolist(), strict=True)]
    idle = [name for name, row in zip(found.sources, found.answers, strict=True) if (row == NO).all()]
    lines = [f"affects nothing: {' '.join(some(idle, everything))}", *others(idle, everything)]
    return [table(("pairs, from \\ to", *targets), rows), *(lines if idle else [])]


def influence_command(
    netlist: Model,
    source: Text,
    part: TextPart = None,
    steps: Steps = 8,
    positions: Annotated[int, typer.Option(help="Positions of the text to try.")] = 2048,
    bits: Annotated[list[str] | None, typer.Option("--from", help="What to invert. Default: all state bits.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed takes the same positions.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write all arrays: .npz.")] = None,
    seconds: Seconds = 3600.0,
    memory: Memory = None,
    do: Do = None,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """Invert state bits in the middle of a text, and measure what changes for how long."""
    if out is not None and out.suffix.lower() != ".npz":
        raise InputError(f"{out}: influence is written as .npz")
    data = read_part(source, part)
    model = edited(load_model(netlist, reader), do, data)
    limits: dict[str, Any] = {"seconds": seconds, "memory": memory}
    with progress("influence") as report:
        found = influence(model, data, steps, sources=bits, positions=positions, seed=seed, progress=report, **limits)
    if out is not None:
        found.save(out)
    facts = found.to_json() | {"text": source} | ({"out": str(out)} if out else {})
    title = f"{len(found.positions):,} positions; bits: |change| of code length, summed over {counted(steps, 'step')}"
    same = _same_nodes(model, bits or [])
    facts["same_node"] = {name: [*others] for name, others in same.items()}
    rows = _largest(found.columns(), "bits", title, everything)
    emit(as_json, facts, *rows, *filter(None, [told(same), _start(model), found.why]))


def _same_nodes(model: Cell | Aig, names: list[str]) -> SameNodes:
    """Of a cell's places there are none."""
    if isinstance(model, Cell):
        return {}
    aig = asked_at_once(model, names)
    return same_nodes(aig, (bit for signal in resolve_all(aig, names) for bit in signal.bits))


def states(
    netlist: Model,
    source: Annotated[str | None, typer.Option("--text", help="Also: what they do on this text.")] = None,
    part: TextPart = None,
    seconds: Seconds = 120.0,
    memory: Memory = None,
    do: Do = None,
    jobs: Jobs = 2,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """State bits that are constant, equal, complementary or unobservable (proven); on a text, what each bit follows."""
    data = None if source is None else read_part(source, part)
    model = edited(load_model(netlist, reader), do, data)
    aig = lower(model) if isinstance(model, Cell) else model
    known = invariants(aig, seconds=seconds, memory=memory, jobs=jobs)
    proven = known.to_json()
    rows: list[tuple[str, object, str]] = [
        (key, len(names), _listed(["=".join(n) if isinstance(n, list) else n for n in names], everything))
        for key, names in proven.items()
    ]
    facts: dict[str, Any] = {"proven": proven}
    tables: list[RenderableType] = [table(("proven for every state from reset on", "state bits", ""), rows)]
    if data is not None:
        found = text_statistics(aig, data)
        shared = found.overlap()
        facts["on_this_text"] = {
            "text": source,
            "positions": found.positions,
            "distinct_states": found.distinct_states,
            "constant": found.constant,
            "equal_or_complementary": [[a, b, flip] for a, b, flip in found.equal],
            "bits": found.columns(),
            "feature_overlap": shared.to_json(),
        }
        title = f"on this text: {found.positions:,} positions, {found.distinct_states:,} distinct states"
        tables += _largest(found.columns(), "information", title, everything)
        head = ("feature overlap on this text", *(name.replace("_", " ") for name in shared.beside()))
        tables += [table(head, shared.rows())]
        tables += filter(None, [_start(aig)])
    emit(as_json, facts, *tables)


def neurons_command(
    netlist: Model,
    in_bytes: AsBytes = False,
    of: Of = None,
    every_byte: EveryByte = False,
    draw: Draw = None,
    depth: Depth = None,
    out: DrawOut = None,
    seconds: Seconds = 300.0,
    memory: Memory = None,
    jobs: Jobs = 2,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """What every named neuron is a function of, proven; which ones became trivial. Or what it is in terms of bytes."""
    wanted = Wanted(in_bytes, of, every_byte, draw, depth, out)
    if wanted.checked():
        facts, lines = in_words(load_model(netlist, reader), wanted, everything, seconds=seconds, memory=memory)
        emit(as_json, facts, *lines)
        return
    found = neurons(load_model(netlist, reader), seconds=seconds, jobs=jobs)
    simple = [(neuron.name, neuron.formula()) for neuron in found if neuron.trivial]
    unread = sum(len(neuron.structural) - len(neuron.support) for neuron in found)
    rows = [
        ("neurons", len(found)),
        ("functions of at most two signals", len(simple)),
        ("signals read that do not matter", unread),
        ("undecided", sum(len(neuron.undecided) for neuron in found)),
    ]
    facts = {"neurons": [neuron.to_json() for neuron in found], "trivial": [name for name, _ in simple]}
    listing: list[RenderableType] = [table(("neuron", "is"), some(simple, everything)), *others(simple, everything)]
    emit(as_json, facts, table((netlist, ""), rows), *(listing if simple else []))


def compare_command(
    before: Model,
    after: Model,
    seconds: Seconds = 600.0,
    jobs: Jobs = 2,
    reader: Reader = "pyslang",
    everything: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """What a simpler netlist of the same cell reveals: neurons that became trivial, duplicates, dead state."""
    found = compare(*(load_netlist(name, reader) for name in (before, after)), seconds=seconds, jobs=jobs)
    old, new = figures(found.before), figures(found.after)
    tables: list[RenderableType] = [table(("", before, after), [(what, old[what], new[what]) for what in old])]
    changed = [(c.name, c.support_before, c.support_after, c.formula_after) for c in found.changes]
    if changed:
        tables.append(table(("neuron", "signals before", "after", "now"), some(changed, everything)))
        tables += others(changed, everything)
    emit(as_json, found.to_json(), *tables)


def _start(model: Cell | Aig) -> str:
    """What is measured on a text is so for one start."""
    unknown = unknown_resets(model) if isinstance(model, Aig) else 0
    return f"{unknown:,} latches of unknown reset started at 0" if unknown else ""


def _largest(columns: dict[str, list[Any]], key: str, title: str, everything: bool) -> list[RenderableType]:
    order = np.argsort(-np.array(columns[key]), kind="stable").tolist()
    rows = [[_short(column[place]) for column in columns.values()] for place in some(order, everything)]
    return [table([name.replace("_", " ") for name in columns], rows, title=title), *others(order, everything)]


def _short(value: Any) -> object:
    return f"{value:.4f}" if isinstance(value, float) else value
