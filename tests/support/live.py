"""Machines that run in an open page of their own, without a page made for each."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.report.live.facts import live_of
from support.browser import Browser

START = """
const [facts, code, view, words] = arguments;
const bytes = (text) => text === null ? null : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const live = new Live(facts, await Machine.of(facts, bytes(code)), {});
const edits = words.map((word) => parseEdit(live, word));
checkEdits(live, edits);
live.view = { ...live.view, ...view, text: bytes(view.text ?? ""), other: bytes(view.other ?? null), edits };
live.now = readingOf(live, live.view);
live.other.read([...(live.view.other ?? [])].map((byte) => [byte]));
for (const reading of [live.plain, live.now]) reading.read(stepsOf(facts, live.view));
"""


def in_the_page(
    browser: Browser,
    model: Cell | Aig,
    script: str,
    *,
    text: bytes = b"",
    other: bytes | None = None,
    steps: Sequence[Sequence[int]] = (),
    do: Sequence[str] = (),
) -> Any:
    """What the script returns of `live`, which has read all of that in any page that runs logic. Refusals are said
    as {"refused": ...}."""
    live = live_of(model)
    view = {"text": _coded(text), "steps": [list(step) for step in steps]}
    view |= {} if other is None else {"other": _coded(other)}
    refused = "if (error instanceof Refusal) return { refused: error.message }; throw error;"
    body = f"try {{ {START} {script} }} catch (error) {{ {refused} }}"
    whole = f"return (async function () {{ {body} }}).apply(null, arguments)"
    return browser.run(whole, live.facts, _coded(live.code.tobytes()), view, list(do))


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()
