"""What the parts of the page show as plain HTML: sentences and rows, ready for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bridge.aig.stats import depth
from bridge.analysis import DependenceMatrix, Influence, Invariants, Neuron, TextStatistics
from bridge.analysis.comparison import figures
from bridge.flow.structure import blocks_of
from bridge.flow.table import Row
from bridge.report.findings import Findings
from bridge.report.passages import Passage
from bridge.report.subject import Run, Subject, Text

Facts = dict[str, Any]

SHADES = (0.5, 1.0, 2.0, 4.0, 7.0)  # bits: where the next darker colour begins
FELT = 0.001  # bits: what changes less in all is hardly felt
NAMED = 3  # blocks named in a sentence
MINUS = "\N{MINUS SIGN}"
NO_NULL = "Figures marked \N{DAGGER} have no null: how large they would be by chance was not measured."


def gates(subject: Subject) -> Facts:
    """ANDs by block, before and after; every run with its steps."""
    before, after = (blocks_of(aig) for aig in (subject.plain, subject.aig))
    most, total = max([1, *before.values(), *after.values()]), max(1, len(subject.aig.ands))
    blocks = []
    for name in {**before, **after}:
        was, now = before.get(name, 0), after.get(name, 0)
        row = {"name": name, "before": was, "after": now, "change": _change(now, was), "share": 100 * now / total}
        blocks.append(row | {"was": round(100 * was / most, 2), "width": round(100 * now / most, 2)})
    return {
        "sentence": _gates_sentence(subject, before, after),
        "compared": subject.plain is not subject.aig,
        "blocks": blocks,
        "runs": [_run(run) for run in subject.runs],
        "axis": step_axis([row.ands for run in subject.runs for row in run.table.rows]),
    }


def step_axis(counts: Sequence[int]) -> tuple[int, int]:
    """Where an axis for these counts begins and ends: at 0 unless they differ by little of what they are."""
    low, high = min(counts, default=0), max([1, *counts])
    digit = 10 ** (len(str(high - low)) - 1)
    start = 0 if low < 0.5 * high or low == high else max(0, low - digit) // digit * digit
    return start, high + max(1, (high - start) // 20)


def _gates_sentence(subject: Subject, before: Mapping[str, int], after: Mapping[str, int]) -> str:
    start, end = len(subject.plain.ands), len(subject.aig.ands)
    largest = sorted(after, key=lambda name: -after[name])[:NAMED]
    where = ", ".join(f"{name} ({100 * after[name] / max(1, end):.0f} %)" for name in largest)
    if subject.plain is subject.aig:
        return f"{end:,} AND nodes, {depth(subject.aig)} levels. Most are in {where}." if end else "There are no gates."
    lost = sorted(
        (name for name in before if before[name] > after.get(name, 0)), key=lambda n: after.get(n, 0) - before[n]
    )
    saved = ", ".join(f"{name} ({MINUS}{before[name] - after.get(name, 0):,})" for name in lost[:NAMED])
    gone = f" Most of what went, went from {saved}." if saved else ""
    return f"{start:,} AND nodes became {end:,} ({_percent(end, start)}).{gone} Most of what is left is in {where}."


def _run(run: Run) -> Facts:
    rows = run.table.rows
    blocks = list(dict.fromkeys(name for row in rows for name in row.blocks))
    first, last = rows[0].ands, rows[-1].ands
    state = "" if run.state == "done" else f", {run.state}"
    return {
        "name": run.name,
        "summary": f"{first:,} → {last:,} ({_percent(last, first)}){state}",
        "status": run.verdict.answer,
        "blocks": blocks,
        "rows": [_step(row, first, blocks) for row in rows],
    }


def _step(row: Row, first: int, blocks: list[str]) -> Facts:
    counts = [f"{row.blocks.get(name, 0):,}" if row.blocks else "" for name in blocks]
    seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
    change = _change(row.ands, first)
    facts = {"label": row.label, "ands": row.ands, "change": change, "levels": row.levels}
    return facts | {"blocks": counts, "seconds": seconds, "verdict": row.verdict}


def memory(found: Influence | None, text: Text | None) -> Facts | None:
    """State bits, the longest remembered first; those that are hardly felt at the end."""
    if found is None or text is None or not found.sources:
        return None
    columns = found.columns()
    ages, bits = np.array(columns["mean_step"]), np.array(columns["bits"])
    order = np.lexsort((-ages, bits < FELT)).tolist()
    rows = []
    for place in order:
        curve, last = found.absolute_bits[place], columns["last_step"][place]
        first = 100 * columns["bits_in_step_1"][place] / bits[place] if bits[place] else 0.0
        row = {"name": found.sources[place], "age": ages[place], "bits": bits[place], "first": first, "last": last}
        shown = f"≥ {last}" if last == found.steps else str(last)
        rows.append(row | {"last_shown": shown, "points": _points(curve)})
    unfelt, faint = int((bits == 0).sum()), int((bits < FELT).sum())
    longest = rows[0]
    sentence = (
        f"{longest['name']} remembers longest: when it is inverted, the change in what later bytes cost comes "
        f"{longest['age']:.1f} bytes later on average. {unfelt:,} of {len(rows):,} bits were never felt"
        f"{f', {faint - unfelt:,} more hardly' if faint > unfelt else ''}."
    )
    caption = (
        f"Measured: each bit inverted at {len(found.positions):,} random positions of {text.name}, then followed for "
        f"{found.steps} bytes. Bits changed: the mean of |change| of what a byte costs, summed over these bytes; "
        "at once: the part of it that the very next byte brings; mean age: how many bytes later it comes; "
        f"curve: each from 0 to its own highest value, so rows cannot be compared by height. {NO_NULL}"
    )
    return {"sentence": sentence, "caption": caption, "rows": rows, "width": 4 * (found.steps - 1), "order": order}


def _points(curve: Any) -> str:
    top = max(float(curve.max()), 1e-12)
    return " ".join(f"{4 * step},{19 - 18 * float(value) / top:.0f}" for step, value in enumerate(curve))


def trivial(subject: Subject, found: Findings) -> Facts:
    """Neurons that are constant or functions of at most two signals; state bits that are no longer needed."""
    constant = [neuron for neuron in found.neurons if not neuron.support]
    simple = [neuron for neuron in found.neurons if neuron.trivial and neuron.support]
    known = found.invariants or Invariants()
    groups = [
        _group("Constant neurons", [(n.name, f"= {n.formula()}", ()) for n in constant]),
        _group("Neurons of at most two signals", [(n.name, f"= {n.formula()}", ()) for n in simple]),
        _group("Neurons on one node, equal or complements", _duplicates(found.neurons)),
        _group("Constant state bits", [(name, f"is always {value}", ()) for name, value in known.constant.items()]),
        *_repeats(known, found.designed),
        _group("State bits that no output ever depends on", [(name, "", ()) for name in known.unobservable]),
    ]
    if found.comparison is not None:
        changed = [
            (change.name, f"read {change.support_before} signals, now {change.support_after}", ())
            for change in found.comparison.changes
        ]
        groups.insert(0, _group("Neurons that the flow made simpler", changed))
    return {"sentence": _trivial_sentence(found, constant, simple, known), "groups": groups} | _counts(subject, found)


def _duplicates(found: Sequence[Neuron]) -> list[tuple[str, str, tuple[str, ...]]]:
    """A row for each node with several names, not for each name."""
    rows, told = [], set[str]()
    for neuron in found:
        others = (*neuron.copies, *neuron.inverted)
        if others and neuron.name not in told:
            how = "is the same node as" if neuron.copies else "is the complement of"
            how += ", or the complement of," if neuron.copies and neuron.inverted else ""
            rows.append((neuron.name, how, others))
            told |= set(others)
    return rows


def _repeats(known: Invariants, designed: frozenset[str] | None) -> list[Facts]:
    """What was found apart from what could not be otherwise."""
    same = [(name, "always equals", (other,)) for name, other in known.equal]
    same += [(name, "is the complement of", (other,)) for name, other in known.complementary]
    repeating = "State bits that always equal others, or their complements"
    if designed is None:
        return [_group(f"{repeating} (copies by design among them, which only the cell would tell)", same)]
    found, copies = ([row for row in same if (row[0] in designed) == kind] for kind in (False, True))
    return [_group(f"{repeating}: found", found), _group(f"{repeating}: copies by design of the cell", copies)]


def _group(title: str, rows: Sequence[tuple[str, str, Sequence[str]]]) -> Facts:
    return {"title": title, "rows": [{"name": name, "text": text, "others": others} for name, text, others in rows]}


def _trivial_sentence(found: Findings, constant: list[Neuron], simple: list[Neuron], known: Invariants) -> str:
    few = f"{len(constant):,} of {len(found.neurons):,} neurons are constant"
    few += f" and {len(simple):,} more are functions of at most two signals."
    if found.neurons and not constant and not simple:
        few = f"None: each of the {len(found.neurons):,} neurons depends on three signals or more."
    if not found.neurons:
        few = "The netlist names no neurons."
    state = f" {_state_sentence(known, found.designed)}" if found.invariants is not None else ""
    return f"{few}{state} All of this is proven, not sampled."


def _state_sentence(known: Invariants, designed: frozenset[str] | None) -> str:
    repeating = len(known.equal) + len(known.complementary)
    which = "; without the cell, copies by design cannot be told from others" if repeating else ""
    if designed is not None and repeating:
        which = f" ({len(designed):,} by design of the cell, {repeating - len(designed):,} found)"
    sentence = f"Of the state bits {len(known.constant):,} are constant, {repeating:,} repeat others{which}, "
    return f"{sentence}and no output ever depends on {len(known.unobservable):,}."


def _counts(subject: Subject, found: Findings) -> Facts:
    if found.comparison is None:
        return {"counts": [], "sides": []}
    before, after = figures(found.comparison.before), figures(found.comparison.after)
    flow = subject.run.name if subject.run else "simplification"
    counts = [(name, (before[name], after[name])) for name in before]
    return {"counts": counts, "sides": ["before", "after"], "caption": f"What {flow} changed; every count is proven."}


def affects(matrix: DependenceMatrix | None, kinds: Mapping[str, str]) -> Facts | None:
    """Proven dependences summed up by block."""
    if matrix is None or not matrix.sources or not matrix.targets:
        return None
    names, places, sums = matrix.by_block()
    counts = matrix.counts()
    return {
        "sentence": _decided(counts),
        "caption": "How many pairs of a block's signals (rows) and another's (columns) depend, within one step.",
        "columns": places,
        "rows": list(zip(names, sums.tolist(), strict=True)),
    }


def _decided(counts: Mapping[str, int]) -> str:
    """Who decided how many pairs."""
    left, undecided = counts["open_after_structure"], counts["undecided"]
    how = f"for each of the {left:,} that it leaves open, simulation found two runs that show it."
    if counts["simulation_yes"] < left:
        how = f"of the {left:,} that it leaves open, simulation shows yes for {counts['simulation_yes']:,}; SAT proves "
        how += f"yes for {counts['sat_yes']:,} and no for {counts['sat_no']:,}."
    return (
        "Inverting a signal during one step: can it change another, in some state, for some byte? "
        f"Of {counts['entries']:,} pairs {f'{undecided:,} are' if undecided else 'none is'} left undecided. "
        f"Structure alone proves no for {counts['structure_no']:,}; {how}"
    )


def features(found: TextStatistics | None, chance: TextStatistics | None, text: Text | None) -> Facts | None:
    """For every feature of the text the bit that follows it best, and how well any bit does by chance."""
    if found is None or chance is None or text is None or not found.features or not found.bits:
        return None
    summed = found.superposition()
    best, by_chance = found.shares.argmax(axis=0), chance.shares.max(axis=0)
    rows = []
    for place, name in enumerate(found.features):
        bit = int(best[place])
        row = {"name": name, "share": 100 * found.feature_ones[place] / found.positions, "bit": found.bits[bit]}
        row |= {"likeness": found.shares[bit, place], "bits": found.information[bit, place]}
        row |= {"chance": by_chance[place]}
        rows.append(row | {"carriers": int(summed.bits_per_feature[place])})
    rows.sort(key=lambda row: -row["likeness"])
    means = summed.summary()
    chance_pairs = int(chance.superposition().bits_per_feature.sum())
    sentence = (
        f"On {found.positions:,} bytes of {text.name} the netlist was in {found.distinct_states:,} different states. "
        f"A bit that carries any of {len(found.features)} features carries {means['features_per_carrying_bit']:.1f} of "
        f"them on average; a feature that is carried is carried by {means['bits_per_carried_feature']:.1f} bits."
    )
    caption = (
        f"Measured on the first {found.positions:,} bytes. Likeness: mutual information over the geometric mean of the "
        "two entropies, 1 for equal or complementary; information is in bits. A bit carries a feature from a likeness "
        f"of {summed.threshold:g} on. By chance: the best likeness of all {len(found.bits):,} bits to the same feature "
        f"half a text away; there no bit has more than {chance.information.max():.4f} bits of information, and "
        f"{chance_pairs:,} pairs of bit and feature carry, here {int(summed.bits_per_feature.sum()):,}."
    )
    return {"sentence": sentence, "caption": caption, "rows": rows}


def byte_entropy(data: bytes) -> float:
    """Bits per byte for who knows only how frequent each byte of this text is."""
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    shares = counts[counts > 0] / max(1, len(data))
    return float(-(shares * np.log2(shares)).sum())


def passage(found: Passage) -> Facts:
    """A passage in runs of equal colour cannot be pointed at, so every character stands for itself."""
    shades = np.searchsorted(SHADES, found.bits, side="right").tolist()
    shaded = list(zip(shades, found.pieces, strict=True))
    return {"title": found.title, "note": found.note, "mean": found.mean, "shaded": shaded, "dearest": found.dearest()}


def shades() -> list[tuple[float, float | None]]:
    """Lower and upper ends of the colours."""
    return list(zip((0.0, *SHADES), (*SHADES, None), strict=True))


def _change(now: int, was: int) -> str:
    return f"{now - was:+,} ({_percent(now, was)})".replace("-", MINUS) if now != was else ""


def _percent(now: int, was: int) -> str:
    change = 100 * (now - was) / was if was else 0.0
    digits = 2 if 0 < abs(change) < 0.1 else 1
    return f"{change:+.{digits}f} %".replace("-", MINUS)
