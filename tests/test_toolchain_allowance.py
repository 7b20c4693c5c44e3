"""Limits count work: a busy machine gives as much of it as an idle one, and who does nothing is ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridge.equivalence.clock import Clock
from bridge.toolchain import Limits, ToolRunError, allowance, run_tool
from bridge.toolchain.allowance import Allowance
from bridge.toolchain.process import OutOfTime
from support.fakes import fake_abc

# Half of the time it waits, as on a processor that another one uses, too.
HALF = """
while time.process_time() < {seconds}:
    until = time.process_time() + 0.01
    while time.process_time() < until: pass
    time.sleep(0.01)
open('out.aig', 'w').write('x')
"""


class Machine:
    """A clock of its own, on which the process gets a part of a processor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, part: float) -> None:
        self.now, self.done, self.part = 100.0, 7.0, part
        monkeypatch.setattr(allowance, "time", SimpleNamespace(monotonic=lambda: self.now))
        system = SimpleNamespace(times=lambda: (self.done, 0.0, 0.0, 0.0, 0.0), getpid=lambda: 0)
        monkeypatch.setattr(allowance, "os", system)
        monkeypatch.setattr(allowance, "worked", lambda pid: self.done)

    def passed(self, seconds: float) -> None:
        self.now += seconds
        self.done += self.part * seconds


@pytest.mark.parametrize(
    ("part", "lasts"), [(1.0, 10), (2.0, 10), (0.5, 20), (0.25, 40), (0.1, 100), (0.0, 10), (0.01, 10)]
)
def test_work_lasts_as_long_as_its_part_of_a_processor_needs(
    monkeypatch: pytest.MonkeyPatch, part: float, lasts: int
) -> None:
    machine, clock = Machine(monkeypatch, part), Clock(10.0)
    seconds = 0
    while not clock.over:
        machine.passed(1.0)
        seconds += 1
    assert lasts <= seconds <= 1.02 * lasts + 1
    assert clock.left == 0.0
    machine.passed(100.0)
    assert clock.over


def test_who_works_and_then_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, given = Machine(monkeypatch, 0.5), Allowance(10.0)
    machine.passed(10.0)
    assert given.left == pytest.approx(5.0)
    machine.part = 0.0
    machine.passed(5.0)
    assert given.over


@pytest.mark.parametrize(("part", "lasts"), [(2.0, 5), (1.0, 10), (0.5, 20)])
def test_several_works_at_once_need_less_of_the_clock(monkeypatch: pytest.MonkeyPatch, part: float, lasts: int) -> None:
    machine, given = Machine(monkeypatch, part), Allowance(10.0, at_once=2)
    seconds = 0
    while not given.over:
        machine.passed(0.5)
        seconds += 1
    assert lasts <= seconds / 2 <= 1.02 * lasts + 1


def test_works_side_by_side_end_when_the_whole_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, whole = Machine(monkeypatch, 0.5), Allowance(10.0)
    works = [Allowance(seconds, pid, whole) for pid, seconds in ((1, 10.0), (2, 1000.0))]
    seconds = 0
    while any(not work.over for work in works):
        machine.passed(1.0)
        seconds += 1
    assert 20 <= seconds <= 21
    assert whole.over


def test_a_part_may_be_given_all_the_work_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine more than the seconds of the clock that are certain."""
    machine, given = Machine(monkeypatch, 0.25), Allowance(10.0)
    machine.passed(9.0)
    assert given.left == pytest.approx(1.0)
    assert given.work == pytest.approx(10.0 - 0.25 * 9.0)
    machine.part = 0.0
    machine.passed(100.0)
    assert given.work == 0.0


def test_who_cannot_see_the_whole_is_given_what_is_left_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, limits = Machine(monkeypatch, 1.0), Limits(seconds=60.0, whole=Allowance(10.0))
    machine.passed(4.0)
    assert limits.alone() == Limits(seconds=6.0)
    assert replace(limits, seconds=5.0).alone() == Limits(seconds=5.0)
    assert Limits.from_json(limits.to_json()) == Limits(seconds=60.0)
    machine.passed(60.0)
    assert 0.0 < limits.alone().seconds < 0.1


@pytest.mark.parametrize(("budget", "left"), [(0.0, 0.0), (-1.0, 0.0), (float("inf"), float("inf"))])
def test_what_is_over_at_once_and_what_never_is(budget: float, left: float) -> None:
    assert Allowance(budget).left == left


@pytest.mark.heavy
def test_a_tool_is_not_ended_for_what_others_do(tmp_path: Path) -> None:
    tool, limits = fake_abc(tmp_path, HALF.format(seconds=0.8)), Limits(seconds=1.0)
    assert run_tool(tool, ["x"], {}, ["out.aig"], step="(x)", limits=limits).seconds > limits.seconds


@pytest.mark.heavy
def test_a_tool_that_works_too_long_is_ended(tmp_path: Path) -> None:
    tool = fake_abc(tmp_path, HALF.format(seconds=60.0))
    with pytest.raises(ToolRunError, match=r"passed the limit of 0\.5 s"):
        run_tool(tool, ["x"], {}, ["out.aig"], step="(x)", limits=Limits(seconds=0.5))


@pytest.mark.heavy
def test_a_tool_ends_with_the_whole_and_has_not_failed(tmp_path: Path) -> None:
    tool = fake_abc(tmp_path, HALF.format(seconds=60.0))
    with pytest.raises(OutOfTime):
        run_tool(tool, ["x"], {}, ["out.aig"], step="(x)", limits=Limits(seconds=60.0, whole=Allowance(0.5)))
