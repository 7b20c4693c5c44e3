"""Models and addresses at the ends of what the page that runs is for: none, very many, no characters."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bridge import write_report
from bridge.aig import Aig, AigBuilder
from support.browser import Browser
from support.command_line import Call

pytestmark = pytest.mark.heavy

NO_UTF8 = b"aag 1 1 0 1 0\n2\n2\ni0 a\xff\xedb\no0 o\n"


def counter(bits: int) -> Aig:
    """Without inputs."""
    builder = AigBuilder("counter")
    latches = [builder.latch(f"count[{place}]") for place in range(bits)]
    carry = 1
    for latch in latches:
        builder.set_next(latch, builder.xor(latch, carry))
        carry = builder.and_(latch, carry)
    builder.output("over", carry)
    return builder.build()


def ring(bits: int) -> Aig:
    builder = AigBuilder("ring")
    latches = [builder.latch(f"ring[{place}]", reset=int(not place)) for place in range(bits)]
    for place, latch in enumerate(latches):
        builder.set_next(latch, latches[place - 1])
    builder.output("end", latches[-1])
    return builder.build()


def test_names_that_are_no_characters_have_pages(browser: Browser, call: Call, tmp_path: Path) -> None:
    netlist, page = tmp_path / "odd.aag", tmp_path / "odd.html"
    netlist.write_bytes(NO_UTF8)
    assert call("report", str(netlist), "-o", str(page), "--live-only").code == 0
    browser.open(page, "#live")
    link = "document.querySelector('#live-diagram a').getAttribute('href')"
    assert "%EF%BF%BD" in browser.run(f"return {link}"), "the sign for what is no character"
    browser.run("location.hash = addressOf(live.facts.bits[0])")
    browser.until("!document.getElementById('signal').hidden")
    assert browser.text("#trouble") == browser.text("#unknown") == ""


def test_steps_without_inputs_are_told(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "counter.html"
    write_report([counter(3)], page, live_only=True)
    browser.open(page, "#live")
    browser.run("live.change({ steps: Array(5).fill([]), place: 5 }, true)")
    address = browser.until("location.hash.startsWith('#live?') && location.hash")
    browser.open(page, address)
    browser.until("live.past.length && live.ready")
    assert browser.run("return live.view.steps.length") == 5
    assert browser.run("return valueOf(signalsOf(live, 'count[2]')[0], live.moment.bits)") == 1, "4 is 100"


def test_an_address_cannot_tell_of_many_steps_or_changes(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "ring.html"
    write_report([ring(3000)], page, live_only=True)
    for address in (f"live?rows={';' * 60000}", "live?" + "&".join(f"do=ring@{at}=flip" for at in range(9000))):
        browser.open(page, f"#{address}")
        browser.until("live.past.length && live.ready")
        assert browser.run("return live.view.steps.length") == 1
        assert browser.run("return live.view.edits.length") <= 64
        assert "Not all that the address says" in browser.text("#live-error")
        assert browser.run("return document.querySelectorAll('*').length") < 20_000


def test_the_command_is_told_only_where_one_command_writes_it(browser: Browser, page: Path) -> None:
    browser.open(page, "#live")
    browser.until("live.ready")
    once = "[...document.querySelectorAll('.writing button')].at(-1).click()"
    go = "document.querySelector('.writing .go').click()"
    said = "document.querySelector('#live-text > .count').textContent"
    browser.run(f"live.change({{ place: 9 }}); {once}; {go}; {go}")
    assert "aigbridge generate" in browser.run(f"return {said}")
    browser.run(f"{go}; live.change({{ edits: [parseEdit(live, 'layer1.neurons=0')] }}, true)")
    length = browser.run("return live.view.text.length")
    browser.until(f"live.view.text.length > {length}")
    browser.run(f"live.undo(); {go}")
    assert "written" in browser.run(f"return {said}")
    assert "aigbridge generate" not in browser.run(f"return {said}"), "some of it was written with the neurons held"


@pytest.mark.parametrize("text", [b"-v begins with a dash", b"100 %s \\n 'quoted' \x01\xff"])
def test_the_command_makes_the_file_of_any_text(browser: Browser, page: Path, tmp_path: Path, text: bytes) -> None:
    browser.open(page, "#live")
    browser.run("live.change({ text: Uint8Array.from(arguments[0]), place: 0 })", list(text))
    first = browser.run("return commandOf(live).split('\\naigbridge')[0]")
    subprocess.run(["bash", "-c", first], cwd=tmp_path, check=True, timeout=10)
    assert (tmp_path / "text.txt").read_bytes() == text
