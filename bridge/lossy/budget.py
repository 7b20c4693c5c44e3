"""`simplify`: as small as a budget of bits per byte allows. Nothing here is equivalent, and the result says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bridge.aig import Aig, Output
from bridge.cell import Cell, Delay, Embedding, Latch, Logits, Threshold
from bridge.errors import InputError
from bridge.execution import bits_per_byte
from bridge.lossy.merges import find_merges, merged
from bridge.lossy.weights import digits, drop_weights, list_dropped
from bridge.lowering import lower
from bridge.metadata import read_metadata, with_metadata

VALIDATION = 20  # the last part of the text, one in so many bytes, is for measuring
LARGEST_VALIDATION = 1 << 17
ROUNDS = 40  # each drops this part of the digits of the weights
SEARCHES = 8  # halvings of the number of merges

_KINDS = (Embedding, Delay, Threshold, Latch, Logits)

Note = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Simplified:
    """`model`: of the same kind as what was given; `aig`: its netlist; `before`, `after`: bits per byte on the
    validation part of the text; `record`: every weight that was dropped or node that was merged."""

    model: Cell | Aig
    aig: Aig
    ands_before: int
    ands_after: int
    before: float
    after: float
    record: tuple[dict[str, Any], ...]


def simplify(
    model: Cell | Aig, text: bytes, budget: float, *, seed: int = 0, note: Note = lambda _: None
) -> Simplified:
    """Trade at most `budget` bits per byte for gates. text: of the training part; its end is kept for measuring.

    A cell loses the weights that matter least, and its thresholds and biases are refitted; a netlist gets nodes merged
    that are (nearly) constant, equal or complementary on the text. InputError for a negative budget, a text that is too
    short, or a netlist that is no text model.
    """
    if not 0 <= budget < 64:
        raise InputError(f"the budget must lie in 0 .. 64 bits per byte, not {budget}")
    size = min(len(text) // VALIDATION, LARGEST_VALIDATION)
    if size < 2:
        raise InputError(f"a text of {len(text):,} bytes is too short to simplify on")
    fit, validation = text[: len(text) - size], text[len(text) - size :]
    if isinstance(model, Cell):
        return _simplify_cell(model, fit, validation, budget, seed, note)
    return _simplify_netlist(model, fit, validation, budget, seed, note)


def _simplify_cell(cell: Cell, fit: bytes, validation: bytes, budget: float, seed: int, note: Note) -> Simplified:
    if cell.readout.code is not None or not all(isinstance(block, _KINDS) for block in cell.blocks):
        raise InputError("only cells of neurons with a parallel head lose weights; lower this one, then simplify that")
    original = lower(cell)
    before = best = after = bits_per_byte(original, validation)
    kept, total = cell, digits(cell)
    current = cell
    for turn in range(ROUNDS):
        current = drop_weights(current, fit, max(1, total // ROUNDS), seed + 100 * turn)
        aig = lower(current)
        found = bits_per_byte(aig, validation)
        best = min(best, found)
        note(f"{digits(current) / total:.1%} of the weights, {len(aig.ands):,} ANDs, {found - before:+.4f} bits")
        if found > min(before, best + budget) + budget or digits(current) == digits(kept):
            break
        if found <= before + budget:
            kept, after = current, found
    record = list_dropped(cell, kept)
    summary = f"{len(record):,} weights dropped, {after - before:+.5f} bits per byte on the validation text"
    facts = {**kept.record, "lossy": [*kept.record.get("lossy", []), summary]}
    kept = replace(kept, record=facts)
    aig = widened(lower(kept), original)
    return Simplified(kept, aig, len(original.ands), len(aig.ands), before, after, tuple(record))


def widened(aig: Aig, like: Aig) -> Aig:
    """The same logits with as many bits as `like` gives them: the sign is repeated. So that the two can be compared."""
    bits: dict[str, list[int]] = {}
    for output in aig.outputs:
        bits.setdefault(output.name.split("[")[0], []).append(output.literal)
    outputs = []
    for output in like.outputs:
        symbol, place = output.name.rstrip("]").split("[")
        outputs.append(Output(output.name, bits[symbol][min(int(place), len(bits[symbol]) - 1)]))
    return replace(aig, outputs=tuple(outputs)) if len(outputs) >= len(aig.outputs) else aig


def _simplify_netlist(aig: Aig, fit: bytes, validation: bytes, budget: float, seed: int, note: Note) -> Simplified:
    before = bits_per_byte(aig, validation)
    merges = find_merges(aig, fit, seed)
    best, after, count = aig, before, 0
    low, high, middle = 0, len(merges), len(merges)
    for _ in range(SEARCHES):
        candidate = merged(aig, merges[:middle])
        found = bits_per_byte(candidate, validation)
        note(f"{middle:,} merges, {len(candidate.ands):,} ANDs, {found - before:+.4f} bits")
        if found <= before + budget:
            best, after, count, low = candidate, found, middle, middle
        else:
            high = middle - 1
        middle = (low + high + 1) // 2
        if low >= high:
            break
    record = [{"node": merge.node, "literal": merge.literal, "share": merge.share} for merge in merges[:count]]
    facts = read_metadata(aig)
    summary = f"{count:,} nodes merged, {after - before:+.5f} bits per byte on the validation text"
    best = with_metadata(best, replace(facts, lossy=(*facts.lossy, summary)))
    return Simplified(best, best, len(aig.ands), len(best.ands), before, after, tuple(record))
