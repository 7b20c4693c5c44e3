"""What the bits of a netlist do on a text: counts, pairs, distinct states, and the features that each bit follows.

Everything here is true *on this text*; what holds always is in `bridge.analysis.invariants`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.analysis.places import placed
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import Bit, point_bits, resolve_all, state_bits, target_literals
from bridge.analysis.text.features import Features, moved, text_features
from bridge.analysis.text.information import count_joint, entropy, mutual_information, normalized
from bridge.analysis.text.overlap import THRESHOLD, Counts, FeatureOverlap, overlap_of
from bridge.analysis.text.runs import visited_runs
from bridge.arrays import Flags, Floats, Ints, Words
from bridge.cell import Cell
from bridge.corpus import check_text
from bridge.errors import InputError
from bridge.execution import compile_literals, run
from bridge.execution.words import packed, unpacked
from bridge.printable import html_table
from bridge.printable.notebook import Framed, Single

EXAMPLES = 6
MOST = 1 << 22  # bytes of text: their features are held in memory
AROUND = 24


@dataclass(frozen=True, repr=False)
class Context(Single):
    """Where, at which `position`, a bit had a value: `text` is the excerpt, of which byte `place` was the one just
    read."""

    position: int
    value: int
    text: str
    place: int

    def to_json(self) -> dict[str, Any]:
        """The fields."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False, repr=False)
class TextStatistics(Framed):
    """n bits, F features, N positions; a state bit counts with its value after the byte at a position was read.

    `ones`: int64[n]; `joint`: int64[n, n], positions where both are 1; `feature_ones`: int64[F]; `feature_joint`:
    int64[n, F], `moved_joint` the same with the features half a text away; `distinct_states`: how many different states
    were visited; `on`, `off`: int64[n, EXAMPLES], positions where the bit was 1, 0, or -1.
    """

    bits: tuple[str, ...]
    features: tuple[str, ...]
    positions: int
    distinct_states: int
    ones: Ints
    joint: Ints
    feature_ones: Ints
    feature_joint: Ints
    moved_joint: Ints
    on: Ints
    off: Ints
    text: bytes

    @cached_property
    def entropies(self) -> Floats:
        """float64[n], bits."""
        return entropy(self.ones, self.positions)

    @cached_property
    def information(self) -> Floats:
        """float64[n, F]: mutual information of each bit and feature, in bits."""
        return mutual_information(self.ones, self.feature_ones, self.feature_joint, self.positions)

    @cached_property
    def shares(self) -> Floats:
        """float64[n, F]: the same, normalized; see `bridge.analysis.text.information`."""
        return normalized(self.information, self.ones, self.feature_ones, self.positions)

    @property
    def constant(self) -> dict[str, int]:
        """Bits that never change on this text, and their value."""
        names = (self.ones == 0) | (self.ones == self.positions)
        return {self.bits[index]: int(self.ones[index] > 0) for index in np.flatnonzero(names)}

    @property
    def equal(self) -> list[tuple[str, str, bool]]:
        """Pairs of bits that are equal, or complementary (True), wherever one goes in this text; constants left out."""
        varied = (self.ones > 0) & (self.ones < self.positions)
        same = (self.joint == self.ones[:, None]) & (self.joint == self.ones[None, :])
        opposite = (self.joint == 0) & (self.ones[:, None] + self.ones[None, :] == self.positions)
        both = np.triu((same | opposite) & varied[:, None] & varied[None, :], 1)
        return [(self.bits[i], self.bits[j], bool(opposite[i, j])) for i, j in np.argwhere(both).tolist()]

    def best_features(self, name: str, count: int = 3) -> list[tuple[str, float, float]]:
        """(feature, mutual information in bits, normalized), the most informative first."""
        row = self._row(name)
        order = np.argsort(-self.information[row], kind="stable")[:count]
        return [(self.features[f], float(self.information[row, f]), float(self.shares[row, f])) for f in order]

    def examples(self, name: str, value: int = 1, around: int = AROUND) -> list[Context]:
        """Contexts in which the bit had this value."""
        places = (self.on if value else self.off)[self._row(name)]
        found = []
        for place in places[places >= 0].tolist():
            start = max(0, place - around)
            excerpt = self.text[start : place + around // 2 + 1].decode("latin-1")
            found.append(Context(place, value, excerpt, place - start))
        return found

    @cached_property
    def moved(self) -> TextStatistics:
        """With the features half a text away: what bits still have in common with them, they have by chance."""
        return replace(self, feature_joint=self.moved_joint)

    def overlap(self, threshold: float = THRESHOLD) -> FeatureOverlap:
        """How many features share a bit, and how many bits a feature; and by chance."""
        counts = Counts(self.ones, self.feature_ones, self.feature_joint, self.moved_joint, self.positions)
        return overlap_of(self.bits, self.features, counts, threshold)

    def columns(self) -> dict[str, list[Any]]:
        """One row a bit: `bit`, `ones` (part of the positions), `entropy`, `feature`, `information`, `share`."""
        best = self.information.argmax(axis=1) if self.features else np.zeros(len(self.bits), np.int64)
        rows = np.arange(len(self.bits))
        return {
            "bit": list(self.bits),
            "ones": (self.ones / max(1, self.positions)).tolist(),
            "entropy": self.entropies.tolist(),
            "feature": [self.features[index] for index in best],
            "information": self.information[rows, best].tolist(),
            "share": self.shares[rows, best].tolist(),
        }

    def _repr_html_(self) -> str:
        columns = self.columns()
        rows = zip(*(column[:20] for column in columns.values()), strict=True)
        shown = f"{len(self.bits)} bits, the first {min(20, len(self.bits))} shown"
        title = f"{shown}, on {self.positions:,} positions, {self.distinct_states:,} distinct states"
        return html_table(rows, [*columns], title)

    def _row(self, name: str) -> int:
        if name not in self.bits:
            raise InputError(f"the statistics hold no bit {name!r}")
        return self.bits.index(name)


def text_statistics(
    model: Cell | Aig, text: bytes, names: Iterable[str] | None = None, features: Features | None = None
) -> TextStatistics:
    """Run the text, at most its first MOST bytes, and count. `names`: by default all state bits and points.

    A cell is lowered first, so cells of any kind can be compared; all bits of its blocks count, also those that nothing
    reads. `features`: your own, not `text_features(text)`. In a serial netlist, signals that depend on the code node
    have no value of a byte, but one for each node, `NAME@node.N`: they are left out unless named.
    InputError for unknown names, a netlist that does not read bytes, or an empty text.
    """
    check_text(text)
    chosen = [] if names is None else list(names)
    aig = asked_at_once(placed(model), chosen)
    text = text[:MOST]
    found = text_features(text) if features is None else features
    if found.values.shape[1] != len(text):
        raise InputError(f"the features cover {found.values.shape[1]} bytes, but the text has {len(text)}")
    bits = [*state_bits(aig), *point_bits(aig)]
    if names is not None:
        bits = [bit for signal in resolve_all(aig, chosen) for bit in signal.bits]
    return _Tally(aig, bits, found).count(text)


class _Tally:
    def __init__(self, aig: Aig, bits: list[Bit], features: Features) -> None:
        self.aig, self.bits, self.features = aig, bits, features
        literals = np.concatenate([target_literals(aig, bits), aig.next_literals()])
        self.program = compile_literals(aig, literals)
        self.joint = np.zeros((len(bits), len(bits)), np.int64)
        self.moved = moved(features)
        self.feature_joint, self.moved_joint = np.zeros((2, len(bits), len(features.names)), np.int64)
        self.ones, self.feature_ones = np.zeros(len(bits), np.int64), np.zeros(len(features.names), np.int64)
        self.states: set[bytes] = set()
        self.examples = np.full((2, len(bits), EXAMPLES), -1, np.int64)
        self.positions, self.random = 0, np.random.default_rng(0)

    def count(self, text: bytes) -> TextStatistics:
        for runs in visited_runs(self.aig, text, 1):
            assert runs.positions is not None
            patterns = np.concatenate([runs.inputs[0], runs.state])
            rows = run(self.program, patterns[None], self.program.reset_state(runs.words))[0][0]
            self._add(rows[: len(self.bits)], runs.positions, runs.mask)
            self._visit(rows[len(self.bits) :], runs.positions >= 0)
        return TextStatistics(
            bits=tuple(bit.name for bit in self.bits),
            features=self.features.names,
            positions=self.positions,
            distinct_states=len(self.states),
            ones=self.ones,
            joint=self.joint,
            feature_ones=self.feature_ones,
            feature_joint=self.feature_joint,
            moved_joint=self.moved_joint,
            on=self.examples[1],
            off=self.examples[0],
            text=text,
        )

    def _add(self, rows: Words, positions: Ints, mask: Words) -> None:
        counted = positions >= 0
        places = np.maximum(positions, 0)
        flags, away = (values[:, places] & counted for values in (self.features.values, self.moved.values))
        plain = np.ascontiguousarray(rows & mask)
        count_joint(plain, plain, self.joint)
        count_joint(plain, packed(flags), self.feature_joint)
        count_joint(plain, packed(away), self.moved_joint)
        self.ones += np.bitwise_count(plain).sum(axis=1, dtype=np.int64)
        self.feature_ones += flags.sum(axis=1)
        self.positions += int(counted.sum())
        self._pick(rows, positions, mask)

    def _pick(self, rows: Words, positions: Ints, mask: Words) -> None:
        """One more example of either value for every bit that lacks some, from a random place on."""
        turn = int(self.random.integers(len(positions)))
        for value in (0, 1):
            lacking = np.flatnonzero(self.examples[value, :, -1] < 0)
            some = (rows[lacking] if value else ~rows[lacking]) & mask
            flags = unpacked(some)
            first = (np.roll(flags, -turn, axis=1).argmax(axis=1) + turn) % len(positions)
            hit = flags[np.arange(len(lacking)), first] > 0
            used = (self.examples[value, lacking] >= 0).sum(axis=1)
            self.examples[value, lacking[hit], used[hit]] = positions[first[hit]]

    def _visit(self, rows: Words, counted: Flags) -> None:
        self.states.update(map(bytes, np.packbits(unpacked(rows).T[counted], axis=1)))
