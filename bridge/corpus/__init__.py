"""Texts to train on and to measure with: named ones, files, and what packages hold."""

from bridge.corpus.given import check_text
from bridge.corpus.packages import PACKAGED, Packaged, packaged, text_of
from bridge.corpus.split import (
    BLOCK,
    EVERY,
    NAMED,
    Corpus,
    Holdout,
    Mapped,
    Text,
    interleaved,
    load_corpus,
    load_training,
    read_text,
    tail,
)

__all__ = [
    "BLOCK",
    "EVERY",
    "NAMED",
    "PACKAGED",
    "Corpus",
    "Holdout",
    "Mapped",
    "Packaged",
    "Text",
    "check_text",
    "interleaved",
    "load_corpus",
    "load_training",
    "packaged",
    "read_text",
    "tail",
    "text_of",
]
