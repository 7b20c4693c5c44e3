"""The address tells what is shown: written, read back, and never trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.aig import AigBuilder
from bridge.report import write_report
from support.browser import Browser

pytestmark = pytest.mark.heavy

VIEW = """
return { text: [...live.view.text], other: live.view.other && [...live.view.other], place: live.view.place,
  pins: live.view.pins, edits: live.view.edits.map((edit) => editText(edit) + (edit.off ? " off" : "")) };
"""
SAID = "document.querySelector('#live-error .warning:not([hidden])')?.textContent"


def shown(browser: Browser, page: Path, address: str) -> dict:
    """What a page at that address shows once it has read it."""
    browser.open(page, f"#{address}")
    browser.until("live.ready")
    browser.until("live.past.length > 0")
    return browser.run(VIEW)


def moved(browser: Browser, address: str) -> dict:
    """What the open page shows once it was sent to that address."""
    before = browser.run("return live.past.length")
    browser.run("location.hash = arguments[0]", address)
    browser.until(f"live.past.length > {before} && live.ready")
    return browser.run(VIEW)


def test_what_is_shown_is_told(browser: Browser, page: Path) -> None:
    browser.open(page, "#live")
    browser.until("document.querySelector('.share input').value")
    assert browser.run("return location.hash") == "#live", "nothing was changed yet"
    browser.run("""live.change({ text: bytesOf('100% "a&b" = é\\n+#'), other: bytesOf('b'), place: 7,
      pins: ["emb[1]", "x=&"],
      edits: [parseEdit(live, "layer0.memory@3=flip"), { ...parseEdit(live, "logit.','=1"), off: true }] })""")
    browser.until("location.hash.startsWith('#live?')")
    address, view = browser.run("return location.hash.slice(1)"), browser.run(VIEW)
    assert bytes(view["text"]).decode() == '100% "a&b" = é\n+#'
    assert view["edits"] == ["layer0.memory@3=flip", "logit.','=1 off"]
    assert browser.run("return document.querySelector('.share input').value").endswith(f"#{address}")
    assert shown(browser, page, address) == view


def test_long_and_odd_texts_are_packed(browser: Browser, page: Path) -> None:
    browser.open(page, "#live")
    browser.run("live.change({ text: Uint8Array.from({ length: 6000 }, (_, at) => (at * at) % 251), place: 200 })")
    browser.until("location.hash.includes('textz=')")
    address, view = browser.run("return location.hash.slice(1)"), browser.run(VIEW)
    assert len(address) < 6000
    assert shown(browser, page, address) == view
    browser.run("live.change({ text: Uint8Array.of(239, 187, 191, 65), other: Uint8Array.of(255) })")
    browser.until("location.hash.includes('otherz=')")
    address = browser.run("return location.hash.slice(1)")
    again = shown(browser, page, address)
    assert (again["text"], again["other"]) == ([239, 187, 191, 65], [255])


def test_another_address_in_the_open_page(browser: Browser, page: Path) -> None:
    shown(browser, page, "live?text=one&at=1")
    browser.run("location.hash = 'live?text=another&at=3&do=emb=0'")
    browser.until("live.view.place == 3 && live.ready")
    assert bytes(browser.run(VIEW)["text"]) == b"another"
    browser.run("live.undo()")
    assert bytes(browser.run(VIEW)["text"]) == b"one", "it can be undone"
    browser.run("location.hash = addressOf('emb[0]')")
    browser.until("!document.getElementById('signal').hidden")
    browser.run("location.hash = 'live'")
    browser.until("location.hash.startsWith('#live?')")
    assert bytes(browser.run(VIEW)["text"]) == b"one", "it is kept while a signal is looked at"


TROUBLES = {
    "live?text=abc&do=nothing=1": "there is no signal nothing",
    "live?text=abc&do=emb": "write NAME=VALUE",
    "live?text=abc&do=emb=1&do=emb=2": "changed twice",
    "live?text=abc&at=-1": "no place",
    "live?text=abc&at=1e9": "no place",
    "live?textz=%00%ff": "is no packed text",
    "live?textz=AAAA": "is no packed text",
    "live?text=abc&otherz=****": "other text is no packed text",
    f"live?text={'a' * 70000}": "too long for this page",
    f"live?text={'a' * 400000}": "It is too long.",
    f"live?text=abc&do=emb={'9' * 30000}": "too long",
    f"live?text=abc&do=emb={'9' * 9000}": "a value is",
    f"live?text=abc{'&do=emb@1=1'.join([''] * 80)}": "changed twice",
    "live?text=abc&" + "&".join(f"do=emb@{at}=1" for at in range(70)): "More than 64",
}


def test_what_an_address_cannot_tell_is_a_sentence(browser: Browser, page: Path) -> None:
    browser.open(page, "#live")
    browser.until("live.ready")
    for address, told in TROUBLES.items():
        view = moved(browser, address)
        said = browser.until(SAID)
        assert told in said, address[:60]
        assert len(said) < 1000, "a sentence, however long the address is"
        if "text=abc" in address:
            assert bytes(view["text"]) == b"abc", "the rest is shown"


def test_rows_are_told(browser: Browser, tmp_path: Path) -> None:
    builder = AigBuilder("rows")
    one, two = builder.input("one"), builder.input("two")
    latch = builder.latch("kept")
    builder.set_next(latch, builder.xor(latch, builder.and_(one, two)))
    builder.output("out", latch)
    write_report([builder.build()], tmp_path / "page.html", live_only=True)
    browser.open(tmp_path / "page.html", "#live?rows=1,1;0,1;1,1&at=2&do=kept@1=flip")
    browser.until("live.past.length > 0 && live.ready")
    steps = "return live.view.steps.map((row) => [...row])"
    assert browser.run(steps) == [[1, 1], [0, 1], [1, 1]]
    assert browser.run("return live.moment.bits[0] !== live.unchanged.bits[0]"), "something was done in this step"
    browser.run("live.change({ place: 3 })")
    browser.until("location.hash.endsWith('at=3&do=kept%401%3Dflip')")
    for rows in ("1,1;2,0", "1", "1,1;;", "a,b", "1e1,0", f"{'1,1;' * 40000}1,1"):
        moved(browser, f"live?rows={rows}")
        assert browser.until(SAID), rows
        assert all(len(row) == 2 for row in browser.run(steps))


def test_a_small_address_cannot_unpack_to_much(browser: Browser, page: Path) -> None:
    browser.open(page, "#live")
    bomb = browser.run(
        "return streamed(new Uint8Array(3e7), new CompressionStream('deflate-raw'), 1e6).then(base64url)"
    )
    assert len(bomb) < 100_000
    shown(browser, page, f"live?textz={bomb}")
    assert "too long for this page" in browser.until(SAID)
