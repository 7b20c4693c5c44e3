"""Does the model know, and does it use what it knows: probes for a feature, beside what clamping their bits costs.

*Follows*: the first two thirds of the positions are learned from, the rest are told. Each probe stands beside its
control: the same probe for the same labels taken from elsewhere in the text (moved by a random distance), which come as
often and in as long runs. *Uses*: the bits of each probe are held at their commoner value at all steps, and the part
of the text that is held out is charged again, beside random bits of the same number.

A bit counts with its value once the byte at a position was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.analysis.activations import as_they_are_read, recorded
from bridge.analysis.edits.editing import edit
from bridge.analysis.places import placed
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.probing.fit import Fitted, Score, few_bits, linear, score, tree
from bridge.analysis.probing.labels import BY_NAME, Labels, Where, labels
from bridge.analysis.signals import Signal, listed, resolve_all, singles, state_bits
from bridge.arrays import Bits, Flags
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.equivalence.clock import Clock
from bridge.errors import InputError
from bridge.execution.models import byte_places
from bridge.execution.text import bits_per_byte
from bridge.metadata import read_metadata
from bridge.printable import Listener, Progress, few, html_table, unheard
from bridge.printable.notebook import Framed

MOST = 1 << 17  # bytes of a text that are read
MOST_BITS = 12  # of a table
SHOWN = 4  # bits of a probe in a table
LEARNED = 2, 3  # the part of the positions
MOVES = 100  # of labels, until one leaves yes and no in both parts

Make = Callable[[Bits, Flags], Fitted]


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


@dataclass(frozen=True, repr=False)
class Probed(Framed):
    """`probes`: learned on `learned` positions from `candidates` bits, told on `held_out` others. `means`: what it is
    for the feature to hold at a position; `rate`: how often it does in training, `majority`: the share of held-out
    positions that the commoner answer gets right; `seeds`: how many controls there are of each kind; `base`: bits per
    byte of the held-out part as it is; `why`: what was not done."""

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

    def columns(self) -> dict[str, list[Any]]:
        """One row a probe: its fields, those of its score, and those of its control's as `control_...`."""
        rows = [
            {"probe": p.name, **asdict(p.score)}
            | {f"control_{key}": value for key, value in asdict(p.control).items()}
            | {"cost": p.cost, "random": p.random, "random_most": p.random_most, "bits": [*p.bits]}
            for p in self.probes
        ]
        return {key: [row[key] for row in rows] for key in (rows[0] if rows else ())}

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
    check_text(text)
    _check_counts(bits, seeds)
    clock, chosen, text = Clock(seconds, memory), None if names is None else listed(names), text[:MOST]
    aig = placed(model)
    told = labels(feature, text, where, clock)
    known, values = _recorded(asked_at_once(aig, chosen or []), text, chosen)
    split = len(values) * LEARNED[0] // LEARNED[1]
    work = _Work(known, values, told.values[: len(values)], split, seeds, seed)
    _check_parts(told, work)
    probes, why = _learned(work, bits, clock, progress)
    base, probes, more = _charged(aig, text, work, probes, clock, progress)
    learned, held = work.parts(work.truth)
    return Probed(
        told.feature,
        told.means,
        learned=len(learned),
        held_out=len(held),
        rate=float(learned.mean()),
        majority=float((held == (learned.mean() >= 0.5)).mean()),
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


def _check_parts(told: Labels, work: _Work) -> None:
    for part, some in zip(("learned from", "held out"), work.parts(work.truth), strict=True):
        if some.all() or not some.any():
            held = "everywhere" if some.all() else "nowhere"
            named = "" if told.means == BY_NAME else " (it was read as a regular expression, and is no named feature)"
            raise InputError(f"feature {told.feature!r}{named} holds {held} in the part of the text that is {part}")


@dataclass(frozen=True, eq=False)
class _Work:
    """What is learned from and told: `values`, uint8[positions, bits] of the bits `names`, and `truth`,
    bool[positions]; what is learned from ends at `split`. `seeds`: controls of each kind."""

    names: Sequence[str]
    values: Bits
    truth: Flags
    split: int
    seeds: int
    seed: int

    def parts(self, some: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        return some[: self.split], some[self.split :]

    def fit(self, make: Make, truth: Flags) -> tuple[Fitted, Score]:
        """What is made of the first part, and how well it tells the other."""
        (values, others), (learned, held) = self.parts(self.values), self.parts(truth)
        fit = make(values, learned)
        return fit, score(fit.tell(others), held, float(learned.mean()))

    def moved(self, random: np.random.Generator) -> Flags:
        """The labels from elsewhere, yes and no in both parts; where no move is found that leaves both, they are
        shuffled in each part."""
        size = len(self.truth)
        for _ in range(MOVES):
            moved = np.roll(self.truth, int(random.integers(size // 10 + 1, size - size // 10)))
            if all(some.any() and not some.all() for some in self.parts(moved)):
                return moved
        return np.concatenate([random.permutation(some) for some in self.parts(self.truth)])


def _learned(work: _Work, bits: int, clock: Clock, progress: Listener) -> tuple[list[Probe], str]:
    """The probes beside their controls, and what was not done."""
    kinds: dict[str, Make] = {
        "one bit": partial(few_bits, count=1),
        f"{bits} bits" if bits > 1 else "one bit": partial(few_bits, count=bits),
        "small tree": tree,
        "linear map": partial(linear, count=bits, seed=work.seed),
    }
    fits = {name: work.fit(make, work.truth) for name, make in kinds.items()}
    random, controls, why = np.random.default_rng(work.seed), dict[str, list[Score]](), ""
    for turn in range(work.seeds):
        moved = work.moved(random)
        for name, make in kinds.items():
            controls.setdefault(name, []).append(work.fit(make, moved)[1])
        progress(Progress(0.5 * (turn + 1) / work.seeds, "controls"))
        if clock.over and turn + 1 < work.seeds:
            why = f"only {turn + 1} of {work.seeds} controls were tried: {clock.why}"
            break
    means = {name: Score(*np.mean([astuple(one) for one in some], axis=0).tolist()) for name, some in controls.items()}
    found = fits.items()
    return [Probe(name, tuple(work.names[i] for i in fit.bits), own, means[name]) for name, (fit, own) in found], why


def _charged(
    aig: Aig, text: bytes, work: _Work, probes: Sequence[Probe], clock: Clock, progress: Listener
) -> tuple[float | None, list[Probe], str]:
    """Bits per byte of the held-out part, the probes with what holding their bits adds to it, and what was not done."""
    charged, why = list(probes), ""
    if read_metadata(aig).readout is None:
        return None, charged, "no text model: nothing to charge"
    held, random = text[work.split :], np.random.default_rng(work.seed)
    common = dict(zip(work.names, (work.values[: work.split].mean(axis=0) >= 0.5).astype(int).tolist(), strict=True))
    base = bits_per_byte(aig, held)

    def cost(names: Iterable[str]) -> float:
        return bits_per_byte(edit(aig, {name: common[name] for name in names}), held) - base

    others: dict[int, list[float]] = {}
    try:
        for place, each in enumerate(probes):
            if clock.over:
                return base, charged, f"not all bits were clamped: {clock.why}"
            count = len(each.bits)
            if count not in others:
                others[count] = [cost(random.permutation(work.names)[:count].tolist()) for _ in range(work.seeds)]
            mean, most = float(np.mean(others[count])), max(others[count])
            charged[place] = replace(each, cost=cost(each.bits), random=mean, random_most=most)
            progress(Progress(0.5 + 0.5 * (place + 1) / len(probes), "clamping"))
    except InputError as error:
        why = f"some bits cannot be clamped: {error}"
    return base, charged, why
