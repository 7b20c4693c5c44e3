"""Commands about neurons: neurons, compare."""

from __future__ import annotations

from rich.console import RenderableType

from bridge.analysis.comparison import compare, figures
from bridge.analysis.neurons import neurons
from bridge.cli.models import Model, load_model, load_netlist
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, ShowAll, emit, others, some, table
from bridge.cli.questions import Jobs, Memory, Seconds
from bridge.cli.words import AsBytes, Depth, Draw, DrawOut, EveryByte, Of, Wanted, in_words


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
        model = load_model(netlist, reader)
        facts, lines = in_words(model, wanted, everything, as_json, seconds=seconds, memory=memory)
        emit(as_json, facts, *lines)
        return
    found = neurons(load_model(netlist, reader), seconds=seconds, memory=memory, jobs=jobs)
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
