"""A training run on disk: everything that its next step depends on, in one file that is never seen half-written."""

from __future__ import annotations

import io
import math
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from operator import index
from typing import Any, Generic, Protocol, Self, TypeVar

import torch
from torch import Tensor

from bridge.cell.record import Kind, Source
from bridge.errors import InputError
from bridge.files import read_bytes, write_atomic

FORMAT = 4
LENGTH = ("minutes", "steps")


class Options(Protocol):
    """Of a trainer; who reads a checkpoint says of which."""

    def facts(self) -> dict[str, Any]: ...

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self: ...


AnyOptions = TypeVar("AnyOptions", bound=Options)


@dataclass(frozen=True)
class Checkpoint(Generic[AnyOptions]):
    """`tensors`: state dictionaries of model, optimiser and cell state; the rest says where the run stands."""

    options: AnyOptions
    alphabet: bytes
    source: Source
    step: int
    seconds: float
    tensors: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint[Any], path: str | os.PathLike[str]) -> None:
    """Write atomically; InputError when the place cannot be written."""
    facts = vars(checkpoint) | {
        "format": FORMAT,
        "options": checkpoint.options.facts(),
        "alphabet": list(checkpoint.alphabet),
        "corpus": checkpoint.source.facts(),
    }
    del facts["source"]
    buffer = io.BytesIO()
    torch.save(facts, buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(
    path: str | os.PathLike[str], parsed: Callable[[Mapping[str, Any]], AnyOptions]
) -> Checkpoint[AnyOptions]:
    """Read a checkpoint (tensors on the processor), with options as they are parsed; InputError when it is missing or
    not a checkpoint of such a run."""
    with blamed(path):
        facts = _facts(path)
        if facts.pop("format") != FORMAT:
            raise InputError(f"{path}: is a training checkpoint of another version")
        try:
            options = parsed(facts.pop("options"))
        except InputError as error:
            raise InputError(f"{path}: is not a checkpoint of such a run: {error}") from error
        source = Source.from_facts(facts.pop("corpus"))
        if source is None:
            raise ValueError("it does not say on which text it was trained")
        step, seconds = index(facts.pop("step")), float(facts.pop("seconds"))
        if not (0 <= step < 1 << 40 and 0 <= seconds < math.inf):
            raise ValueError("it cannot be where it says it is")
        return Checkpoint(options, bytes([*facts.pop("alphabet")]), source, step, seconds, **facts)


def kind_of_run(path: str | os.PathLike[str]) -> Kind:
    """What was trained: only folded networks have units."""
    with blamed(path):
        return "folded" if "units" in _facts(path)["options"] else "threshold"


def _facts(path: str | os.PathLike[str]) -> Any:
    return torch.load(io.BytesIO(read_bytes(path, "a training checkpoint")), map_location="cpu", weights_only=True)


_FAULTS = (
    *(RuntimeError, pickle.UnpicklingError, EOFError, AttributeError),
    *(LookupError, TypeError, ValueError, ArithmeticError),
)


@contextmanager
def blamed(path: str | os.PathLike[str]) -> Iterator[None]:
    """What goes wrong in the block, where a checkpoint is read or taken up, is an InputError."""
    try:
        yield
    except _FAULTS as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise InputError(f"{path}: is not a training checkpoint: {reason}") from error


def check_finite(tensors: Iterable[Tensor]) -> None:
    """ValueError for numbers that are none."""
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
        raise ValueError("it holds numbers that are not finite")


def check_same_run(checkpoint: Checkpoint[AnyOptions], options: AnyOptions, source: Source) -> None:
    """InputError unless the checkpoint belongs to this text and these options, but for how long the run is."""
    old, new = checkpoint.options.facts(), options.facts()
    different = [f"{key} (was {old[key]}, now {new[key]})" for key in new if key not in LENGTH and old[key] != new[key]]
    if different:
        raise InputError(f"cannot resume: the checkpoint was made with other options: {', '.join(different)}")
    if not source.same_as(checkpoint.source):
        raise InputError(
            f"cannot resume: the checkpoint was trained on {checkpoint.source.corpus} "
            f"({checkpoint.source.holdout}), not on this text and split"
        )
