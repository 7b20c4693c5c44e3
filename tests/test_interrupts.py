"""Ctrl-C and SIGTERM: no Python code runs while compiled code returns, and what must be whole is not cut in two."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import numpy as np
import pytest

from bridge.boosting import BoostingOptions, train
from bridge.cell import Cell
from bridge.compiled import compiled
from bridge.compiled.interrupts import held, noted
from support.texts import chained_prose, corpus_of


class Pair(NamedTuple):
    first: np.ndarray
    second: np.ndarray


class Sums(NamedTuple):
    total: float
    count: int


class Both(NamedTuple):
    pair: Pair
    sums: Sums


def one(values, pair):  # type: ignore[no-untyped-def]
    return values + pair.first


def several(values, pair):  # type: ignore[no-untyped-def]
    return values + pair.first, values[:2], 1.0


def arrays(values, pair):  # type: ignore[no-untyped-def]
    return Pair(values, pair.second.reshape(-1, 1))


def numbers(values, pair):  # type: ignore[no-untyped-def]
    return Sums(float(values.sum()), len(pair.first))


def nested(values, pair):  # type: ignore[no-untyped-def]
    return Both(Pair(values, pair.first), Sums(float(values.sum()), 2)), values


@pytest.mark.parametrize("function", [one, several, arrays, numbers, nested])
def test_no_python_code_runs_between_a_call_of_compiled_code_and_its_result(function: Callable[..., object]) -> None:
    """A handler of a signal runs, and raises, only where Python code runs: in numba that ended the process."""
    call = compiled(function)
    arguments = np.arange(4.0), Pair(np.ones(4), np.zeros(4))
    wanted = call(*arguments)
    seen = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is not function.__code__:  # numba tells of the function itself
            seen.append(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        found = call(*arguments)
    finally:
        sys.setprofile(None)
    assert not seen
    assert type(found) is type(wanted)
    assert repr(found) == repr(wanted) == repr(function(*arguments))


def test_what_is_returned_is_freed() -> None:
    call = compiled(nested)
    values, pair = np.arange(4.0), Pair(np.ones(4), np.zeros(4))
    call(values, pair)
    before = sys.getrefcount(Pair), sys.getrefcount(np.ndarray), sys.getrefcount(np.dtype(float))
    for _ in range(1000):
        call(values, pair)
    after = sys.getrefcount(Pair), sys.getrefcount(np.ndarray), sys.getrefcount(np.dtype(float))
    assert max(np.subtract(after, before)) < 100


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request: pytest.FixtureRequest) -> Iterator[int]:
    before = signal.signal(request.param, signal.default_int_handler)
    yield request.param
    signal.signal(request.param, before)


def test_a_noted_interrupt_raises_nothing(number: int) -> None:
    with noted() as interrupted:
        os.kill(os.getpid(), number)
        assert interrupted.is_set()
    assert signal.getsignal(number) is signal.default_int_handler


def test_a_held_interrupt_comes_afterwards(number: int) -> None:
    done = []

    def work() -> None:
        os.kill(os.getpid(), number)
        done.append(True)

    with pytest.raises(KeyboardInterrupt):
        held(work)()
    assert done


def test_signals_that_end_the_process_or_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN), signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        with noted():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


def test_training_of_trees_ends_between_two_trees(number: int, tmp_path: Path) -> None:
    def stop(progress: object) -> None:
        os.kill(os.getpid(), number)
        time.sleep(0)  # where a handler would raise

    corpus, place = corpus_of(chained_prose(5000)), tmp_path / "checkpoint"
    trained = train(corpus, BoostingOptions(ands=5000, leaves=8), checkpoint=place, progress=stop)
    assert not trained.finished
    assert trained.last.steps == 1
    again = train(corpus, BoostingOptions(ands=5000, leaves=8), checkpoint=place, resume=True, progress=stop)
    assert again.cell.digest == trained.cell.digest
    assert signal.getsignal(number) is signal.default_int_handler


@pytest.mark.slow
def test_commands_interrupted_at_random_end_with_their_code_and_whole_files(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(chained_prose(20_000))
    wanted = {
        "train --corpus text --kind trees --ands 1500 --out cell.safetensors": "cell.safetensors",
        "lower trees -o trees.aig": "trees.aig",
        "run tiny resyn2": "",
        "eval trees --text text": "",
    }
    chance = random.Random(0)
    for command, made in wanted.items():
        call = [sys.executable, "-m", "bridge.cli", *command.split()]
        started = time.monotonic()
        subprocess.run(call, cwd=tmp_path, capture_output=True, check=True)
        whole = time.monotonic() - started
        for shot in range(5):
            (tmp_path / (made or "nothing")).unlink(missing_ok=True)
            child = subprocess.Popen(call, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(0.5 + chance.random() * whole)  # Python itself has started
            child.send_signal((signal.SIGINT, signal.SIGTERM)[shot % 2])
            _, said = child.communicate(timeout=120)
            assert (child.returncode, said) in ((0, b""), (130, b"aigbridge: interrupted\n"))
            if made.endswith(".safetensors") and (tmp_path / made).exists():
                Cell.load(tmp_path / made)
        assert not list(tmp_path.glob("**/*.tmp*"))
