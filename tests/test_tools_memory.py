"""The made-up texts of `tools/memory.py`, and what they show."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import InputError

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def memory() -> Any:
    spec = importlib.util.spec_from_file_location("memory", Path(__file__).parents[1] / "tools" / "memory.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # for the dataclasses in it
    spec.loader.exec_module(module)
    return module


def test_tasks_have_the_entropy_they_say(memory: Any) -> None:
    for task in memory.TASKS:
        text, entropy = memory.text_of(task, 30_000, 3)
        assert memory.text_of(task, 30_000, 3) == (text, entropy)
        lines = text.decode().splitlines()
        assert 0 < entropy < 1
        if task == "recall":
            assert all(line[0] == "=" and line[1] == line[-1] and line[-2] == "?" for line in lines)
        elif task == "copy":
            assert all(line[:6] == line[7:] and line[6] == "|" for line in lines)
            assert entropy == pytest.approx(6 / 14)
        else:
            assert all(line.count("(") == line.count(")") and "((((" not in line for line in lines)


def test_latches_learn_what_a_window_cannot(memory: Any) -> None:
    window, latches = memory.bench_memory(["recall"], 1200, 48, kinds=["window", "latches"])
    assert window.state_bits == latches.state_bits == 32
    assert latches.excess < 0.75 * window.excess
    with pytest.raises(InputError, match="no task 'chess'"):
        memory.bench_memory(["chess"], 1, 48)
