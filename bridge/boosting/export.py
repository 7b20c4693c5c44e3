"""From trees over categories to a cell: subsets of symbols become embedded bits, subsets of states an automaton's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.arrays import Ints
from bridge.boosting.forest import Forest
from bridge.boosting.layers import tree_blocks
from bridge.boosting.machines import Machine, minimised
from bridge.boosting.plan import SYMBOL, Plan
from bridge.boosting.rules import Masks, Read, rule_blocks
from bridge.cell import Automaton, Block, Delay, Embedding, Latch, Threshold, fill_unseen
from bridge.cell.blocks import OLD
from bridge.cell.record import Form

Part = tuple[list[Block], Read]
UNREAD = -1, -1


def make_blocks(plan: Plan, forests: Sequence[Forest], masks: Masks, form: Form = "trees") -> tuple[Block, ...]:
    """The blocks of a cell; only subsets that a split asks about become bits.

    forests: of every code node. masks: bool[256] by (group, subset): the categories that the
    subset has, never 0.
    """
    groups = plan.groups
    splits = [split for forest in forests for tree in forest.trees for split in tree.splits.tolist()]
    asked = sorted({(field, subset) for field, subset, _, _ in splits if field < len(groups)})
    parts = [_symbol_blocks(plan, [key for key in asked if groups[key[0]] == SYMBOL], masks)]
    field = plan.window
    for machine in plan.machines:
        views = range(field, field + len(machine.groups))
        own = [[subset for other, subset in asked if other == view] for view in views]
        if any(own):
            made, read = _machine_blocks(plan, machine, groups[field], own, masks)
            bits = {
                name: [(field + view if view >= 0 else -1, bit) for view, bit in each] for name, each in read.items()
            }
            parts.append((made, bits))
        field += len(machine.groups)
    blocks = [block for made, _ in parts for block in made]
    reads = {name: bits for _, read in parts for name, bits in read.items()}
    if not reads:  # without a tree there is one that always gives 0, and it needs something to read
        blocks, reads = [Embedding("sets", np.zeros((256, 1), np.uint8))], {"sets": [UNREAD]}
    return (*blocks, *WAYS[form](plan, forests, reads, masks))


def _table(masks: Masks, group: int, subsets: list[int], categories: npt.NDArray[np.integer]) -> Ints:
    return np.stack([masks[group, subset][categories] for subset in subsets], axis=1).astype(np.int64)


def _symbol_blocks(plan: Plan, asked: Sequence[tuple[int, int]], masks: Masks) -> Part:
    """One embedding for all subsets with the same longest delay, so that no bit is delayed for nothing."""
    longest: dict[int, int] = {}
    for field, subset in asked:
        longest[subset] = max(longest.get(subset, 0), field)
    blocks: list[Block] = []
    read: dict[str, list[tuple[int, int]]] = {}
    for delay in sorted(set(longest.values())):
        kept = sorted(subset for subset in longest if longest[subset] == delay)
        table = _table(masks, SYMBOL, kept, np.arange(len(plan.symbols)))
        blocks.append(Embedding(f"sets{delay}", fill_unseen(table.astype(np.uint8), plan.symbols)))
        read[f"sets{delay}"] = [(0, subset) for subset in kept]
        if delay:
            blocks.append(Delay(f"past{delay}", f"sets{delay}", delay))
            read[f"past{delay}"] = [(steps, subset) for steps in range(1, delay + 1) for subset in kept]
    return blocks, read


def _machine_blocks(plan: Plan, machine: Machine, group: int, asked: list[list[int]], masks: Masks) -> Part:
    """An automaton with the bits of all views and one for state 0; latches take those of the second view, one step old,
    when the machine comes back to state 0, and hand what they held on to the latches of the next view.

    asked: the subsets by view. Returns the blocks, and (view, subset) of every bit of those that trees read; -1 for
    bits that they do not.
    """
    name, now = machine.name, asked[0]
    kept = [sorted(set().union(*asked[view:])) for view in range(1, len(asked))]  # by the latches of each view
    ended = kept[0] if kept else []
    tables = [_table(masks, group, now, machine.categories)] if now else []
    bits = [(0, subset) for subset in now]
    if machine.ended is None or not ended:
        return [_automaton(plan, machine, tables)], {name: bits}
    tables += [_table(masks, group + 1, ended, machine.ended), np.arange(len(machine.following))[:, None] == 0]
    width = len(now) + len(ended) + 1
    blocks: list[Block] = [
        _automaton(plan, machine, tables),
        Delay(f"{name}_before", name, 1),
    ]
    read = {name: bits + [UNREAD] * (len(ended) + 1)}
    source, held = f"{name}_before", [-1] * len(now) + ended + [-1]
    for view, subsets in enumerate(kept, 1):
        if not subsets:
            break
        ends = np.zeros((len(subsets), 2 * width), np.int64)
        ends[:, [width - 1, -1]] = 1, -1
        was = np.array([[int(bit == subset) for bit in held] for subset in subsets], np.int64)
        ones = np.ones(len(subsets), np.int64)
        blocks += [
            Threshold(f"{name}_ends{view}", (name, f"{name}_before"), ends, ones),
            Threshold(f"{name}_was{view}", (source,), was, ones),
            Latch(f"{name}_last{view}", f"{name}_ends{view}", f"{name}_was{view}"),
        ]
        read[f"{name}_last{view}"] = [(view if subset in asked[view] else -1, subset) for subset in subsets]
        source, held = f"{OLD}{name}_last{view}", subsets
    return blocks, read


def _automaton(plan: Plan, machine: Machine, tables: Sequence[Ints]) -> Automaton:
    """With bits for its states, of which it keeps those that the bits tell apart."""
    following, table = minimised(machine.following, np.concatenate(tables, axis=1).astype(np.int64))
    return Automaton(machine.name, fill_unseen(np.ascontiguousarray(following.T), plan.symbols).T, table)


WAYS = {"trees": tree_blocks, "neurons": rule_blocks}
