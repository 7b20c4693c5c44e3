"""Where the gates went: ANDs by block, before and after, and every run with its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.aig.shares import blocks_of
from bridge.aig.stats import depth
from bridge.flow.table import Row
from bridge.report.part import Facts, Page, Part
from bridge.report.subject import Run, Subject

NAMED = 3  # blocks named in a sentence
MINUS = "\N{MINUS SIGN}"


def _facts(page: Page) -> Facts:
    subject = page.subject
    before, after = (blocks_of(aig) for aig in (subject.plain, subject.aig))
    most, total = max([1, *before.values(), *after.values()]), max(1, len(subject.aig.ands))
    blocks = []
    for name in {**before, **after}:
        was, now = before.get(name, 0), after.get(name, 0)
        row = {"name": name, "before": was, "after": now, "change": _change(now, was), "share": 100 * now / total}
        blocks.append(row | {"was": round(100 * was / most, 2), "width": round(100 * now / most, 2)})
    return {
        "sentence": _sentence(subject, before, after),
        "compared": subject.plain is not subject.aig,
        "blocks": blocks,
        "runs": [_run(run) for run in subject.runs],
        "axis": _axis(subject),
    }


def _data(page: Page) -> Facts:
    runs = [{"name": run.name, "ands": [row.ands for row in run.table.rows[:-1]]} for run in page.subject.runs]
    return {"runs": runs, "axis": _axis(page.subject)}


def _axis(subject: Subject) -> tuple[int, int]:
    return step_axis([row.ands for run in subject.runs for row in run.table.rows])


def step_axis(counts: Sequence[int]) -> tuple[int, int]:
    """Where an axis for these counts begins and ends: at 0 unless they differ by little of what they are."""
    low, high = min(counts, default=0), max([1, *counts])
    digit = 10 ** (len(str(high - low)) - 1)
    start = 0 if low < 0.5 * high or low == high else max(0, low - digit) // digit * digit
    return start, high + max(1, (high - start) // 20)


def _sentence(subject: Subject, before: Mapping[str, int], after: Mapping[str, int]) -> str:
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


def _change(now: int, was: int) -> str:
    return f"{now - was:+,} ({_percent(now, was)})".replace("-", MINUS) if now != was else ""


def _percent(now: int, was: int) -> str:
    change = 100 * (now - was) / was if was else 0.0
    digits = 2 if 0 < abs(change) < 0.1 else 1
    return f"{change:+.{digits}f} %".replace("-", MINUS)


PART = Part("gates", "Where the gates went", order=10, facts=_facts, data=_data)
