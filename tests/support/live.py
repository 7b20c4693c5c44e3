"""The logic of a page in a browser, without the page: the scripts that run it, and what they find as arrays."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from bridge import Aig, Cell
from bridge.report.live.facts import live_of
from support.browser import Browser

SCRIPTS = (
    *("../words", "../figures", "program", "webassembly", "machine", "readout", "reading"),
    *("elements", "edits", "live", "effects", "random"),
)
START = """
  const [facts, code] = arguments;
  return Machine.of(facts, Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0))).then((machine) => {
    window.live = new Live(facts, machine, { records: [], places: new Map() });
  });
"""
READ = """
  const [steps, changes] = Array.from(arguments, (text) => JSON.parse(text));
  const reading = new Reading(live.machine, (step) => changes[step] ?? []);
  live.now = reading;
  reading.read(steps);
  const { moments } = reading;
  const joined = (parts) => {
    const bytes = parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    const all = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
    bytes.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    let text = "";
    for (let at = 0; at < all.length; at += 8192) text += String.fromCharCode(...all.subarray(at, at + 8192));
    return btoa(text);
  };
  return {
    states: joined([...moments.map(({ state }) => state), reading.state]),
    bits: joined(moments.map(({ bits }) => bits)),
    numbers: joined(moments.map(({ numbers }) => numbers)),
  };
"""
Changes = Mapping[int, Sequence[Mapping[str, Any]]]


class Engine:
    """A model that a browser runs, with `more` scripts of web/live; `facts`: what its scripts are told."""

    def __init__(self, browser: Browser, folder: Path, more: Sequence[str] = ()) -> None:
        names = (*SCRIPTS, *more)
        scripts = (resources.files("bridge.report").joinpath("web", "live", f"{name}.js") for name in names)
        source = "\n".join(script.read_text("utf-8") for script in scripts)
        page = folder / "engine.html"
        page.write_text(f"<!doctype html><meta charset=utf-8><script>'use strict';{source}</script>", "utf-8")
        self.browser = browser
        browser.driver.get(page.as_uri())

    def start(self, model: Cell | Aig) -> None:
        live = live_of(model)
        self.facts = live.facts
        self.browser.run(START, live.facts, base64.b64encode(live.code.tobytes()).decode())

    def read(
        self, steps: Sequence[Sequence[int]], changes: Changes | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(uint8[T + 1, latches] before every step and at the end, uint8[T, bits], float64[T, numbers])."""
        given = [[*map(int, step)] for step in steps], {str(at): done for at, done in (changes or {}).items()}
        found = self.browser.run(READ, *map(json.dumps, given))  # as text: the driver takes long over many lists
        arrays = {name: np.frombuffer(base64.b64decode(text), np.uint8) for name, text in found.items()}
        states, bits = (
            np.unpackbits(arrays[name].reshape(rows, -1), axis=1, bitorder="little")[:, :count]
            if count
            else np.zeros((rows, 0), np.uint8)
            for name, rows, count in (
                ("states", len(steps) + 1, len(self.facts["resets"])),
                ("bits", len(steps), len(self.facts["bits"])),
            )
        )
        numbers = arrays["numbers"].view(np.float64)
        return states, bits, numbers.reshape(len(steps), -1) if numbers.size else np.zeros((len(steps), 0))
