"""Before and after: what does a simpler netlist of the same cell reveal? Signals are matched by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bridge.aig import Aig
from bridge.analysis.invariants import Invariants, invariants
from bridge.analysis.neurons import Neuron, neurons
from bridge.printable.notebook import Framed


@dataclass(frozen=True)
class Change:
    """A neuron that both netlists name: how many signals its logic reads, how many matter (proven), and its formula."""

    name: str
    structural_before: int
    structural_after: int
    support_before: int
    support_after: int
    formula_before: str
    formula_after: str


@dataclass(frozen=True)
class Side:
    """One netlist. `constant`, `trivial`: neurons; `duplicates`: pairs of neurons on one node, (a, b) equal or
    complementary; `invariants`: what is proven about its state."""

    ands: int
    neurons: int
    latches: int
    constant: tuple[str, ...]
    trivial: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    invariants: Invariants


@dataclass(frozen=True, repr=False)
class Comparison(Framed):
    """`changes`: neurons whose support or formula differs; `lost`, `gained`: names of one side only."""

    before: Side
    after: Side
    changes: tuple[Change, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]

    def columns(self) -> dict[str, list[Any]]:
        """One row a figure: `what`, `before`, `after`."""
        before, after = figures(self.before), figures(self.after)
        return {"what": list(before), "before": list(before.values()), "after": list(after.values())}

    def to_json(self) -> dict[str, Any]:
        """`before after`: the figures and names of each side; `changes lost gained`."""
        sides = {"before": _side_json(self.before), "after": _side_json(self.after)}
        return {**sides, "changes": [vars(c) for c in self.changes], "lost": [*self.lost], "gained": [*self.gained]}


def compare(before: Aig, after: Aig, *, seconds: float = 600.0, jobs: int = 2) -> Comparison:
    """Analyse both netlists alike. That they are equivalent is not checked here."""
    some = [neurons(aig, seconds=seconds / 4, jobs=jobs) for aig in (before, after)]
    first, second = (_side(aig, found, seconds / 4, jobs) for aig, found in zip((before, after), some, strict=True))
    old, new = ({neuron.name: neuron for neuron in found} for found in some)
    changes = (_change(old[name], new[name]) for name in old if name in new)
    kept = tuple(c for c in changes if c.support_before != c.support_after or c.formula_before != c.formula_after)
    return Comparison(first, second, kept, _only(old, new), _only(new, old))


def figures(side: Side) -> dict[str, int]:
    """The counts of one side."""
    known = side.invariants
    return {
        "ANDs": side.ands,
        "latches": side.latches,
        "neurons": side.neurons,
        "constant neurons": len(side.constant),
        "neurons of at most two signals": len(side.trivial),
        "duplicated neurons": len(side.duplicates),
        "constant state bits": len(known.constant),
        "equal or complementary state bits": len(known.equal) + len(known.complementary),
        "unobservable state bits": len(known.unobservable),
    }


def _side(aig: Aig, found: list[Neuron], seconds: float, jobs: int) -> Side:
    pairs = [(n.name, other) for n in found for other in (*n.copies, *n.inverted) if n.name < other and n.support]
    return Side(
        ands=len(aig.ands),
        neurons=len(found),
        latches=len(aig.latches),
        constant=tuple(neuron.name for neuron in found if not neuron.support),
        trivial=tuple(neuron.name for neuron in found if 0 < len(neuron.support) <= 2),
        duplicates=tuple(pairs),
        invariants=invariants(aig, seconds=seconds, jobs=jobs),
    )


def _side_json(side: Side) -> dict[str, Any]:
    names = {"constant": [*side.constant], "trivial": [*side.trivial], "duplicates": [[*p] for p in side.duplicates]}
    return {"figures": figures(side), **names, "invariants": side.invariants.to_json()}


def _change(before: Neuron, after: Neuron) -> Change:
    was, now = len(before.structural), len(after.structural)
    return Change(before.name, was, now, len(before.support), len(after.support), before.formula(), after.formula())


def _only(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(name for name in some if name not in known)
