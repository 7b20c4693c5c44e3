"""From trees over categories to a cell: subsets of symbols become embedded bits, subsets of states an automaton's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.cell import Automaton, Block, Delay, Embedding, Logits, Node, Trees, fill_unseen
from bridge.codetree import CodeTree

Ints = npt.NDArray[np.int64]
Splits = npt.NDArray[np.int32]
Masks = Mapping[tuple[int, int], npt.NDArray[np.bool_]]
LEAF_BITS = 2
NODE, SYMBOL, MACHINE = 0, 1, 2  # groups of fields; every machine has one of its own


@dataclass(frozen=True, eq=False)
class Machine:
    """A state machine over symbols: `following`, int64[states, symbols]; `categories`: uint8[states], what a split sees
    of a state."""

    name: str
    following: Ints
    categories: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Plan:
    """What a split can ask about. Fields: the code node, the last `window` symbols, the newest first, the machines."""

    symbols: bytes
    code: CodeTree
    window: int
    machines: tuple[Machine, ...]

    @property
    def groups(self) -> list[int]:
        """The group of every field; the fields of a group share their subsets."""
        return [NODE, *[SYMBOL] * self.window, *range(MACHINE, MACHINE + len(self.machines))]


def make_blocks(
    plan: Plan, trees: Sequence[tuple[Splits, npt.NDArray[np.int32], int]], masks: Masks, scale: float
) -> tuple[Block, ...]:
    """The blocks of a serial cell; only subsets that a split asks about become bits.

    trees: (splits int32[n, 4] as (field, subset, then, else), values int32[leaves], the shift of their unit) each;
    values lie in -2..1 units. masks: bool[256] by (group, subset): the categories that the subset has.
    """
    groups = plan.groups
    asked = sorted({(field, subset) for splits, _, _ in trees for field, subset, _, _ in splits.tolist()})
    blocks: list[Block] = []
    columns: list[tuple[int, int]] = []  # (field, subset) of every bit that the trees read
    sources: list[str] = []
    nodes = [subset for field, subset in asked if groups[field] == NODE]
    if nodes:
        blocks.append(Node("node", _table(masks, NODE, nodes, np.arange(plan.code.nodes))))
        columns += [(0, subset) for subset in nodes]
        sources.append("node")
    _add_symbols(plan, [key for key in asked if groups[key[0]] == SYMBOL], masks, blocks, columns, sources)
    for field, group in enumerate(groups):
        kept = [subset for other, subset in asked if other == field]
        if group >= MACHINE and kept:
            machine = plan.machines[group - MACHINE]
            following = fill_unseen(np.ascontiguousarray(machine.following.T), plan.symbols).T
            blocks.append(Automaton(machine.name, following, _table(masks, group, kept, machine.categories)))
            columns += [(field, subset) for subset in kept]
            sources.append(machine.name)
    if not sources:  # trees without a split still need something to read
        blocks.append(Node("node", np.zeros((plan.code.nodes, 1), np.uint8)))
        sources.append("node")
    places = {key: index for index, key in enumerate(columns)}
    return (*blocks, *_forest(plan, trees, places, tuple(sources), scale))


def _table(masks: Masks, group: int, subsets: list[int], categories: npt.NDArray[np.integer]) -> Ints:
    return np.stack([masks[group, subset][categories] for subset in subsets], axis=1).astype(np.int64)


def _add_symbols(
    plan: Plan,
    asked: Sequence[tuple[int, int]],
    masks: Masks,
    blocks: list[Block],
    columns: list[tuple[int, int]],
    sources: list[str],
) -> None:
    """One embedding for all subsets with the same longest delay, so that no bit is delayed for nothing."""
    longest: dict[int, int] = {}
    for field, subset in asked:
        longest[subset] = max(longest.get(subset, 0), field - 1)
    for delay in sorted(set(longest.values())):
        kept = sorted(subset for subset in longest if longest[subset] == delay)
        table = _table(masks, SYMBOL, kept, np.arange(len(plan.symbols)))
        blocks.append(Embedding(f"sets{delay}", fill_unseen(table.astype(np.uint8), plan.symbols)))
        sources.append(f"sets{delay}")
        if delay:
            blocks.append(Delay(f"past{delay}", f"sets{delay}", delay))
            sources.append(f"past{delay}")
        columns += [(1 + steps, subset) for steps in range(delay + 1) for subset in kept]


def _forest(
    plan: Plan,
    trees: Sequence[tuple[Splits, npt.NDArray[np.int32], int]],
    places: Mapping[tuple[int, int], int],
    sources: tuple[str, ...],
    scale: float,
) -> list[Block]:
    """All trees in one block, leaves as two's complement, and the head that adds them up."""
    splits, roots, leaves, weights = [np.zeros((0, 3), np.int64)], [], [], []
    first = leaf = 0
    for own, values, shift in trees:
        ends = own[:, 2:].astype(np.int64)
        ends = np.where(ends >= 0, ends + first, ends - leaf)
        bits = np.array([places[field, subset] for field, subset in own[:, :2].tolist()], np.int64)
        splits.append(np.concatenate([bits[:, None], ends], axis=1))
        roots.append(first if len(own) else ~leaf)
        leaves.append((values >> shift)[:, None] >> np.arange(LEAF_BITS) & 1)
        weights += [1 << shift, -2 << shift]
        first, leaf = first + len(own), leaf + len(values)
    code = np.array(plan.code.children)
    forest = Trees("trees", sources, np.concatenate(splits), np.array(roots), np.concatenate(leaves))
    return [forest, Logits("score", ("trees",), np.array([weights]), np.zeros(1, int), scale, plan.symbols, code)]
