"""A training run on disk: everything that its next step depends on, in one file that is never seen half-written."""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import dataclass
from typing import Any

import torch

from bridge.cell.record import Source
from bridge.errors import InputError
from bridge.files import read_bytes, write_atomic
from bridge.training.options import TrainingOptions

FORMAT = 4
LENGTH = ("minutes", "steps")


@dataclass(frozen=True)
class Checkpoint:
    """`tensors`: state dictionaries of model, optimiser and cell state; the rest says where the run stands."""

    options: TrainingOptions
    alphabet: bytes
    source: Source
    step: int
    seconds: float
    tensors: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
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


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint (tensors on the processor); InputError when it is missing or not a checkpoint of ours."""
    raw = io.BytesIO(read_bytes(path, "a training checkpoint"))
    try:
        facts = torch.load(raw, map_location="cpu", weights_only=True)
        if facts.pop("format") != FORMAT:
            raise InputError(f"{path}: is a training checkpoint of another version")
        options = TrainingOptions.from_facts(facts.pop("options"))
        source = Source.from_facts(facts.pop("corpus"))
        if source is None:
            raise ValueError("it does not say on which text it was trained")
        return Checkpoint(options=options, alphabet=bytes(facts.pop("alphabet")), source=source, **facts)
    except (RuntimeError, pickle.UnpicklingError, EOFError, AttributeError, KeyError, TypeError, ValueError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise InputError(f"{path}: is not a training checkpoint: {reason}") from error


def check_same_run(checkpoint: Checkpoint, options: TrainingOptions, source: Source) -> None:
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
