"""Models in a browser to which something is done, in the words of the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from bridge import Aig, Cell
from support.live import Engine

DO = """
const [view, words] = arguments;
const bytes = (text) => text === null ? null : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
try {
  const edits = words.map((word) => parseEdit(live, word));
  checkEdits(live, edits);
  live.view = { ...live.view, ...view, text: bytes(view.text), other: bytes(view.other), edits };
  live.now = readingOf(live);
  live.other.read([...(live.view.other ?? [])].map((byte) => [byte]));
  for (const reading of [live.plain, live.now]) reading.read(stepsOf(live.facts, live.view));
} catch (error) {
  if (error instanceof Refusal) return { refused: error.message };
  throw error;
}
"""


def done_in_the_page(
    engine: Engine,
    model: Cell | Aig,
    script: str,
    *,
    text: bytes = b"",
    other: bytes | None = None,
    steps: Sequence[Sequence[int]] = (),
    do: Sequence[str] = (),
) -> Any:
    """What the script returns of `live` when all of that is read; {"refused": SENTENCE} where it cannot be done."""
    engine.start(model)
    view = {"text": _coded(text), "other": None if other is None else _coded(other), "steps": list(map(list, steps))}
    return engine.browser.run(DO + script, view, list(do))


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()
