"""Tools side by side: the first decisive one ends the others, and so does Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.equivalence.contest import head_start_of
from bridge.toolchain import ToolRunError, run_tool
from bridge.toolchain.process import forget_threads, interrupt_threads
from bridge.toolchain.race import race
from support.fakes import fake_abc
from support.processes import ended

SLEEP = "open('pid', 'w').write(str(os.getpid())); time.sleep(60)"


def tool_that(folder: Path, name: str, body: str) -> Callable[[], str]:
    place = folder / name
    place.mkdir()
    abc = fake_abc(place, body)

    def work() -> str:
        try:
            return run_tool(abc, ["x"], {}, step="x", folder=place).log.strip()
        except ToolRunError as error:
            return error.fault

    return work


def process_of(folder: Path) -> int:
    for _ in range(500):
        text = (folder / "pid").read_text() if (folder / "pid").is_file() else ""
        if text:
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"nothing was started in {folder}")


def test_the_first_answer_ends_the_others(tmp_path: Path) -> None:
    slow = tool_that(tmp_path, "slow", SLEEP)
    started = str(tmp_path / "slow/pid")
    wait = f"for _ in range(3000):\n    if os.path.isfile({started!r}): break\n    time.sleep(0.02)\nprint('yes')"
    found = race([slow, tool_that(tmp_path, "quick", wait)], lambda said: said == "yes", at_a_time=2)
    assert found == ["yes"]
    assert ended(process_of(tmp_path / "slow"))


def test_without_an_answer_all_are_asked_in_turn() -> None:
    most, running, lock = 0, 0, threading.Lock()

    def work(number: int) -> int:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return number

    works = [lambda number=number: work(number) for number in range(7)]
    assert race(works, lambda _: False, at_a_time=2) == list(range(7))
    assert most == 2
    assert race([], lambda _: True, at_a_time=2) == []


def test_the_head_start_ends_with_the_first() -> None:
    started: list[int] = []

    def work(number: int) -> int:
        started.append(number)
        return number

    works = [lambda number=number: work(number) for number in range(3)]
    assert race(works, lambda number: number == 0, at_a_time=3, head_start=30.0) == [0]
    assert started == [0]
    began = time.monotonic()
    assert 2 in race(works, lambda number: number == 2, at_a_time=3, head_start=30.0)
    assert time.monotonic() - began < 20.0


def test_late_beginners_wait_until_fewer_than_two_are_left() -> None:
    """As long as those before them may be by themselves, here for longer than the test."""
    begun, ends = ([threading.Event() for _ in range(4)] for _ in range(2))
    seen: list[bool] = []

    def work(number: int) -> int:
        begun[number].set()
        assert ends[number].wait(20.0)
        return number

    def let_end() -> None:
        ends[0].set()
        assert begun[1].wait(20.0)
        assert begun[2].wait(20.0)
        seen.append(begun[3].wait(0.3))
        ends[1].set()
        assert begun[3].wait(20.0)
        ends[2].set()
        ends[3].set()

    thread = threading.Thread(target=let_end)
    thread.start()
    works = [lambda number=number: work(number) for number in range(4)]
    assert race(works, lambda _: False, at_a_time=3, head_start=100.0) == [0, 1, 2, 3]
    thread.join()
    assert seen == [False]


def test_an_error_is_raised_and_ends_the_others(tmp_path: Path) -> None:
    def broken() -> str:
        process_of(tmp_path / "slow")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        race([tool_that(tmp_path, "slow", SLEEP), broken], lambda _: False, at_a_time=2)
    assert ended(process_of(tmp_path / "slow"))


def test_an_interrupted_thread_ends_its_race(tmp_path: Path) -> None:
    """As Ctrl-C does for the alternatives of a flow."""
    seen: list[BaseException] = []

    def run() -> None:
        try:
            race([tool_that(tmp_path, "slow", SLEEP)], lambda _: False, at_a_time=1)
        except KeyboardInterrupt as interrupt:
            seen.append(interrupt)

    thread = threading.Thread(target=run)
    thread.start()
    process = process_of(tmp_path / "slow")
    threads = {thread.ident or 0}
    interrupt_threads(threads)
    thread.join(20.0)
    forget_threads(threads)
    assert seen
    assert ended(process)


@pytest.mark.parametrize(
    ("nodes", "seconds", "alone"),
    [(0, 300.0, 1.5), (800_000, 300.0, 11.5), (4_000_000, 40.0, 10.0), (4_000_000, 1.0, 1.5)],
)
def test_large_netlists_leave_most_of_the_seconds_to_other_engines(nodes: int, seconds: float, alone: float) -> None:
    assert head_start_of(nodes, seconds) == alone
