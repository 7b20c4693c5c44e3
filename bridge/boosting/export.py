"""From trees over categories to a cell: subsets of symbols become embedded bits, of those that are held, latches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.arrays import Ints
from bridge.boosting.forest import Forest
from bridge.boosting.memory import Count, Held
from bridge.boosting.multiplexers import tree_blocks
from bridge.boosting.plan import SYMBOL, Key, Masks, Plan, Read
from bridge.boosting.rules import rule_blocks
from bridge.cell import Block, Delay, Embedding, Latch, Threshold, fill_unseen
from bridge.cell.record import Form

Part = tuple[list[Block], Read]
UNREAD = -1, -1


def make_blocks(plan: Plan, forests: Sequence[Forest], masks: Masks, form: Form = "trees") -> tuple[Block, ...]:
    """The blocks of a cell; only subsets that a split asks about become bits.

    forests: of every code node. masks: of subsets, which never have category 0.
    """
    groups = plan.groups
    splits = [split for forest in forests for tree in forest.trees for split in tree.splits.tolist()]
    asked = sorted({(field, subset) for field, subset, _, _ in splits})
    parts = [_symbol_blocks(plan, [key for key in asked if groups[key[0]] == SYMBOL], masks)]
    for field in sorted({field for field, _ in asked if field >= plan.window}):
        own, index = [key for key in asked if key[0] == field], field - plan.window
        if index < len(plan.held):
            parts.append(_held_blocks(plan, plan.held[index], groups[field], own, masks))
        else:
            parts.append(_count_blocks(plan, plan.counts[index - len(plan.held)], groups[field], own, masks))
    blocks = [block for made, _ in parts for block in made]
    reads = {name: bits for _, read in parts for name, bits in read.items()}
    if not reads:  # without a tree there is one that always gives 0, and it needs something to read
        blocks, reads = [Embedding("sets", np.zeros((256, 1), np.uint8))], {"sets": [UNREAD]}
    return (*blocks, *WAYS[form](plan, forests, reads, masks))


def _table(masks: Masks, group: int, subsets: list[int], categories: npt.NDArray[np.integer]) -> Ints:
    return np.stack([masks[group, subset][categories] for subset in subsets], axis=1).astype(np.int64)


def _symbol_blocks(plan: Plan, asked: Sequence[Key], masks: Masks) -> Part:
    """One embedding for all subsets with the same longest delay, so that no bit is delayed for nothing."""
    longest: dict[int, int] = {}
    for field, subset in asked:
        longest[subset] = max(longest.get(subset, 0), field)
    blocks: list[Block] = []
    read: dict[str, list[Key]] = {}
    for delay in sorted(set(longest.values())):
        kept = sorted(subset for subset in longest if longest[subset] == delay)
        table = _table(masks, SYMBOL, kept, np.arange(len(plan.symbols)))
        blocks.append(Embedding(f"sets{delay}", fill_unseen(table.astype(np.uint8), plan.symbols)))
        read[f"sets{delay}"] = [(0, subset) for subset in kept]
        if delay:
            blocks.append(Delay(f"past{delay}", f"sets{delay}", delay))
            read[f"past{delay}"] = [(steps, subset) for steps in range(1, delay + 1) for subset in kept]
    return blocks, read


def _held_blocks(plan: Plan, held: Held, group: int, own: list[Key], masks: Masks) -> Part:
    """Latches that take the embedded bits of the newest symbol whenever it is to be held."""
    name, ones = held.name, np.ones(len(own), np.int64)
    now, blocks = _kind_blocks(plan, held, held.place)
    run = [1] * held.place + [-1]
    table = _table(masks, group, [subset for _, subset in own], np.arange(len(plan.symbols)))
    blocks += [
        Threshold(f"{name}_taken", now, np.array([run] * len(own)), ones * held.place),
        Embedding(f"{name}_sets", fill_unseen(table.astype(np.uint8), plan.symbols)),
        Latch(name, f"{name}_taken", f"{name}_sets"),
    ]
    return blocks, {name: own}


def _count_blocks(plan: Plan, count: Count, group: int, own: list[Key], masks: Masks) -> Part:
    """Are there so many symbols of the kind in a row? For every number that is asked about."""
    least = np.array([int(masks[group, subset].argmax()) for _, subset in own])
    now, blocks = _kind_blocks(plan, count, int(least.max()) - 1)
    rows = (np.arange(least.max()) < least[:, None]).astype(np.int64)
    return [*blocks, Threshold(count.name, now, rows, least)], {count.name: own}


def _kind_blocks(plan: Plan, what: Held | Count, steps: int) -> tuple[tuple[str, ...], list[Block]]:
    """(names, blocks): is the newest symbol of the kind, and were those so many steps before it?"""
    kind, past = f"{what.name}_kind", f"{what.name}_past"
    blocks: list[Block] = [Embedding(kind, fill_unseen(what.kind[:, None].astype(np.uint8), plan.symbols))]
    if not steps:
        return (kind,), blocks
    return (kind, past), [*blocks, Delay(past, kind, steps)]


WAYS = {"trees": tree_blocks, "neurons": rule_blocks}
