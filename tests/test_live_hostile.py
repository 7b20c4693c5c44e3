"""Names, texts and addresses from strangers do nothing in the part that runs, and break nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell, Embedding, Logits, Threshold, fill_unseen
from bridge.report import write_report
from support.browser import Browser

pytestmark = pytest.mark.heavy

MARKUP = "<img src=x onerror='window.hacked = 1'>"
NAMES = (
    MARKUP,
    "</script><script>window.hacked = 1</script>",
    '" onmouseover="window.hacked = 1',
    "__proto__",
    "constructor[0]",
    "toString[1].0",
    "a\u202eb\u0000c[3]",
    "state.",
    "x=y@3=1",
    "live?do=1",
    "javascript:window.hacked=1",
)
ADDRESSES = (
    f"live?text={quote(MARKUP)}&do={quote(MARKUP)}=1&pin={quote(MARKUP)}&at=3",
    "live?text=%ff%fe%00%e2%80%ae&other=%00%01%02&at=99999999999999999999",
    "live?%%%=%%&text=%E0%A4%A&do=%",
    "live?do=__proto__=1&do=constructor=flip&pin=__proto__&pin=toString&pin=constructor[0]",
    "live?text=a&text=b&at=1&at=2&do=&do==&do=%3D&pin=&rows=__proto__",
    f"live?rows={'1,' * 5000}&at=5",
    f"live?do={'a' * 5000}[{'9' * 5000}]=1&do=[[[[[[{'[' * 5000}=0",
    f"live?pin={'p' * 5000}" + "".join(f"&pin=q{at}" for at in range(400)),
    "live?textz=" + "A" * 5000,
    "live?" + "&" * 20000,
    "live?hash=javascript:window.hacked=1#live?do=emb=1",
    "live?text=abc&do=emb@4294967296=1&do=emb=1e5&do=emb=0x1&do=emb=NaN&do=emb=-0",
)


def netlist() -> Aig:
    """Inputs, latches, points and outputs of such names."""
    builder = AigBuilder(MARKUP)
    inputs = [builder.input(name) for name in NAMES[:4]]
    latches = [builder.latch(name) for name in NAMES[4:7]]
    for name, one, other in zip(NAMES[7:9], inputs, latches, strict=False):
        builder.point(name, builder.and_(one, other))
    for latch, literal in zip(latches, inputs, strict=False):
        builder.set_next(latch, builder.xor(latch, literal))
    for name, one, other in zip(NAMES[9:], inputs[1:], latches[1:], strict=False):
        builder.output(name, builder.xor(one, other))
    return builder.build()


def text_model() -> Cell:
    """A cell with blocks named like what every object of a script has, and a title of markup."""
    rng = np.random.default_rng(3)
    symbols = bytes(sorted(b"<>&'\"= abc"))
    blocks = (
        Embedding("emb", fill_unseen(rng.integers(0, 2, (len(symbols), 4)), symbols)),
        Threshold("constructor", ("emb",), rng.integers(-1, 2, (5, 4)).astype(np.int8), np.zeros(5, np.int32)),
        Logits(
            "logit",
            ("emb", "constructor"),
            rng.integers(-3, 4, (len(symbols), 9)),
            np.zeros(len(symbols), int),
            0.5,
            symbols,
        ),
    )
    return Cell(tuple(blocks), MARKUP)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, model in (("netlist", netlist()), ("text", text_model())):
        found[name] = folder / f"{name}.html"
        write_report([model], found[name], quick=True)
    return found


def unharmed(browser: Browser) -> None:
    assert browser.run("return window.hacked") is None
    assert browser.run("return document.querySelectorAll('img').length") == 0
    assert browser.run("return document.querySelectorAll('script:not([type])').length") == 1
    assert browser.run("return ({}).polluted") is None


@pytest.mark.parametrize("which", ["netlist", "text"])
def test_addresses_do_nothing(browser: Browser, pages: dict[str, Path], which: str) -> None:
    for at, address in enumerate(ADDRESSES):
        if at < 3:
            browser.open(pages[which], f"#{address}")
        else:
            browser.run("live.past.length = 0; location.hash = arguments[0]", address)
        browser.until("window.live?.ready && live.past.length > 0")
        browser.run("return new Promise(requestAnimationFrame)")
        unharmed(browser)
        assert browser.run("return live.view.pins.length") <= 256, address[:60]
        assert browser.run("return live.view.edits.length") <= 64
        said = browser.text("#live-error")
        assert len(said) < 2000


def test_names_do_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["netlist"], "#live")
    browser.until("window.live?.ready")
    names = browser.run("return live.facts.bits")
    assert set(names) == set(NAMES)
    for name in names:
        browser.run(
            "document.getElementById('live-state').append(element('button', { 'data-signal': arguments[0] }, 'it'));"
            "document.querySelector('#live-state > button:last-child').click();",
            name,
        )
        assert browser.run("return document.querySelector('#live-menu [role=menu]').ariaLabel") == name
        assert browser.run("return document.querySelectorAll('#live-menu [role^=menuitem]').length") >= 4
        browser.run("document.querySelector('#live-menu [role=menuitem]').click()")
        browser.until("live.ready")
        assert browser.run("return live.done.at(-1).name") == name
    browser.until("location.hash.startsWith('#live?')")
    address = browser.run("return location.hash")
    edits = browser.run("return live.view.edits.map(editText)")
    unharmed(browser)
    browser.open(pages["netlist"], address)
    browser.until("live.past.length > 0")
    assert browser.run("return live.view.edits.map(editText)") == edits, "all of them can be told"


def test_texts_do_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"], "#live")
    texts = [MARKUP, "</textarea>" + MARKUP, "\u202e\u0000\ufeff\u2028", "\U0001f600" * 40, "a" * 3000]
    for text in texts:
        for key in ("text", "other"):
            browser.run(f"live.change({{ {key}: bytesOf(arguments[0]), place: 5 }})", text)
        browser.until("live.ready")
        browser.run("return new Promise(requestAnimationFrame)")
        unharmed(browser)
        shown = "document.getElementById('live-other').value === shownText(live.view.other).shown"
        assert browser.run(f"return {shown}")
    browser.run("document.getElementById('live-do').value = arguments[0]", f"{MARKUP}[2]=1")
    browser.run("document.querySelector('form.do button').click()")
    assert browser.run("return live.view.edits.map(editText)") == [], "the name ends at the first ="
    assert "no signal" in browser.text("#live-do-said")
    unharmed(browser)
