"""A training run on disk: everything that its next step depends on, in one file that is never seen half-written."""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import dataclass
from typing import Any

import torch

from bridge.corpus import Corpus, Mapped
from bridge.errors import InputError
from bridge.files import read_bytes, write_atomic
from bridge.training.options import TrainingOptions

FORMAT = 4


@dataclass(frozen=True)
class Checkpoint:
    """`tensors`: state dictionaries of model, optimiser and cell state; the rest says where the run stands."""

    options: TrainingOptions
    alphabet: bytes
    corpus: dict[str, str]
    step: int
    seconds: float
    tensors: dict[str, Any]


def corpus_facts(corpus: Corpus | Mapped) -> dict[str, str]:
    """What identifies the training bytes."""
    return {"corpus": corpus.name, "sha256": corpus.sha256, "holdout": corpus.holdout}


def save_checkpoint(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Write atomically; InputError when the place cannot be written."""
    facts = vars(checkpoint) | {
        "format": FORMAT,
        "options": checkpoint.options.facts(),
        "alphabet": list(checkpoint.alphabet),
    }
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
        return Checkpoint(options=options, alphabet=bytes(facts.pop("alphabet")), **facts)
    except (RuntimeError, pickle.UnpicklingError, EOFError, AttributeError, KeyError, TypeError, ValueError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise InputError(f"{path}: is not a training checkpoint: {reason}") from error


def check_same_run(checkpoint: Checkpoint, options: TrainingOptions, corpus: Corpus | Mapped) -> None:
    """InputError unless the checkpoint belongs to these options and this corpus."""
    old, new = checkpoint.options.facts(), options.facts()
    different = [f"{key} (was {old[key]}, now {new[key]})" for key in new if old[key] != new[key]]
    if different:
        raise InputError(f"cannot resume: the checkpoint was made with other options: {', '.join(different)}")
    if (checkpoint.corpus["sha256"], checkpoint.corpus["holdout"]) != (corpus.sha256, corpus.holdout):
        raise InputError(
            f"cannot resume: the checkpoint was trained on {checkpoint.corpus['corpus']} "
            f"({checkpoint.corpus['holdout']}), not on this text and split"
        )
