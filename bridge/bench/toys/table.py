"""The table of toy models: every figure as its values over seeds, beside nulls, and which differences are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

from bridge.bench.toys.data import Inputs, Toy, inputs
from bridge.bench.toys.measured import figures, proven, readers
from bridge.bench.toys.network import KINDS, Kind, ToyNetwork, dedicated, same_levels, same_norms
from bridge.bench.toys.training import Course, train_toys, untrained
from bridge.printable import Listener, Progress, unheard

FROZEN_STEPS = 600  # biases, thresholds and the gain alone are learned soon
TRAINED, FROZEN = "trained", "random weights, the rest trained"
FIGURES = {
    "error": "error, of that of the best constant",
    "stored": "features stored",
    "features_per_dimension": "features per dimension",
    "dimensionality": "dimensionality of a stored feature",
    "dimensions_used": "dimensions used, sum of dimensionalities over units",
    "interference": "interference of a stored feature",
    "read": "features read back by the output",
    "linear": "features read back linearly",
    "best": "features that the bits tell",
    "features_per_bit": "features that a bit depends on, proven",
    "bits_per_feature": "bits that depend on a feature, proven",
    "ands": "ANDs",
}


@dataclass(frozen=True)
class Row:
    """What was measured on networks of one kind and one sparsity; `made` is `TRAINED` or the name of a null."""

    kind: str
    made: str
    toy: Toy
    exact: bool
    values: dict[str, list[float]]

    def cell(self, figure: str) -> str:
        """Mean and standard deviation over the seeds."""
        found = [value for value in self.values.get(figure, []) if isfinite(value)]
        if not found:
            return ""
        digits = 0 if figure == "ands" else 2
        return f"{np.mean(found):.{digits}f} ± {np.std(found):.{digits}f}"

    def to_json(self) -> dict[str, Any]:
        values = {
            name: [round(one, 6) if isfinite(one) else None for one in some] for name, some in self.values.items()
        }
        return {"kind": self.kind, "made": self.made, **asdict(self.toy), "exact": self.exact} | {"values": values}


def rows(toys: Sequence[Toy], course: Course, progress: Listener = unheard) -> list[Row]:
    """Train and measure all kinds on all toys, which differ in sparsity alone."""
    given = [inputs(toy) for toy in toys]
    found: list[Row] = []
    for place, kind in enumerate(KINDS):
        progress(Progress(place / len(KINDS), kind.name))
        trained = train_toys(toys, kind, course)
        frozen = train_toys(toys, kind, replace(course, steps=min(course.steps, FROZEN_STEPS), frozen=True), seed=1)
        start = untrained(toys, kind, course.seeds, seed=2)
        for at, inputs_of in enumerate(given):
            best = [_better(network, inputs_of) for network in trained[at]]
            found += _rows(inputs_of, kind, {TRAINED: best, "untrained": start[at], FROZEN: frozen[at]})
    return found


def told(one: Sequence[float], other: Sequence[float]) -> str:
    """Is the first more or less than the second? Only if all its values are, over all seeds, in the two decimals that
    are shown; else there is no difference. Nothing where a value lacks."""
    if not one or not other or not all(map(isfinite, [*one, *other])):
        return ""
    first, second = (np.round(values, 2) for values in (one, other))
    return "more" if first.min() > second.max() else "less" if first.max() < second.min() else "none"


def markdown(found: Sequence[Row], figure: str) -> str:
    """A table of kinds and nulls by sparsity, and one of what each kind changes against the first."""
    trained = [row for row in found if row.made == TRAINED]
    kinds = list(dict.fromkeys(row.kind for row in trained))
    sparsities = sorted({row.toy.sparsity for row in found})
    at = {(row.kind, row.made, row.toy.sparsity): row for row in found}
    lines = [
        f"| {FIGURES[figure]} | {' | '.join(f'S = {s:g}' for s in sparsities)} |",
        "|---" * (len(sparsities) + 1) + "|",
    ]
    for made in dict.fromkeys(row.made for row in found):
        for kind in kinds:
            cells = [at[kind, made, s].cell(figure) for s in sparsities]
            if any(cells):
                lines.append(f"| {kind if made == TRAINED else f'*{made}*, {kind}'} | {' | '.join(cells)} |")
    for kind in kinds[1:]:
        pairs = [
            (at[kind, TRAINED, s].values.get(figure, []), at[kinds[0], TRAINED, s].values.get(figure, []))
            for s in sparsities
        ]
        if any(map(told, *zip(*pairs, strict=True))):
            lines.append(f"| **{kind} against {kinds[0]}** | {' | '.join(told(*pair) for pair in pairs)} |")
    return "\n".join(lines) + "\n"


_DEALT: dict[str, Callable[[ToyNetwork, np.random.Generator], ToyNetwork]] = {
    "trained weights dealt out anew": same_levels,
    "random directions of the same norms": same_norms,
}


def _better(network: ToyNetwork, given: Inputs) -> ToyNetwork:
    """The network, or the one without superposition if that is better: what training missed is no finding."""
    plain = dedicated(network.toy, network.kind)
    return min((network, plain), key=lambda one: figures(one, given)["error"])


def _rows(given: Inputs, kind: Kind, made: dict[str, list[ToyNetwork]]) -> list[Row]:
    random = np.random.default_rng(0)
    made = made | {name: [deal(network, random) for network in made[TRAINED]] for name, deal in _DEALT.items()}
    found = []
    for name, networks in made.items():
        measured = [figures(network, given) for network in networks]
        if name in (TRAINED, FROZEN):
            measured = [one | readers(network, given) for one, network in zip(measured, networks, strict=True)]
        if name == TRAINED and kind.ternary:
            measured = [one | proven(network) for one, network in zip(measured, networks, strict=True)]
        values = {figure: [one[figure] for one in measured] for figure in measured[0]}
        found.append(Row(kind.name, name, given.toy, given.exact, values))
    return found
