"""Modules that contain modules: which one is the top, and names for the signals of its copies."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

_DEEPEST = 200
_MOST_COPIES = 1 << 18


class HierarchyError(ValueError):
    """A sentence, and the module at fault."""

    def __init__(self, sentence: str, module: str) -> None:
        super().__init__(sentence)
        self.module = module


def tops(children: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The modules that no other contains, in their order. children: how many copies of which others each contains.

    HierarchyError when one contains itself, they nest too deep, or become too many copies.
    """
    try:
        order = list(TopologicalSorter(children).static_order())
    except CycleError as error:
        name = error.args[1][0]
        raise HierarchyError(f"{name!r} contains itself", name) from error
    depth: dict[str, int] = {}
    copies: dict[str, int] = {}
    for name in order:
        inside = children[name]
        depth[name] = 1 + max((depth[child] for child in inside), default=0)
        copies[name] = 1 + sum(count * copies[child] for child, count in inside.items())
        if depth[name] > _DEEPEST or copies[name] > _MOST_COPIES:
            why = f"copies of modules nest deeper than {_DEEPEST} or become more than {_MOST_COPIES:,}: too large"
            raise HierarchyError(why, name)
    contained = {child for inside in children.values() for child in inside}
    return [name for name in children if name not in contained]


class Prefixes:
    """Prefixes for the signals of copies, `u1.`, that no other signal of the module begins with."""

    def __init__(self, names: Iterable[str]) -> None:
        self.taken = sorted(names)

    def of(self, instance: str) -> str:
        base = instance.replace(".", "_")
        prefix, count = f"{base}.", 0
        while self.is_taken(prefix):
            count += 1
            prefix = f"{base}_{count}."
        insort(self.taken, prefix)
        return prefix

    def is_taken(self, prefix: str) -> bool:
        place = bisect_left(self.taken, prefix)
        return place < len(self.taken) and self.taken[place].startswith(prefix)
