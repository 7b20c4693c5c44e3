"""Nothing outside a folder from a stranger is read or written through it, whatever it holds."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import BridgeError, InputError
from bridge.files import MAXIMAL_DEPTH, parse_json
from bridge.files.cache import Cache, key_of
from bridge.files.folder import Folder
from bridge.flow import Flow, compare, resume_flow, run_flow
from bridge.flow.repeat import repro
from bridge.flow.rerun import rerun
from bridge.flow.schema import Step
from bridge.report.subject import subject_of
from support.flows import folder_of
from support.netlists import redundant
from support.tools import real

SECRET = "of the user"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A folder that nobody may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "file").write_text(SECRET)
    return folder


def link(place: Path, canary: Path) -> None:
    place.symlink_to(canary / "file")


def dangling(place: Path, canary: Path) -> None:
    place.symlink_to(canary / "new")


def hard_link(place: Path, canary: Path) -> None:
    os.link(canary / "file", place)


def pipe(place: Path, canary: Path) -> None:
    os.mkfifo(place)


def device(place: Path, canary: Path) -> None:
    try:
        os.mknod(place, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:  # only root may
        place.symlink_to("/dev/zero")


def listening(place: Path, canary: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(place))


OTHERS = [link, dangling, hard_link, pipe, device, listening]
Put = Callable[[Path, Path], None]


@pytest.mark.parametrize("put", OTHERS)
def test_files_that_are_none(tmp_path: Path, canary: Path, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Folder(tmp_path)
    put(tmp_path / "x", canary)
    with pytest.raises(InputError, match=r"/x: is (a|an) .*") as caught:
        folder.read("x", "a thing")
    assert SECRET not in str(caught.value)
    with pytest.raises(InputError, match="/x: is a"):
        folder.check_plain()
    folder.write("x", "ours")
    assert folder.read("x", "a thing") == b"ours"
    folder.remove("x")
    folder.remove("x")
    put(tmp_path / "x", canary)
    folder.anew("x").write("y", "ours")
    assert sorted(path.name for path in canary.iterdir()) == ["file"]
    assert (canary / "file").read_text() == SECRET


def test_folders_that_are_none(tmp_path: Path, canary: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "step").symlink_to(canary)
    inner = folder.below("step")
    for use in (
        lambda: inner.read("file", "a thing"),
        lambda: inner.write("file", "ours"),
        lambda: inner.remove("file"),
        lambda: inner.touch("file"),
        lambda: inner.anew("file"),
        lambda: inner.make("file"),
        lambda: inner.listing(),
        lambda: folder.make("step").listing(),
    ):
        with pytest.raises(InputError, match="step: is a symbolic link, not a folder"):
            use()
    folder.remove("step")
    assert (canary / "file").read_text() == SECRET
    (tmp_path / "mine").symlink_to(canary)
    assert Folder(tmp_path / "mine").read("file", "a thing").decode() == SECRET, "the user's own way may be a link"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\0b", "\ud800", "a\nb", "x" * 300])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    for use in (Folder(tmp_path).below, Folder(tmp_path).anew, Folder(tmp_path).remove):
        with pytest.raises(InputError, match="is no name of a file in here"):
            use(name)


NO_JSON = ["[" * 10**6, '{"a":' * 10**5, "[" * 100 + "]" * 100, "NaN", "[-Infinity]", "1e999", "9" * 9999, "{", "\xff"]


@pytest.mark.parametrize("text", NO_JSON)
def test_json_that_is_refused(tmp_path: Path, text: str) -> None:
    Folder(tmp_path).write("x.json", text.encode("latin-1"))
    with pytest.raises(InputError, match=r"x\.json: is not JSON: .{3,200}$"):
        Folder(tmp_path).read_json("x.json", "a record", 1 << 20)
    with pytest.raises(ValueError, match=r"."):
        parse_json(text.encode("latin-1"))
    assert parse_json("[" * MAXIMAL_DEPTH + "]" * MAXIMAL_DEPTH)


def test_the_cache_stays_in_its_folder(tmp_path: Path, canary: Path) -> None:
    cache, key = Cache(tmp_path / "cache"), key_of("a")
    cache.put(key, b"data")
    assert cache.get(key) == b"data"
    place = tmp_path / "cache" / "v1" / key[:2]
    for put in (link, dangling, hard_link, pipe, device):
        (place / key).unlink()
        put(place / key, canary)
        assert cache.get(key) is None
        cache.put(key, b"data")
        assert cache.get(key) == b"data"
    shutil.rmtree(place)
    (canary / key).write_text(SECRET)
    place.symlink_to(canary)
    cache.put(key, b"data")
    assert cache.get(key) is None
    cache.clear()
    assert cache.usage().entries == 0
    assert (canary / key).read_text() == (canary / "file").read_text() == SECRET


# A run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    real("abc")
    flow = Flow(name="two", steps=(Step(abc=("dc2",)), Step(abc=("rewrite -z",), scope="block")))
    return folder_of(run_flow(redundant(), flow, tmp_path_factory.mktemp("made"), cached=False))


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


READERS: dict[str, Callable[[Path], object]] = {
    "diff": compare,
    "report": lambda run: subject_of([run]),
    "repro": repro,
    "resume": resume_flow,
}


def failure(read: Callable[[Path], object], run: Path) -> str:
    """The sentence, if it fails."""
    try:
        read(run)
    except BridgeError as error:
        return str(error)
    return ""


ENTRIES = ["run.json", "input.aig", "result.aig", "01-abc/netlist.aig", "02-abc/metrics.json"]
LEADING = [*((link, name) for name in ENTRIES), *((put, "result.aig") for put in (dangling, hard_link, pipe, device))]


@pytest.mark.parametrize(("put", "name"), LEADING)
def test_entries_of_a_run_lead_nowhere(run: Path, canary: Path, put: Put, name: str) -> None:
    (run / name).unlink()
    put(run / name, canary)
    for what, read in READERS.items():
        if what == "repro" and name.endswith("metrics.json"):
            continue  # it does not look at them
        said = failure(read, run)
        assert f"{name}: is a" in said or what == "resume" or name.endswith("metrics.json")
        assert SECRET not in said
    assert {path.name: path.read_text() for path in canary.iterdir()} == {"file": SECRET}


def test_a_link_for_a_step_is_not_followed(run: Path, canary: Path) -> None:
    """As a whole, and as the block of a step; whoever goes on with the run makes it anew."""
    shutil.copytree(run / "01-abc", canary / "step")
    before = {path: path.read_bytes() for path in canary.rglob("*") if path.is_file()}
    wanted = (run / "result.aig").read_bytes()
    shutil.rmtree(run / "01-abc")
    (run / "01-abc").symlink_to(canary / "step")
    block = next((run / "02-abc").glob("00-*"))
    shutil.rmtree(block)
    block.symlink_to(canary / "step")
    for step in (run / "01-abc", block):
        with pytest.raises(InputError, match="is a symbolic link, not a folder"):
            rerun(step)
    for read in (compare, repro, lambda run: subject_of([run])):
        with pytest.raises(InputError, match="is a symbolic link, not a folder"):
            read(run)
    resume_flow(run)
    assert not (run / "01-abc").is_symlink()
    assert (run / "result.aig").read_bytes() == wanted
    assert {path: path.read_bytes() for path in canary.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["/etc", "..", "../outside", "01-abc/../../outside", "", 7, None])
def test_names_in_a_record_stay_inside(run: Path, name: object) -> None:
    for record in ("run.json", "01-abc/metrics.json", "01-abc/step.json"):
        facts = json.loads((run / record).read_text())
        if "steps" in facts:
            facts["steps"][0]["folder"] = name
        else:
            facts |= {"folder": name, "before": name}
        (run / record).write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"run\.json: the record is damaged"):
        compare(run)
    if name:
        with pytest.raises(InputError, match=r"step\.json: does not describe a step"):
            rerun(run / "01-abc")


# Changed since


@pytest.mark.parametrize("name", ["input.aig", "result.aig", "01-abc/netlist.aig", "02-abc/netlist.aig"])
def test_whoever_reads_a_run_sees_what_was_changed(run: Path, name: str) -> None:
    other = run / ("input.aig" if name != "input.aig" else "result.aig")
    (run / name).write_bytes(other.read_bytes())
    for what in ("diff", "report", "repro"):
        with pytest.raises(InputError, match=rf"{name}: was changed after the run"):
            READERS[what](run)


def test_a_forbidden_command_in_a_record_is_one_sentence(run: Path) -> None:
    for name in ("run.json", "01-abc/step.json"):
        place = run / name
        place.write_text(place.read_text().replace('"dc2"', '"!touch pwned"'))
    for read in (compare, resume_flow, repro, lambda run: rerun(run / "01-abc")):
        with pytest.raises(InputError, match="!touch pwned") as caught:
            read(run)
        assert "pydantic" not in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


def test_no_two_steps_of_a_record_share_a_folder(run: Path) -> None:
    facts = json.loads((run / "run.json").read_text())
    facts["steps"] += facts["steps"][:1]
    (run / "run.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"run\.json: the record is damaged: .*two steps have the same folder"):
        compare(run)


SIZES = [("input",), ("result",), ("steps", 0), ("steps", 1)]


@pytest.mark.parametrize("place", SIZES)
@pytest.mark.parametrize("key", ["ands", "levels", "latches"])
def test_a_record_tells_the_sizes_of_its_netlists(run: Path, place: tuple[str | int, ...], key: str) -> None:
    facts = json.loads((run / "run.json").read_text())
    counts = facts
    for step in place:
        counts = counts[step]
    counts[key] += 1
    (run / "run.json").write_text(json.dumps(facts))
    for what in ("diff", "report", "repro"):
        with pytest.raises(InputError, match=r"run\.json: was changed after the run: it says that .* ANDs, .* not "):
            READERS[what](run)


@pytest.mark.parametrize("value", ["nan", "inf", "0.5", -1, True, None, [1], 1 << 1100])
def test_a_record_holds_only_times_that_were_measured(run: Path, value: object) -> None:
    original = (run / "run.json").read_text()
    for way in (("steps", 0, "seconds"), ("steps", 0, "proof", "seconds"), ("verdict", "seconds")):
        facts = json.loads(original)
        *places, last = way
        holder = facts
        for place in places:
            holder = holder[place]
        holder[last] = value
        (run / "run.json").write_text(json.dumps(facts))
        with pytest.raises(InputError, match=r"run\.json: the record is damaged"):
            compare(run)


def test_a_step_that_was_changed_is_not_run_again(run: Path) -> None:
    step, block = run / "01-abc", next((run / "02-abc").glob("00-*"))
    assert rerun(step).failure == rerun(block).failure == ""
    for place in (step, block):
        shutil.copy(run / "result.aig", place / "in.aig")
        with pytest.raises(InputError, match=r"in\.aig: was changed after the run"):
            rerun(place)
    (step / "in.aig").unlink()
    assert rerun(step).failure == "", "it is made of the netlist before"
    shutil.copy(run / "result.aig", run / "input.aig")
    with pytest.raises(InputError, match=r"input\.aig: was changed after the run"):
        rerun(step)


def test_what_a_record_says_reaches_no_terminal(run: Path) -> None:
    facts = json.loads((run / "run.json").read_text()) | {
        "state": "failed",
        "failure": "a\x1b[2J",
        "removed": "b\x1b]0;",
    }
    facts["steps"][0] |= {"label": "c\x1b[31m\u202e", "failure": "d\x07\n"}
    (run / "run.json").write_text(json.dumps(facts))
    table = compare(run)
    said = [str(table), *table.notes, *table.removals, *(row.label for row in table.rows)]
    assert all(line.isprintable() for text in said for line in text.split("\n"))


def test_a_run_without_an_end_says_so(run: Path) -> None:
    assert compare(run).notes == ()
    facts = json.loads((run / "run.json").read_text())
    for state, words in (("running", "was interrupted: 2 steps so far"), ("failed", "failed: a reason")):
        (run / "run.json").write_text(json.dumps(facts | {"state": state, "failure": "a reason"}))
        table = compare(run)
        assert words in table.notes[0]
        assert table.rows[-1].label == f"result ({'interrupted' if state == 'running' else state})"
        assert subject_of([run]).runs[0].state != "done"
    (run / "run.json").write_text(json.dumps(facts | {"state": "on its way"}))
    with pytest.raises(InputError, match="a run is not 'on its way'"):
        compare(run)
