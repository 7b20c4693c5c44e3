"""The page around the logic that runs: small, strict, and of use where it cannot run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bridge import Cell, activations, write_report
from support.browser import Browser, chromium
from support.command_line import Call

pytestmark = pytest.mark.heavy

MOST_BYTES = 600_000  # of the small page of the small cell
INJECTED = (
    "const made = document.createElement('script'); made.textContent = 'hacked = 1'; document.body.append(made)",
    "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"hacked = 1\">')",
    "setTimeout('hacked = 1')",
)


@pytest.fixture(scope="module")
def unable() -> Iterator[Any]:
    """A browser without WebAssembly."""
    with chromium("--js-flags=--jitless") as opened:
        yield opened


def test_a_small_page_runs(browser: Browser, page: Path) -> None:
    assert page.stat().st_size < MOST_BYTES
    browser.open(page)
    assert browser.run("return !document.getElementById('live-panels').hidden")
    sections = browser.run(
        "return [...document.querySelectorAll('nav[aria-label=Sections] a')].map((link) => link.hash)"
    )
    assert sections == ["#live", "#signals", "#proofs"]
    assert browser.run("return document.querySelectorAll('.plot').length") == 0
    assert "equivalent" in browser.text(".figures")
    assert "measured" not in browser.text("#proofs"), "nothing was"
    browser.open(page, "#layer1.neurons[3]")
    assert browser.text("#signal-name") == "layer1.neurons[3]"
    assert browser.text(".equation")


def test_the_page_of_a_signal_says_what_it_is_now(browser: Browser, page: Path, tiny: Cell) -> None:
    text = b"In the beginning"
    bits = activations(tiny, text, "layer1.neurons").T.tolist()
    changing = next(place for place, row in enumerate(bits) if len(set(row)) == 2)
    browser.open(page, f"#layer1.neurons[{changing}]")
    browser.run("live.change({ text: new Uint8Array(), place: 0 })")
    assert browser.text("#present p") == "Nothing is read yet."
    for place in (3, len(text)):
        browser.run("live.change({ text: Uint8Array.from(arguments[0]), place: arguments[1] })", list(text), place)
        browser.until("live.ready")
        now = bits[changing][place - 1]
        assert browser.text("#present p").startswith(f"is {now} while ")
    held = {"name": f"layer1.neurons[{changing}]", "value": str(1 - now), "at": None}
    browser.run("live.change({ edits: [arguments[0]] })", held)
    browser.until("live.ready")
    assert browser.text("#present p").startswith(f"is {1 - now} ({now} without what is done) while ")
    browser.run("document.querySelector('#signal a[href=\"#live\"]').click()")
    browser.until("!document.getElementById('overview').hidden")


def test_the_command_writes_it(call: Call, tmp_path: Path) -> None:
    told = call("report", "tiny", "-o", "page.html", "--live-only", "--json")
    assert told.code == 0
    assert json.loads(told.out)["missing"] == {}
    assert (tmp_path / "page.html").stat().st_size < MOST_BYTES


def test_it_is_read_where_it_cannot_run(unable: Any, page: Path) -> None:
    browser = Browser(unable)
    browser.open(page)
    assert browser.text("#live-error").startswith("This browser has no WebAssembly")
    assert browser.run("return document.getElementById('live-panels').hidden")
    browser.open(page, "#layer1.neurons[3]")
    assert browser.text("#signal-name") == "layer1.neurons[3]"
    assert browser.complaints() == []


def test_it_is_read_where_the_logic_is_refused(browser: Browser, page: Path, tmp_path: Path) -> None:
    stricter = tmp_path / "page.html"
    stricter.write_text(page.read_text().replace("&#39;wasm-unsafe-eval&#39;", ""))
    browser.open(stricter)
    assert browser.text("#live-error").startswith("This browser did not accept the WebAssembly of the logic")
    assert "the rest of the page can be read" in browser.text("#live-error")
    assert all("Content Security Policy" in each for each in browser.complaints())


def test_it_is_read_without_scripts(browser: Browser, page: Path) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get(page.as_uri())
        assert "need JavaScript" in browser.text("noscript p")
        assert browser.run("return document.querySelector('#proofs table').checkVisibility()")
        assert not browser.run("return document.querySelector('#waiting').checkVisibility()")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_only_its_own_scripts_run(browser: Browser, page: Path) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', unescape(page.read_text()))
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    scripts = rules["script-src"].split()
    assert len(scripts) == 2
    assert re.fullmatch(r"'sha256-[\w+/]+=*'", scripts[0])
    assert scripts[1] == "'wasm-unsafe-eval'"
    browser.open(page)
    for attempt in INJECTED:
        browser.run(attempt)
    browser.driver.execute_async_script("setTimeout(arguments[0], 100)")
    assert browser.run("return window.hacked") is None
    refused = browser.complaints()
    assert refused
    assert all("Content Security Policy" in each for each in refused)


def test_what_fails_is_a_sentence(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.text("#trouble") == ""
    browser.run("live.watch(() => byId('<b>nothing</b>'))")
    assert browser.text("#trouble").startswith("Something on this page failed (the page has no #<b>nothing</b>).")
    browser.run("live.change({text: new Uint8Array([65])})")
    browser.until("live.ready")
    assert all("<b>nothing</b>" in each for each in browser.complaints())


@pytest.mark.slow
def test_the_whole_page_of_a_large_cell_is_small(browser: Browser, tmp_path: Path) -> None:
    """How soon it is ready is measured by tools/live_speed.py."""
    page = tmp_path / "page.html"
    write_report([Cell.load("kjv")], page)
    assert page.stat().st_size <= 5_000_000
    browser.open(page)
    assert browser.run("return live.ready")
