"""How every training by gradient goes: step by step until done or interrupted, with a checkpoint to go on from."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from bridge.cell.record import Source
from bridge.corpus import Corpus, Mapped
from bridge.errors import InputError
from bridge.printable import Progress
from bridge.training.checkpoint import (
    AnyOptions,
    Checkpoint,
    blamed,
    check_same_run,
    load_checkpoint,
    save_checkpoint,
)
from bridge.training.streams import alphabet_of

CHECKPOINT_SECONDS = 30.0
REPORT_SECONDS = 0.25

Where = TypeVar("Where", bound=Progress)


class Run(ABC, Generic[AnyOptions, Where]):
    """The state of one training run: what its next step depends on is here, and in the `tensors` of who inherits."""

    def __init__(self, corpus: Corpus | Mapped, options: AnyOptions) -> None:
        self.started, self.step, self.options = time.monotonic(), 0, options
        self.source, self.alphabet = Source.of(corpus), alphabet_of(corpus.training)

    @abstractmethod
    def fraction(self) -> float:
        """How much of the run is done, 0..1."""

    @abstractmethod
    def progress(self) -> Where:
        """Where it stands."""

    @abstractmethod
    def advance(self) -> None:
        """One step of optimisation."""

    @abstractmethod
    def tensors(self) -> dict[str, Any]:
        """State dictionaries, tensors and numbers."""

    @abstractmethod
    def take(self, tensors: dict[str, Any]) -> None:
        """Undo `tensors`, which may be a stranger's: whatever error that gives is blamed on them."""

    def check(self) -> None:
        """InputError for a run that leads nowhere."""

    def clock(self) -> float:
        """Seconds spent on this run, earlier sessions included."""
        return time.monotonic() - self.started

    def go(self, interrupted: threading.Event, checkpoint: Path | None, progress: Callable[[Where], None]) -> Where:
        """Until the run is done or interrupted; where it stands then. The checkpoint is written every 30 s and at the
        end, never of a run that leads nowhere; `progress` is called a few times a second, and may interrupt, too."""
        with suppress(KeyboardInterrupt):  # raised by who listens, between two steps
            saved = reported = self.clock()
            while self.fraction() < 1 and not interrupted.is_set():
                self.advance()
                now = self.clock()
                if now - reported >= REPORT_SECONDS:
                    reported = now
                    self.check()
                    progress(self.progress())
                if checkpoint is not None and now - saved >= CHECKPOINT_SECONDS:
                    saved = now
                    self.check()
                    self.save(checkpoint)
        self.check()
        if checkpoint is not None:
            self.save(checkpoint)
        last = self.progress()
        with suppress(KeyboardInterrupt):
            progress(last)
        return last

    def save(self, path: Path) -> None:
        facts = self.options, self.alphabet, self.source, self.step, self.clock()
        save_checkpoint(Checkpoint(*facts, self.tensors()), path)

    def restore(self, path: Path | None) -> AnyOptions:
        """Go on from a checkpoint; its options, which may say another length. InputError if it is not one of this
        run."""
        if path is None:
            raise InputError("cannot resume: no checkpoint file was named")
        known = load_checkpoint(path, self.options.from_facts)
        check_same_run(known, self.options, self.source)
        with blamed(path):
            self.take(known.tensors)
        self.step, self.started = known.step, time.monotonic() - known.seconds
        return known.options
