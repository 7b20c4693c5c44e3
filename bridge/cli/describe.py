"""The command describe: what a model is made of, on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Any

from bridge.aig import Aig
from bridge.aig.names import block_of, state
from bridge.aig.shares import blocks_of
from bridge.aig.stats import block_graph, depth
from bridge.cell import Block, Cell
from bridge.cell.folded import WEIGHT, Folded
from bridge.cell.passes import passes_of
from bridge.cell.predictor import Predictor
from bridge.cell.record import TrainingRecord, losses_of, sources_of
from bridge.cli.models import AnyModel, as_netlist, load_any, onward
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, emit, table
from bridge.lowering import lower
from bridge.metadata import of_folded, read_metadata
from bridge.printable import counted, few
from bridge.readout import Labelled, Readout

BAR = 24  # characters of the longest bar
HELDOUT = "heldout_bits_per_byte"


def describe(model: AnyModel, reader: Reader = "pyslang", as_json: AsJson = False) -> str:
    """What a model is made of: its blocks and who reads whom, ANDs of each, state, alphabet, head, training."""
    loaded = load_any(model, reader)
    facts = _facts(loaded)
    diagram = [_diagram(facts["blocks"])] if facts["blocks"] else []
    emit(as_json, facts, *_lines(model, facts), *diagram)
    return onward(loaded)


@singledispatch
def _facts(model: Predictor | Aig) -> dict[str, Any]:
    """All that is told, by what it is called in `--json`."""
    raise TypeError(f"{type(model).__name__} cannot be described")


@_facts.register
def _(cell: Cell) -> dict[str, Any]:
    aig = lower(cell)
    ands, levels = blocks_of(aig), depth(aig)
    readout = cell.readout if cell.text_model else None
    return {
        "form": cell.KIND,
        "digest": cell.digest,
        "reads": ["byte"] * cell.reads_byte + [block.name for block in cell.inputs],
        "says": _said(readout, cell.labelled, cell.serial),
        "state_bits": cell.state_bits,
        "ands": len(aig.ands),
        "levels": levels,
        "trained": _trained(cell.record),
        "sources": [source.facts() for source in sources_of(cell.record)],
        "history": [],
        "lossy": list(losses_of(cell.record)),
        "blocks": [_block(cell, block, ands) for block in cell.blocks],
    }


def _trained(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """What trained it, if that is known."""
    known = TrainingRecord.of(record)
    return None if known is None else {**known.facts(), HELDOUT: _number(known.details.get(HELDOUT))}


@_facts.register
def _(net: Folded) -> dict[str, Any]:
    aig = as_netlist(net)
    return {
        "form": net.KIND,
        "digest": net.digest,
        "reads": ["byte"],
        "says": _said(net.readout, None, False),
        "state_bits": len(aig.latches),
        "ands": len(aig.ands),
        "levels": depth(aig),
        "evaluations": passes_of(net).steps,
        "computes": {"units": net.units, "codes": net.embedding.shape[1], "weights": net.weights.size},
        "trained": _trained(net.record),
        "sources": [source.facts() for source in sources_of(net.record)],
        "history": [],
        "lossy": [],
        "blocks": [],
    }


def _number(told: Any) -> float | None:
    """What a record says, which may be a stranger's, if it is a number."""
    try:
        return float(told) if isinstance(told, float | int) else None
    except OverflowError:
        return None


def _block(cell: Cell, block: Block, ands: Mapping[str, int]) -> dict[str, Any]:
    """`ands`: those of the block itself, and of what it holds next."""
    held = cell.held.get(block.name)
    return {
        "name": block.name,
        "kind": block.kind,
        "elements": len(cell.numbers) if block.HEAD else cell.widths[block.name],
        "state_bits": held.bits if held else 0,
        "ands": ands.get(block.name, 0) + ands.get(block_of(state(block.name, 0)), 0),
        "reads": ["byte"] * block.READS_BYTE + list(block.reads or block.keeps),
    }


@_facts.register
def _(aig: Aig) -> dict[str, Any]:
    known, ands = read_metadata(aig), blocks_of(aig)
    graph = block_graph(aig) if aig.points else {}
    latches = Counter(block_of(latch.name) for latch in aig.latches)
    inner = [
        {
            "name": name,
            "kind": "",
            "elements": block.bits,
            "state_bits": latches[name],
            "ands": ands.get(name, 0),
            "reads": sorted(source for source, other in graph.items() if name in other.readers),
        }
        for name, block in graph.items()
    ]
    return {
        "form": "netlist",
        "digest": known.cell,
        "reads": list(dict.fromkeys(block_of(name) for name in aig.inputs)),
        "says": {"head": "folded"} if of_folded(aig) else _said(known.readout, known.scores, False),
        "state_bits": len(aig.latches),
        "ands": len(aig.ands),
        "levels": depth(aig),
        "trained": None,
        "sources": [source.facts() for source in known.sources],
        "history": list(known.history),
        "lossy": list(known.lossy),
        "blocks": inner,
    }


def _said(readout: Readout | None, labelled: Labelled | None, serial: bool) -> dict[str, Any]:
    """What the numbers of the head are."""
    if readout is not None:
        head = "logits" if readout.code is None else "serial" if serial else "code"
        return {"head": head, "symbols": list(readout.symbols), "scale": readout.scale}
    if labelled is not None:
        head = "estimate" if labelled.estimates else "labels"
        return {"head": head, "labels": list(labelled.labels), "scale": labelled.scale}
    return {"head": "bits"}


HEADS = {
    "logits": "an integer for each of {count} bytes; probabilities are their softmax, times {scale:.4g}",
    "code": "a score for each of the {nodes} nodes of a binary code over {count} bytes, times {scale:.4g}",
    "serial": "a score for one of the {nodes} nodes of a binary code over {count} bytes at a time, times {scale:.4g}",
    "labels": "an integer for each of {count} labels, of which the largest wins",
    "estimate": "one number, times {scale:.4g}",
    "folded": "a logit at a time, where `ready` is 1: it is the logic of a folded network (docs/folded.md)",
    "bits": "bits, of which nothing more is known",
}


def _lines(name: str, facts: Mapping[str, Any]) -> Iterator[str]:
    says, lossy = facts["says"], facts["lossy"]
    count = len(says.get("symbols", says.get("labels", ())))
    yield (
        f"{name}: a {facts['form']} of {counted(facts['ands'], 'AND')}, {counted(facts['levels'], 'level')}, "
        f"{counted(facts['state_bits'], 'state bit')}"
    )
    if "computes" in facts:
        made = "{units:,} gated recurrent units and {codes:,} numbers for a byte read: {weights:,} weights"
        yield f"computes: {made.format(**facts['computes'])} of {WEIGHT[0]}..{WEIGHT[1]}, a row after the other"
        yield f"evaluations of the logic: {facts['evaluations']:,} a byte"
    yield f"reads: {few(facts['reads'], 8) or 'nothing'}"
    yield f"says: {HEADS[says['head']].format(count=count, nodes=count - 1, scale=says.get('scale', 1.0))}"
    if "symbols" in says:
        yield f"alphabet: {repr(bytes(says['symbols']))[2:-1]}"
    if "labels" in says:
        yield f"labels: {few(says['labels'], 20)}"
    yield from (f"trained: {line}" for line in _training(facts["trained"], facts["sources"]))
    if facts["history"]:
        yield f"made smaller by: {', '.join(facts['history'])}"
    yield from (f"lossy: {change}" for change in lossy)
    if facts["digest"]:
        yield f"digest{' of its cell' * (facts['form'] == 'netlist')}: {facts['digest']}"


def _training(trained: Mapping[str, Any] | None, sources: Sequence[Mapping[str, str]]) -> Iterator[str]:
    if trained is None:
        yield from (f"on {source['corpus']}, {source['holdout']} held out" for source in sources)
        return
    told = f"{trained['kind']} on {trained['corpus']} ({trained['holdout']} held out), {trained['steps']:,} "
    told += f"{'trees' if trained['kind'] == 'trees' else 'steps'}, {trained['seconds']:,.0f} seconds"
    for key, where in (("training_bits_per_byte", "its training text"), (HELDOUT, "held-out text")):
        if trained[key] is not None:
            told += f", {trained[key]:.4f} bits per byte on {where}"
    yield told


def _diagram(blocks: Sequence[Mapping[str, Any]]) -> Any:
    """Every block in the order of evaluation, with its share of the ANDs as a bar, and what it reads."""
    most = max((block["ands"] for block in blocks), default=0) or 1
    rows = [
        (
            block["name"],
            block["kind"],
            block["elements"],
            block["state_bits"] or None,
            block["ands"] or None,
            "▇" * round(BAR * block["ands"] / most) or ("▏" if block["ands"] else ""),
            few(block["reads"], 6),
        )
        for block in blocks
    ]
    return table(("block", "kind", "elements", "state bits", "ANDs", "", "reads"), rows)
