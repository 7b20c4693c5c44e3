"""The page that runs, for everyone: an audit by axe, narrow windows, paper."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from support.browser import Browser
from support.tools import skip_or_fail

pytestmark = pytest.mark.heavy

# Without an experimental rule: squares get the name that says their value once they have the focus.
AUDIT = """
  const done = arguments[0];
  const told = ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" ")}`;
  const rules = { "label-content-name-mismatch": { enabled: false } };
  axe.run(document, { rules }).then(({ violations }) => done(violations.map(told)), (error) => done([String(error)]));
"""
CONTROLS = "#live input:not([type=checkbox]), #live select, #live textarea, #live .tools button"
VISIBLE = """
  const places = [...document.querySelectorAll(arguments[0])];
  return places.filter((place) => place.checkVisibility()).map((place) => place.outerHTML);
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The library that audits pages; npm brings it with what checks the scripts."""
    script = resources.files("bridge.report").joinpath("web", "node_modules", "axe-core", "axe.min.js")
    if not script.is_file():
        skip_or_fail("no axe-core (make lint-web installs it)")
    return script.read_text("utf-8")


def show_much(browser: Browser) -> None:
    """Something is done, and there is a second text."""
    browser.run("live.change({ edits: [{ name: 'layer0.memory', value: '0', at: null }] })")
    browser.run("live.change({ other: bytesOf('And it came to pass'), place: 12 })")
    browser.until("live.ready && document.getElementById('live-why').getAttribute('aria-busy') == 'false'")
    browser.run("document.querySelectorAll('#live details').forEach((details) => { details.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "#layer1.neurons[3]", "#nothing"])
def test_an_audit_finds_nothing(browser: Browser, page: Path, axe: str, scheme: str, address: str) -> None:
    browser.emulate(scheme=scheme)
    browser.open(page, address)
    show_much(browser)
    browser.run(axe)
    assert browser.driver.execute_async_script(AUDIT) == []


def test_a_narrow_window_is_wide_enough(browser: Browser, page: Path) -> None:
    with browser.phone():
        browser.open(page)
        show_much(browser)
        assert browser.run("return document.documentElement.scrollWidth") <= 390


def test_paper_shows_no_controls(browser: Browser, page: Path) -> None:
    browser.emulate(media="print")
    browser.open(page)
    show_much(browser)
    assert browser.run(VISIBLE, CONTROLS) == []
    assert browser.run("return document.getElementById('live-next').checkVisibility()")
