"""Does the model know, and does it use what it knows: probes for a feature, beside what clamping their bits costs.

*Follows*: the first two thirds of the positions are learned from, the rest are told. Each probe stands beside its
control: the same probe for the same labels taken from elsewhere in the text (moved by a random distance), which come as
often and in as long runs. *Uses*: the bits of each probe are held at their commoner value at all steps, and the part
of the text that is held out is charged again, beside random bits of the same number.

A bit counts with its value once the byte at a position was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.analysis.activations import as_they_are_read, recorded
from bridge.analysis.edits import edit
from bridge.analysis.places import placed
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.probing.fit import Fitted, Score, few_bits, linear, score, tree
from bridge.analysis.probing.labels import BY_NAME, Labels, Where, labels
from bridge.analysis.signals import Signal, listed, resolve_all, singles, state_bits
from bridge.arrays import Bits, Flags
from bridge.cell import Cell
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.execution.models import byte_places
from bridge.execution.text import bits_per_byte
from bridge.metadata import read_metadata
from bridge.printable import Listener, Progress, few, html_table, unheard

MOST = 1 << 17  # bytes of a text that are read
MOST_BITS = 12  # of a table
SHOWN = 4  # bits of a probe in a table
LEARNED = 2, 3  # the part of the positions


@dataclass(frozen=True)
class Probe:
    """One way to tell the feature. `bits`: those it reads (a linear map: those of the largest weights); `control`: the
    mean score for labels from elsewhere; `cost`: bits per byte that holding these bits adds, `random`, `random_most`:
    the mean and the most that random ones of the same number add; None where they were not clamped."""

    name: str
    bits: tuple[str, ...]
    score: Score
    control: Score
    cost: float | None = None
    random: float | None = None
    random_most: float | None = None


@dataclass(frozen=True)
class Probed:
    """`means`: what it is for the feature to hold at a position; `rate`: how often it does in training, `majority`: the
    share of held-out positions that the commoner answer gets right; `seeds`: how many controls there are of each kind;
    `base`: bits per byte of the held-out part as it is; `why`: what was not done."""

    feature: str
    means: str
    learned: int
    held_out: int
    rate: float
    majority: float
    candidates: int
    seeds: int
    probes: tuple[Probe, ...]
    base: float | None = None
    why: str = ""

    HEAD = ("probe", "balanced", "control", "explained", "control", "accuracy", "costs", "random", "at most", "bits")

    def rows(self) -> list[list[object]]:
        """A row for each probe, as HEAD says: costs are bits per byte of clamping."""
        shares = ((p.score.balanced, p.control.balanced, p.score.explained, p.control.explained) for p in self.probes)
        told = ([f"{x:.1%}" for x in (*some, p.score.accuracy)] for p, some in zip(self.probes, shares, strict=True))
        costs = (map(_bits, (p.cost, p.random, p.random_most)) for p in self.probes)
        return [[p.name, *a, *b, few(p.bits, SHOWN)] for p, a, b in zip(self.probes, told, costs, strict=True)]

    def __str__(self) -> str:
        known = f"{self.feature!r}: {self.means}; {self.rate:.2%} of {self.learned:,} positions, told on the next "
        known += f"{self.held_out:,} from {self.candidates:,} bits; the commoner answer is right in {self.majority:.2%}"
        known += f"; {self.base:.4f} bits per byte with nothing clamped" if self.base is not None else ""
        return known + (f"; {self.why}" if self.why else "")

    def _repr_html_(self) -> str:
        return html_table(self.rows(), self.HEAD, str(self))

    def to_json(self) -> dict[str, Any]:
        """The fields."""
        return asdict(self)


def _bits(cost: float | None) -> str:
    return "" if cost is None else f"{cost:+.4f}"


def probe(
    model: Cell | Aig,
    text: bytes,
    feature: str,
    names: str | Iterable[str] | None = None,
    *,
    where: Where = "inside",
    bits: int = 4,
    seeds: int = 3,
    seed: int = 0,
    seconds: float = 300.0,
    memory: float | None = None,
    progress: Listener = unheard,
) -> Probed:
    """Tell a feature, a named one or a regular expression (see `Where`), from state bits, or the bits of `names`.

    `bits`: how many the table reads; `seeds`: controls of each kind. At most MOST bytes of the text are read.
    InputError for unknown names, a feature that holds everywhere or nowhere in a part, and what reads no bytes.
    """
    _check_counts(bits, seeds)
    clock = Clock(seconds, memory)
    text, chosen = text[:MOST], None if names is None else listed(names)
    aig = placed(model)
    told = labels(feature, text, where, clock)
    known, values = _recorded(asked_at_once(aig, chosen or []), text, chosen)
    truth = told.values[: len(values)]
    split = len(values) * LEARNED[0] // LEARNED[1]
    _check_parts(told, truth, split)
    work = _Work(values, split, bits, seed)
    fits, controls, why = work.all_of(truth, seeds, clock, progress)
    costs = _Costs(aig, text, split, known, values, seed)
    base, used, more = costs.of([fit.bits for fit in fits.values()], seeds, clock, progress)
    rate = float(truth[:split].mean())
    held = truth[split:]
    probes = [
        Probe(name, tuple(known[place] for place in fit.bits), work.score(fit, truth), controls[name], *cost)
        for (name, fit), cost in zip(fits.items(), used, strict=True)
    ]
    return Probed(
        told.feature,
        told.means,
        split,
        len(held),
        rate,
        float(held.mean() if rate >= 0.5 else 1 - held.mean()),
        candidates=len(known),
        seeds=seeds,
        probes=tuple(probes),
        base=base,
        why="; ".join(filter(None, (why, more))),
    )


def _check_counts(bits: int, seeds: int) -> None:
    if not 1 <= bits <= MOST_BITS:
        raise InputError(f"the number of bits must lie in 1 .. {MOST_BITS}, not {bits}")
    if not 1 <= seeds <= 100:
        raise InputError(f"the number of seeds must lie in 1 .. 100, not {seeds}")


def _recorded(aig: Aig, text: bytes, chosen: list[str] | None) -> tuple[list[str], Bits]:
    """Names of the bits that are not constant on the text, and uint8[positions, bits]; state bits after the byte."""
    byte_places(aig)
    signals: Sequence[Signal] = singles(state_bits(aig)) if chosen is None else resolve_all(aig, chosen)
    found = {bit.name: bit for signal in as_they_are_read(aig, signals) for bit in signal.bits}
    held = {bit.name for bit in state_bits(aig)}
    if not found:
        raise InputError(f"netlist {aig.name!r} has no state bits; name something else to look at")
    if len(text) < 16:
        raise InputError(f"a text of {len(text)} bytes is too short to learn from and to be told about")
    values = recorded(aig, list(found.values()), text)
    after = np.array([name in held for name in found])
    values = np.where(after, values[1:], values[:-1])
    live = values.min(axis=0) < values.max(axis=0)
    if not live.any():
        raise InputError(f"netlist {aig.name!r}: all of these bits are constant on this text, so they tell nothing")
    return [name for name, some in zip(found, live, strict=True) if some], np.ascontiguousarray(values[:, live])


def _check_parts(told: Labels, truth: Flags, split: int) -> None:
    for part, some in (("learned from", truth[:split]), ("held out", truth[split:])):
        if some.all() or not some.any():
            held = "everywhere" if some.all() else "nowhere"
            named = "" if told.means == BY_NAME else " (it was read as a regular expression, and is no named feature)"
            raise InputError(f"feature {told.feature!r}{named} holds {held} in the part of the text that is {part}")


class _Work:
    """The probes of one text."""

    def __init__(self, values: Bits, split: int, bits: int, seed: int) -> None:
        self.values, self.split, self.seed = values, split, seed
        self.kinds: dict[str, Callable[[Bits, Flags], Fitted]] = {
            "one bit": lambda some, truth: few_bits(some, truth, 1),
            f"{bits} bits": lambda some, truth: few_bits(some, truth, bits),
            "small tree": tree,
            "linear map": lambda some, truth: linear(some, truth, bits, seed),
        }

    def score(self, fit: Fitted, truth: Flags) -> Score:
        rate = float(np.clip(truth[: self.split].mean(), 1e-6, 1 - 1e-6))
        return score(fit.tell(self.values[self.split :]), truth[self.split :], rate)

    def all_of(
        self, truth: Flags, seeds: int, clock: Clock, progress: Listener
    ) -> tuple[dict[str, Fitted], dict[str, Score], str]:
        """The probes, and the mean scores of their controls."""
        learned = self.values[: self.split]
        fits = {name: make(learned, truth[: self.split]) for name, make in self.kinds.items()}
        random, scores = np.random.default_rng(self.seed), dict[str, list[Score]]()
        for turn in range(seeds):
            moved = self._moved(truth, random)
            for name, make in self.kinds.items():
                scores.setdefault(name, []).append(self.score(make(learned, moved[: self.split]), moved))
            progress(Progress(0.5 * (turn + 1) / seeds, "controls"))
            if clock.over and turn + 1 < seeds:
                return fits, _means(scores), f"only {turn + 1} of {seeds} controls were tried: {clock.why}"
        return fits, _means(scores), ""

    def _moved(self, truth: Flags, random: np.random.Generator) -> Flags:
        """The labels from elsewhere, yes and no in both parts."""
        for _ in range(100):
            moved = np.roll(truth, int(random.integers(len(truth) // 10 + 1, len(truth) - len(truth) // 10)))
            if all(some.any() and not some.all() for some in (moved[: self.split], moved[self.split :])):
                return moved
        return np.random.default_rng(0).permutation(truth)


def _means(scores: dict[str, list[Score]]) -> dict[str, Score]:
    return {
        name: Score(
            *(float(np.mean([getattr(one, key) for one in some])) for key in ("accuracy", "balanced", "explained"))
        )
        for name, some in scores.items()
    }


class _Costs:
    """What holding bits at their commoner value costs on the held-out part of the text."""

    def __init__(self, aig: Aig, text: bytes, split: int, names: Sequence[str], values: Bits, seed: int) -> None:
        self.aig, self.text, self.names = aig, text[split:], names
        self.common = (values[:split].mean(axis=0) >= 0.5).astype(int).tolist()
        self.random = np.random.default_rng(seed)

    def of(
        self, groups: Sequence[Sequence[int]], seeds: int, clock: Clock, progress: Listener
    ) -> tuple[float | None, list[tuple[float | None, float | None, float | None]], str]:
        """Bits per byte as it is, for each group what it costs and what random ones do, and what was not done."""
        nothing: list[tuple[float | None, float | None, float | None]] = [(None, None, None)] * len(groups)
        if read_metadata(self.aig).readout is None:
            return None, nothing, "no text model: nothing to charge"
        base = bits_per_byte(self.aig, self.text)
        known: dict[int, list[float]] = {}
        try:
            for place, group in enumerate(groups):
                if clock.over:
                    return base, nothing, f"not all bits were clamped: {clock.why}"
                if len(group) not in known:
                    sets = (self.random.permutation(len(self.names))[: len(group)] for _ in range(seeds))
                    known[len(group)] = [self._charged(some.tolist()) - base for some in sets]
                others = known[len(group)]
                nothing[place] = (self._charged(group) - base, float(np.mean(others)), max(others))
                progress(Progress(0.5 + 0.5 * (place + 1) / len(groups), "clamping"))
        except InputError as error:
            return base, nothing, f"some bits cannot be clamped: {error}"
        return base, nothing, ""

    def _charged(self, group: Sequence[int]) -> float:
        held = edit(self.aig, {self.names[place]: self.common[place] for place in group})
        return bits_per_byte(held, self.text)
