"""How large and how fast the page that runs a text model is, in headless Chromium: `python tools/live_speed.py kjv`.

Its size; milliseconds from opening it until its logic answers; bytes a second that it reads and that it writes; what a
keystroke and all effects on one byte take. Medians, of one run of 20,000 bytes for the speeds.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge import load_corpus
from bridge.cli.models import load_model
from bridge.report import write_report

# Since when the panels are there, by the clock of the page, which starts when it is opened.
WATCH = """
  const watch = setInterval(() => {
    const panels = document.getElementById("live-panels");
    if (!panels || panels.hidden) return;
    window.readyAfter = performance.now();
    clearInterval(watch);
  }, 2);
"""
READ = """
  const [text, started, reading] = [arguments[0], performance.now(), new Reading(live.machine)];
  reading.read(text.map((byte) => [byte]));
  return (performance.now() - started) / 1000;
"""
WRITE = """
  const [reading, random, started] = [new Reading(live.machine), new Random(0), performance.now()];
  let moment = reading.append([arguments[0]]);
  for (let count = 0; count < arguments[1]; count++) {
    const byte = drawSymbol(live.facts.readout, moment.numbers, 1, uniformOf(random, 1));
    moment = reading.append([byte]);
  }
  return (performance.now() - started) / 1000;
"""
TYPE = """
  const text = Uint8Array.from(arguments[0]);
  return Array.from({ length: text.length }, (_, at) => {
    const started = performance.now();
    live.change({ text: text.subarray(0, at + 1), place: at + 1 });
    return performance.now() - started;
  });
"""
EFFECTS = """
  return Array.from({ length: 20 }, (_, at) => {
    const [place, started] = [live.view.place - at, performance.now()];
    effectsOn(live, place, live.view.text[place - 1]);
    return performance.now() - started;
  });
"""


@contextmanager
def opened(page: Path) -> Iterator[Any]:
    """The page in a browser."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        driver.get(page.resolve().as_uri())
        yield driver
    finally:
        driver.quit()


def measure(page: Path, text: bytes) -> None:
    """Print the figures of a page."""
    print(f"{page.stat().st_size / 1e6:8.2f} MB in one file")
    with opened(page) as driver:
        ready = driver.execute_async_script(
            "const [done] = arguments; setInterval(() => window.readyAfter && done(readyAfter), 20)"
        )
        print(f"{ready:8.0f} ms until the logic runs")
        if driver.execute_script("return live.facts.kind") != "text":
            print("It reads no text: nothing else is measured.")
            return
        keys = driver.execute_script(TYPE, [*text[:200]])
        print(f"{statistics.median(keys[100:]):8.1f} ms a keystroke, at most {max(keys[100:]):.1f}")
        effects = driver.execute_script(EFFECTS)
        print(f"{statistics.median(effects):8.1f} ms for all effects on one byte, at most {max(effects):.1f}")
        print(f"{len(text) / driver.execute_script(READ, [*text]):8,.0f} bytes a second read")
        print(f"{len(text) / driver.execute_script(WRITE, text[0], len(text)):8,.0f} bytes a second written")


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a cell or a netlist that reads text, or a page that was written before (.html)")
    parser.add_argument("--full", action="store_true", help="with everything that the quick page leaves out")
    options = parser.parse_args()
    text = load_corpus("kjv").heldout[:20_000]
    with tempfile.TemporaryDirectory() as folder:
        page = Path(options.model)
        if page.suffix != ".html":
            page = Path(folder) / "page.html"
            write_report([load_model(options.model)], page, quick=not options.full)
        measure(page, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
