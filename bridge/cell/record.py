"""What training tells: where a run stands, and in the record of a cell what trained it, how, on which text. Written and
read here, whoever the trainer is.

A cell file may come from a stranger: what is not well-formed in a record counts as unknown, and a path in it is trusted
only if the text there has the digest that the record states.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from bridge.corpus import NAMED, Corpus, Holdout, Mapped, load_corpus, read_text
from bridge.errors import InputError
from bridge.printable import Progress

Kind = Literal["threshold", "trees", "folded"]  # neurons, boosted decision trees, or a folded recurrent network
Levels = Literal["binary", "ternary", "3bit", "pow2"]  # what a weight may be: +-1; -1..1; -4..3; 0, +-1, +-2, +-4
Form = Literal["trees", "neurons"]  # what boosted trees are written as
Device = Literal["cpu", "cuda"]

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """Which text a cell was trained on: its name or path, the sha256 of all of it, and how a part was held out."""

    corpus: str
    sha256: str
    holdout: Holdout

    @classmethod
    def of(cls, corpus: Corpus | Mapped) -> Source:
        return cls(corpus.name, corpus.sha256, corpus.holdout)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Source | None:
        """Of a record, a netlist's comment or a checkpoint, old ones of trees included; None if they name no text."""
        corpus, digest = facts.get("corpus"), facts.get("sha256", facts.get("corpus_sha256"))
        holdout = facts.get("holdout", "tail")
        known = isinstance(corpus, str) and isinstance(digest, str) and _DIGEST.fullmatch(digest)
        return cls(str(corpus), str(digest), holdout) if known and holdout in get_args(Holdout) else None

    def facts(self) -> dict[str, str]:
        return {"corpus": self.corpus, "sha256": self.sha256, "holdout": self.holdout}

    def same_as(self, other: Source | None) -> bool:
        """The same training bytes, whatever their file is called."""
        return other is not None and (self.sha256, self.holdout) == (other.sha256, other.holdout)

    def load(self) -> Corpus:
        """The text, split as it was. InputError if it is not here, or is another one by now."""
        if self.corpus not in NAMED and not Path(self.corpus).is_file():
            raise InputError("the text that the cell was trained on is not here")
        if hashlib.sha256(read_text(self.corpus)).hexdigest() != self.sha256:
            raise InputError("the text that the cell was trained on has changed")
        return load_corpus(self.corpus, self.holdout)


@dataclass(frozen=True, kw_only=True)
class TrainingProgress(Progress):
    """Where a run stands. `steps`: of optimisation, or trees; `ands`: of the cell as lowered, for neurons a guess;
    `bits_per_byte`: on the training text, for neurons a running mean."""

    done: float
    seconds: float
    steps: int
    ands: int
    bits_per_byte: float


TrainingListener = Callable[[TrainingProgress], None]


@dataclass(frozen=True)
class TrainingRecord:
    """`options`: of the trainer of that kind, as its `from_facts` reads them; `steps`: of optimisation, or trees;
    `bits_per_byte`: on the training text, as the trainer measures it; `lengthened`: after how many steps the run was
    made longer, each time; `details`: what only this trainer knows."""

    kind: Kind
    source: Source
    options: Mapping[str, Any]
    steps: int
    seconds: float
    bits_per_byte: float | None
    finished: bool = True
    lengthened: tuple[int, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """JSON-able, as `Cell.record` keeps it; `of` is the inverse."""
        return {
            "kind": self.kind,
            **self.source.facts(),
            "options": dict(self.options),
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "training_bits_per_byte": None if self.bits_per_byte is None else round(self.bits_per_byte, 4),
            "finished": self.finished,
            **({"lengthened": list(self.lengthened)} if self.lengthened else {}),
            **self.details,
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> TrainingRecord | None:
        """Of `Cell.record`, also of earlier versions; None for a cell that no trainer of ours made."""
        source, options, kind = Source.from_facts(record), record.get("options"), record.get("kind", "threshold")
        if source is None or not isinstance(options, Mapping) or kind not in get_args(Kind):
            return None
        price = record.get("training_bits_per_byte")
        try:
            return cls(
                kind=kind,
                source=source,
                options=options,
                steps=int(record.get("steps", record.get("trees", 0))),
                seconds=float(record.get("seconds", 0.0)),
                bits_per_byte=None if price is None else float(price),
                finished=bool(record.get("finished", True)),
                lengthened=tuple(int(steps) for steps in record.get("lengthened", ())),
                details={key: value for key, value in record.items() if key not in _KEYS},
            )
        except (TypeError, ValueError, OverflowError):
            return None


def sources_of(record: Mapping[str, Any]) -> tuple[Source, ...]:
    """All texts that the numbers of a cell come from: of its training, then those that it was fitted to later."""
    later = record.get("fitted", [])
    facts = [record, *(entry for entry in (later if isinstance(later, list) else []) if isinstance(entry, Mapping))]
    return tuple(source for source in map(Source.from_facts, facts) if source is not None)


def joined(sources: tuple[Source, ...], source: Source) -> tuple[Source, ...]:
    """With one more text, unless it is among them."""
    return sources if any(source.same_as(known) for known in sources) else (*sources, source)


def fitted(record: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The record of a cell after it was fitted to this text, too (`simplify`)."""
    own, known = Source.from_facts(record), joined(sources_of(record), source)
    return {**record, "fitted": [each.facts() for each in known if each != own]}


def losses_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What `simplify` gave up to make the cell, a sentence each time."""
    told = record.get("lossy", [])
    return tuple(map(str, told)) if isinstance(told, list) else ()


def with_loss(record: Mapping[str, Any], told: str) -> dict[str, Any]:
    """The record of a cell after one more simplification."""
    return {**record, "lossy": [*losses_of(record), told]}


_TEXT = ("corpus", "sha256", "corpus_sha256", "holdout")
_COUNTS = ("steps", "trees", "seconds", "training_bits_per_byte", "finished", "lengthened")
_KEYS = frozenset(("kind", "options", *_TEXT, *_COUNTS))
