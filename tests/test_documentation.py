"""The site of the documentation builds strictly, tells all that the program has, and fetches nothing from outside."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import bridge
from bridge.cli.app import COMMANDS
from bridge.flow.allowed import allowed
from bridge.flow.schema import Flow, Step
from support.repository import said_by
from support.tools import skip_or_fail

pytestmark = pytest.mark.heavy
ROOT = Path(bridge.__file__).parents[1]
DOCS = ROOT / "docs"
CONFIG = (ROOT / "mkdocs.yml").read_text()
# What a browser fetches by itself: not a link that a reader may follow.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "srcset"}


class Fetched(HTMLParser):
    """The addresses that a page has a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag in FETCHED and facts.get("rel") != "canonical":
            self.found.append(facts.get(FETCHED[tag]) or "")


def need(*packages: str) -> None:
    for package in packages:
        if importlib.util.find_spec(package) is None:
            skip_or_fail(f"{package} is not installed")


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    need("mkdocs", "material", "mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("nbconvert")
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    (folder / "bridge").symlink_to(ROOT / "bridge")
    said_by("documentation.py", str(folder / "build" / "docs"))
    return folder


def test_the_site_is_whole_and_fetches_nothing(laid_out: Path) -> None:
    built = build(laid_out)
    assert built.returncode == 0, built.stderr[-3000:]
    site = laid_out / "build" / "site"
    names = re.findall(r'id="bridge\.[\w.]*?(\w+)"', (site / "docs" / "python.html").read_text())
    assert set(bridge.__all__) <= set(names)
    for page in site.rglob("*.html"):
        parser = Fetched()
        parser.feed(page.read_text())
        assert [address for address in parser.found if "//" in address] == [], page.name
    assert not [
        sheet for sheet in site.rglob("*.css") if re.search(r"(url\(|@import)[\"' ]*(https?:)?//", sheet.read_text())
    ]


def test_broken_links_fail(laid_out: Path, tmp_path: Path) -> None:
    """On a site of two pages, by the settings of the whole."""
    (tmp_path / "mkdocs.yml").write_text(CONFIG.partition("\nnav:")[0])
    (tmp_path / "bridge").symlink_to(ROOT / "bridge")
    docs = tmp_path / "build" / "docs"
    (docs / "docs").mkdir(parents=True)
    shutil.copy(laid_out / "build" / "docs" / "docs" / "flow-schema.md", docs / "docs")
    page = "# One\n\n[there](docs/flow-schema.md) [gone](docs/gone.md) [away](docs/flow-schema.md#away)\n"
    (docs / "README.md").write_text(page)
    built = build(tmp_path)
    assert built.returncode != 0
    assert "docs/gone.md" in built.stderr
    assert "#away" in built.stderr


def test_every_page_has_a_place_in_the_navigation(laid_out: Path) -> None:
    pages = {path.relative_to(laid_out / "build" / "docs").as_posix() for path in laid_out.rglob("build/docs/**/*.md")}
    assert pages == set(re.findall(r"^ +- (?:.*: )?(\S+\.md)$", CONFIG, re.MULTILINE))


def test_the_index_groups_pages_as_the_navigation_does() -> None:
    index = re.split(r"^## (.*)$", (DOCS / "README.md").read_text(), flags=re.MULTILINE)[1:]
    told = {
        page: name
        for name, rows in zip(index[::2], index[1::2], strict=True)
        for page in re.findall(r"^\| \[.*?\]\((.*?)\)", rows, re.MULTILINE)
    }
    group, placed = "Begin", {}
    for title, page in re.findall(r"^ +- (?:(.*):|docs/(.*))$", CONFIG.partition("nav:")[2], re.MULTILINE):
        group = title or group
        placed[page] = group
    pages = {page.name for page in DOCS.glob("*.md")} - {"README.md"}
    assert {page: told[page] for page in pages} == {page: placed[page] for page in pages}


def test_commands_and_keys_are_all_told(laid_out: Path) -> None:
    docs = laid_out / "build" / "docs" / "docs"
    commands = (docs / "commands.md").read_text()
    assert [name for names in COMMANDS.values() for name in names if f"### `aigbridge {name}`\n" not in commands] == []
    assert "### `aigbridge flows commands`\n" in commands
    told = (docs / "flow-commands.md").read_text()
    assert [name for names in allowed().values() for name in names if f"| `{name}` |" not in told] == []
    keys = (docs / "flow-schema.md").read_text()
    assert [name for model in (Flow, Step) for name in model.model_fields if f"| `{name}` |" not in keys] == []


def test_what_machines_are_pointed_to_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "llms.txt").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []
