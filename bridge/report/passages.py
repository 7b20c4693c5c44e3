"""Text with the surprise of every byte: what the model paid for it, in bits, and what it expected instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.execution.generate import generate
from bridge.execution.models import stepper_of
from bridge.execution.text import WARMUP
from bridge.report.equations import shown_byte

SHOWN = 1200  # bytes of a passage
EXPECTED = 3  # likeliest bytes named with each
PROMPT = 80
TEMPERATURE = 0.7


@dataclass(frozen=True)
class Passage:
    """`pieces`: characters as they are shown; `bits`: what each cost; `expected`: the likeliest bytes before each,
    with their probabilities."""

    title: str
    note: str
    pieces: tuple[str, ...]
    bits: tuple[float, ...]
    expected: tuple[tuple[tuple[str, float], ...], ...]

    @property
    def mean(self) -> float:
        """Bits per byte."""
        size = sum(len(piece.encode()) for piece in self.pieces)
        return sum(self.bits) / size

    def dearest(self, count: int = 8) -> list[tuple[str, str, float]]:
        """(what stood before, the piece, its bits) of the most surprising ones."""
        order = sorted(range(len(self.bits)), key=lambda place: -self.bits[place])[:count]
        return [("".join(self.pieces[max(0, p - 20) : p]), self.pieces[p], self.bits[p]) for p in order]

    def to_json(self) -> dict[str, Any]:
        expected = [[[byte, round(p, 3)] for byte, p in row] for row in self.expected]
        return {"pieces": self.pieces, "bits": [round(bits, 2) for bits in self.bits], "expected": expected}


def heldout_passage(model: Cell | Aig, name: str, text: bytes) -> Passage:
    """From a line's beginning near the middle of the text."""
    middle = text.find(b"\n", len(text) // 2) + 1 or len(text) // 2
    start = middle if len(text) - middle >= SHOWN else max(0, len(text) - SHOWN)
    before = max(1, start)  # the very first byte is not predicted
    passage = text[before : start + SHOWN]
    note = f"{len(passage):,} bytes of {name}, from byte {before:,} on."
    return _charged(model, "A passage of the text", note, text[max(0, before - WARMUP) : before], passage)


def generated_passage(model: Cell | Aig, text: bytes | None, seed: int = 1) -> Passage:
    """What the model writes by itself, after a little of the text where there is one."""
    prompt = b"\n"
    if text is not None and len(text) >= 2 * PROMPT:
        prompt = text[text.find(b"\n") + 1 :][:PROMPT]
        prompt = prompt[: prompt.rfind(b" ")] or prompt
    written = bytes(generate(model, prompt, SHOWN, temperature=TEMPERATURE, seed=seed))
    shown = prompt.decode(errors="replace").strip()
    begun = f" after \N{LEFT DOUBLE QUOTATION MARK}{shown}\N{RIGHT DOUBLE QUOTATION MARK}" if shown else ""
    note = f"{SHOWN:,} bytes written by the model at temperature {TEMPERATURE}, seed {seed}{begun}."
    return _charged(model, "What it writes", note, prompt, written)


def _charged(model: Cell | Aig, title: str, note: str, before: bytes, passage: bytes) -> Passage:
    stepper = stepper_of(model)
    data = np.frombuffer(before + passage, np.uint8)
    logits = stepper.advance(stepper.reset(1), data[:-1, None])[1][len(before) - 1 :, 0]
    lengths = stepper.readout.code_lengths(logits, data[len(before) :])
    chances = stepper.readout.probabilities(logits)
    best = np.argsort(-chances, axis=1, kind="stable")[:, :EXPECTED]
    pieces, bits, expected, place = [], [], [], 0
    for piece in passage.decode(errors="surrogateescape"):
        size = 1 if "\udc80" <= piece <= "\udcff" else len(piece.encode())
        pieces.append(f"\\x{ord(piece) - 0xDC00:02x}" if "\udc80" <= piece <= "\udcff" else piece)
        bits.append(float(lengths[place : place + size].sum()))
        expected.append(tuple((shown_byte(byte), float(chances[place, byte])) for byte in best[place].tolist()))
        place += size
    return Passage(title, note, tuple(pieces), tuple(bits), tuple(expected))
