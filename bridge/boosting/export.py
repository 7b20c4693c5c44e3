"""From trees over categories to a cell: subsets of symbols become embedded bits, subsets of states an automaton's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.boosting.run_kernels import run_machine
from bridge.cell import Automaton, Block, Delay, Embedding, Latch, Logits, Node, Threshold, Trees, fill_unseen
from bridge.codetree import CodeTree

Categories = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Splits = npt.NDArray[np.int32]
Masks = Mapping[tuple[int, int], npt.NDArray[np.bool_]]
LEAF_BITS = 2
NODE, SYMBOL, MACHINE = 0, 1, 2  # groups of fields; every machine has one of its own


@dataclass(frozen=True, eq=False)
class Machine:
    """A state machine over symbols, `following`: int64[states, symbols].

    `categories`: uint8[states], what a split sees of the state; `ended`: uint8[states], what another one sees of the
    state before the machine last came back to state 0 (0 at first); None if there is nothing to see.
    """

    name: str
    following: Ints
    categories: Categories
    ended: Categories | None = None

    @property
    def views(self) -> int:
        """How many fields it makes."""
        return 1 if self.ended is None else 2

    def seen(self, text: Categories) -> list[Categories]:
        """uint8[n] for each field: what is seen after every symbol."""
        states = run_machine(self.following, text)
        if self.ended is None:
            return [self.categories[states]]
        before = np.concatenate([[0], states[:-1]])
        came_back = np.where((states == 0) & (before != 0), np.arange(len(states)), -1)
        latest = np.maximum.accumulate(came_back)
        return [self.categories[states], np.where(latest >= 0, self.ended[before[latest]], 0).astype(np.uint8)]


@dataclass(frozen=True, eq=False)
class Plan:
    """What a split can ask about. Fields: the code node, the last `window` symbols, the newest first, the machines
    (one or two fields each)."""

    symbols: bytes
    code: CodeTree
    window: int
    machines: tuple[Machine, ...]

    @property
    def groups(self) -> list[int]:
        """The group of every field; the fields of a group share their subsets."""
        views = sum(machine.views for machine in self.machines)
        return [NODE, *[SYMBOL] * self.window, *range(MACHINE, MACHINE + views)]


def make_blocks(
    plan: Plan, trees: Sequence[tuple[Splits, npt.NDArray[np.int32], int]], masks: Masks, scale: float
) -> tuple[Block, ...]:
    """The blocks of a serial cell; only subsets that a split asks about become bits.

    trees: (splits int32[n, 4] as (field, subset, then, else), values int32[leaves], the shift of their unit) each;
    values lie in -2..1 units. masks: bool[256] by (group, subset): the categories that the subset has, never 0.
    """
    groups = plan.groups
    asked = sorted({(field, subset) for splits, _, _ in trees for field, subset, _, _ in splits.tolist()})
    blocks: list[Block] = []
    columns: list[tuple[int, int]] = []  # (field, subset) of every bit that the trees read
    sources: list[str] = []
    nodes = [subset for field, subset in asked if groups[field] == NODE]
    if nodes:
        blocks.append(Node("code", _table(masks, NODE, nodes, np.arange(plan.code.nodes))))
        columns += [(0, subset) for subset in nodes]
        sources.append("code")
    _add_symbols(plan, [key for key in asked if groups[key[0]] == SYMBOL], masks, blocks, columns, sources)
    field = 1 + plan.window
    for machine in plan.machines:
        now, ended = ([subset for other, subset in asked if other == field + view] for view in (0, 1))
        ended = ended if machine.ended is not None else []
        if now or ended:
            own = _machine_blocks(plan, machine, groups[field], now, ended, masks)
            blocks += own
            unread: list[tuple[int, int]] = [(-1, -1)] * (len(ended) + 1) if ended else []
            columns += [(field, subset) for subset in now] + unread + [(field + 1, subset) for subset in ended]
            sources += [machine.name, own[-1].name] if ended else [machine.name]
        field += machine.views
    if not sources:  # trees without a split still need something to read
        blocks.append(Node("code", np.zeros((plan.code.nodes, 1), np.uint8)))
        sources.append("code")
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


def _machine_blocks(
    plan: Plan, machine: Machine, group: int, now: list[int], ended: list[int], masks: Masks
) -> list[Block]:
    """An automaton with the bits of both views and one for state 0; a latch takes those of the second view, one step
    old, when the machine comes back to state 0."""
    name = machine.name
    following = fill_unseen(np.ascontiguousarray(machine.following.T), plan.symbols).T
    views = [_table(masks, group, now, machine.categories)] if now else []
    if machine.ended is None or not ended:
        return [Automaton(name, following, views[0])]
    views += [_table(masks, group + 1, ended, machine.ended), np.arange(len(following))[:, None] == 0]
    width = len(now) + len(ended) + 1
    ends = np.zeros((len(ended), 2 * width), np.int64)
    ends[:, [width - 1, -1]] = 1, -1
    was = np.eye(width, dtype=np.int64)[len(now) : -1]
    ones = np.ones(len(ended), np.int64)
    return [
        Automaton(name, following, np.concatenate(views, axis=1).astype(np.int64)),
        Delay(f"{name}_before", name, 1),
        Threshold(f"{name}_ends", (name, f"{name}_before"), ends, ones),
        Threshold(f"{name}_was", (f"{name}_before",), was, ones),
        Latch(f"{name}_last", f"{name}_ends", f"{name}_was"),
    ]


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
