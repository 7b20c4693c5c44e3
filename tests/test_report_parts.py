"""A part of the page is a file: found in its folder, it computes, shows, carries data, and is forgiven its errors."""

from __future__ import annotations

import base64
import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import lower
from bridge.report import parts, write_report
from support.cells import random_cell

LETTERS = '''
from bridge.errors import InputError
from bridge.printable import Listener, Progress
from bridge.report.part import Page, Part, Task

def count_letters(text: bytes) -> int:
    """How many letters there are."""
    if not text.isascii():
        raise InputError("these are no letters")
    return sum(map(str.isalpha, text.decode()))

def count(page: Page, progress: Listener) -> None:
    page.found.more["letters"] = count_letters(page.text.data)
    progress(Progress(1.0))

def facts(page: Page):
    return {"count": page.found.more["letters"]} if "letters" in page.found.more else None

PART = Part(
    "letters",
    "Letters",
    order=55,
    tasks=(Task("letters", count, needs="a text"),),
    facts=facts,
    data=lambda page: {"letters": page.found.more.get("letters")},
    claims=lambda page: [{"what": "The number of letters", "status": "measured", "how": "by counting <them>"}],
    records=lambda page, book, records: records[book.names[0]]["notes"].append(["It is <a> letter."]),
    script='starts.push((data) => { document.title = "letters"; });',
)
'''


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a part that is looked into, too."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "letters.py").write_text(LETTERS)
    (folder / "letters.html").write_text("  <p>{{ letters.count }} letters {{ status('measured') }}</p>\n")
    monkeypatch.setattr(parts, "__path__", [*parts.__path__, str(folder)])
    yield folder
    sys.modules.pop(f"{parts.__name__}.letters", None)


def page_of(tmp_path: Path, text: bytes) -> str:
    cell = random_cell(3)
    (tmp_path / "text.txt").write_bytes(text)
    write_report([cell, lower(cell)], tmp_path / "page.html", text=str(tmp_path / "text.txt"), quick=True)
    return (tmp_path / "page.html").read_text()


def data_of(page: str) -> dict[str, object]:
    packed = re.findall(r'id="packed-data">([^<]*)<', page)[0]
    data: dict[str, object] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return data


def section(page: str, name: str) -> str:
    return page.split(f'<section id="{name}"')[1].split("</section>")[0]


@pytest.mark.heavy
def test_a_part_is_two_files(letters: Path, tmp_path: Path) -> None:
    page = page_of(tmp_path, b"abc de, " * 40)
    shown = section(page, "letters")
    assert '<h2 id="letters-title">Letters</h2>' in shown
    assert '<p>200 letters <span class="status plain">measured</span></p>' in shown
    assert '<li><a href="#letters">Letters</a></li>' in page
    ids = re.findall(r'<section id="(\w+)"', page)
    expected = ["gates", "memory", "trivial", "affects", "features", "letters", "text", "signals", "proofs"]
    assert [name for name in ids if name in expected] == expected
    assert "by counting &lt;them&gt;" in section(page, "proofs")
    assert page.index('document.title = "letters"') < page.index("\nstart();")
    data = data_of(page)
    assert data["letters"] == 200
    assert ["It is <a> letter."] in data["records"][0]["notes"]  # type: ignore[index]


@pytest.mark.heavy
def test_why_a_part_is_left_out_stands_in_its_place(letters: Path, tmp_path: Path) -> None:
    page = page_of(tmp_path, "Ä".encode() * 40)
    assert '<p class="missing">Left out: these are no letters.</p>' in section(page, "letters")
    write_report([lower(random_cell(3))], tmp_path / "page.html", quick=True)
    assert "name one with --text" in section((tmp_path / "page.html").read_text(), "letters")


@pytest.mark.heavy
def test_without_it_nobody_misses_it(tmp_path: Path) -> None:
    page = page_of(tmp_path, b"abc de, " * 40)
    assert "letters" not in re.findall(r'<section id="(\w+)"', page)
    assert "letters" not in data_of(page)


def test_parts_have_names_and_orders_of_their_own() -> None:
    found = parts.all_parts()
    assert len({part.name for part in found}) == len({part.order for part in found}) == len(found)
    assert all(part.template for part in found)
    orders = [task.order for part in found for task in part.tasks]
    assert len(set(orders)) == len(orders)
