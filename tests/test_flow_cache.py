"""The cache: what it may answer, what it must not, and that runs share it; runs repeated byte for byte."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.files.cache import Cache, default_cache, key_of
from bridge.flow import run_flow
from bridge.flow.repeat import repro
from bridge.flow.rerun import rerun
from bridge.formats.aiger_write import format_aiger
from support.fakes import sabotage, served, use_fake
from support.flows import DC2, FLOW, folder_of
from support.netlists import multiplier, redundant, same_function, with_fault
from support.tools import real

KEY = key_of("a", "b")


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setenv("AIGBRIDGE_CACHE", str(tmp_path / "cache"))
    return Cache(tmp_path / "cache")


def entry(cache: Cache, key: str) -> Path:
    return next(cache.folder.glob(f"*/*/{key}"))


def test_keys_do_not_run_together() -> None:
    assert len({key_of("ab", "c"), key_of("a", "bc"), key_of("abc"), key_of("abc", "")}) == 4
    assert key_of("ab") == key_of(b"ab")


def test_what_was_put_is_found_and_damage_is_not(empty: Cache) -> None:
    assert empty.get(KEY) is None
    empty.put(KEY, b"data")
    assert empty.get(KEY) == b"data"
    for damaged in (b"", b"short", entry(empty, KEY).read_bytes()[:-1], entry(empty, KEY).read_bytes() + b"x"):
        entry(empty, KEY).write_bytes(damaged)
        assert empty.get(KEY) is None
    empty.put(KEY, b"data")
    assert empty.get(KEY) == b"data"


def test_the_oldest_are_thrown_away(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=1000)
    keys = [key_of(str(index)) for index in range(10)]
    for age, key in enumerate(keys):
        cache.put(key, b"x" * 68)
        os.utime(entry(cache, key), (age, age))
    cache.trim()
    assert cache.usage().entries == 10
    assert cache.get(keys[0])
    cache.put(key_of("large"), b"x" * 300)
    cache.trim()
    assert cache.usage().bytes <= 800
    assert cache.get(keys[0])
    assert cache.get(keys[1]) is None
    cache.clear()
    assert cache.usage().entries == 0


def test_an_unusable_folder_is_an_empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file")
    cache.put(KEY, b"data")
    assert cache.get(KEY) is None
    assert cache.usage().entries == 0
    monkeypatch.setenv("AIGBRIDGE_CACHE", str(tmp_path / "file"))
    real("abc")
    assert run_flow(redundant(), DC2).verdict.answer == "equivalent"


def test_the_place_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_cache() == Cache(tmp_path / "cache")
    monkeypatch.delenv("AIGBRIDGE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == Cache(tmp_path / "aigbridge")


def test_a_second_run_starts_no_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_flow(redundant(), FLOW, tmp_path / "runs")
    assert not any(step.cached for step in first.steps)
    monkeypatch.setattr("bridge.flow.memo.rewrite", None)
    monkeypatch.setattr("bridge.flow.memo.check_equivalence", None)
    second = run_flow(redundant(), FLOW, tmp_path / "runs")
    assert all(step.cached for step in second.steps)
    assert second.verdict.answer == "equivalent"
    assert "cached" in second.verdict.method
    results = [(folder_of(run) / "result.aig").read_bytes() for run in (first, second)]
    assert results[0] == results[1]
    assert "taken from the cache" in (folder_of(second) / "02-abc" / "log.txt").read_text()
    again = rerun(folder_of(second) / "02-abc")
    assert again.verdict is not None
    assert again.verdict.answer == "equivalent"


def test_what_makes_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_flow(redundant(), DC2)
    assert run_flow(redundant(), DC2).steps[0].cached
    assert not run_flow(redundant(), DC2, cached=False).steps[0].cached
    assert not run_flow(redundant(8), DC2).steps[0].cached
    sabotage(monkeypatch, tmp_path, "os.abort()")  # another binary
    assert not run_flow(redundant(), DC2).steps[0].cached


def test_only_proofs_of_these_bytes_are_believed(tmp_path: Path, empty: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached step that someone replaced by a wrong netlist is proven again, and found out."""
    aig = redundant()
    run_flow(aig, DC2, tmp_path / "a")
    steps = [path for path in empty.folder.glob("*/*/*") if path.read_bytes()[32:].startswith(b"aig ")]
    assert len(steps) == 1
    empty.put(steps[0].name, format_aiger(with_fault(aig, len(aig.ands) - 1)))
    flow = FLOW.model_copy(update={"steps": (*DC2.steps, *FLOW.steps[1:])})
    result = run_flow(aig, flow, tmp_path / "b")
    assert result.steps[0].cached
    assert "changed the function" in result.steps[0].failure
    assert same_function(aig, result.aig)


@pytest.mark.usefixtures("without_algebra")
def test_undecided_is_not_remembered(tmp_path: Path, empty: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    aig = multiplier(4, False)
    smaller = run_flow(aig, "compress2rs").aig
    use_fake(monkeypatch, tmp_path, served(tmp_path, smaller))
    for _ in range(2):
        assert run_flow(aig, DC2).verdict.answer == "undecided"


@pytest.mark.heavy
def test_runs_share_the_cache(tmp_path: Path) -> None:
    real("abc")
    results = []
    threads = [threading.Thread(target=lambda: results.append(run_flow(redundant(), FLOW, tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({result.folder for result in results}) == 4
    assert all(np.array_equal(result.aig.ands, results[0].aig.ands) for result in results)


@pytest.mark.heavy
def test_a_run_is_repeated_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    folder = folder_of(run_flow(redundant(), FLOW, tmp_path))
    again = repro(folder)
    assert (again.same, again.reason) == (True, "")
    assert not any(step.cached for step in again.result.steps)
    assert json.loads((folder / "run.json").read_text())["reproducible"] is True
    sabotage(monkeypatch, tmp_path, "os.link('in.aig', 'out.aig')")
    other = repro(folder)
    assert not other.same
    assert "step 2 (abc: balance; resub -K 6; balance) made another netlist" in other.reason
    assert "abc is another program than then" in other.reason


def test_only_finished_and_untouched_runs_are_repeated(tmp_path: Path) -> None:
    real("abc")
    folder = folder_of(run_flow(redundant(), DC2, tmp_path))
    record = (folder / "run.json").read_text()
    for old, new, message in (
        ('"state": "done"', '"state": "running"', "the run is interrupted"),
        ('"state"', '"estate"', "the record is damaged"),
        ('"dc2"', '"!ls"', "the record is damaged"),
    ):
        (folder / "run.json").write_text(record.replace(old, new))
        with pytest.raises(InputError, match=message):
            repro(folder)
    (folder / "run.json").write_text(record)
    (folder / "input.aig").write_bytes((folder / "result.aig").read_bytes())
    with pytest.raises(InputError, match="was changed after the run"):
        repro(folder)
