"""Fixtures for everyone, and the two switches: CI=true turns skips for missing things into failures."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from bridge import Cell, cli, write_report
from bridge.equivalence.engines import Claim
from bridge.formats import write_netlist
from bridge.lowering import lower
from support import commands
from support.browser import Browser, chromium
from support.cells import random_cell
from support.command_line import Call, Called
from support.texts import VERSE
from support.tools import skip_or_fail

settings.register_profile("aigbridge", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("aigbridge")

# A shell that starts something with & makes it ignore Ctrl-C, and all that it starts; here Ctrl-C is tested.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the most that takes long come first: workers get files in this order, and none should be left with a
    long one at the end."""
    long = Counter(item.path for item in items if item.get_closest_marker("heavy") or item.get_closest_marker("slow"))
    items.sort(key=lambda item: -long[item.path])


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither see nor fill the cache of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIGBRIDGE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(gc, "freeze", lambda: None)  # for a process of one command: this one has met many libraries
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the checkout (or AIGBRIDGE_SHARED)."""
    folder = Path(os.environ.get("AIGBRIDGE_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        skip_or_fail(f"no shared data at {folder}")
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Called:
        monkeypatch.setattr(sys, "argv", ["aigbridge", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Called(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def aigbridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The command, as a function of bash."""
    with commands.offered(tmp_path_factory.mktemp("commands")) as function:
        yield function


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    path = tmp_path / "cell.safetensors"
    random_cell(3).save(str(path))
    return path


@pytest.fixture
def netlist(tmp_path: Path) -> Path:
    path = tmp_path / "plain.aig"
    write_netlist(lower(random_cell(3)), path)
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(VERSE)
    return path


@pytest.fixture(scope="session")
def tiny() -> Cell:
    return Cell.load("tiny")


@pytest.fixture(scope="session")
def page(tiny: Cell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One page for all who want a text model that runs; nobody writes into it."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_report([tiny], path, live_only=True)
    return path


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """One browser for all pages."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def browser(driver: Any) -> Iterator[Browser]:
    """Whatever a test does, the page must not complain."""
    found = Browser(driver)
    found.emulate()
    yield found
    assert found.complaints() == []


@pytest.fixture
def without_algebra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products are hard pairs for SAT again, and what is rare is hard to see."""
    monkeypatch.setattr("bridge.equivalence.contest.by_ourselves", lambda *_: Claim("undecided"))
