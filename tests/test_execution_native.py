"""Generated machine code against the portable machine: every bit, either instruction set, threads, forks, refusals."""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bridge.aig import Aig, Latch, Output
from bridge.errors import InputError
from bridge.execution import Program, compile_program, run, support
from bridge.execution.machines import native
from bridge.execution.machines import run as machine_run
from bridge.execution.machines.run import make_machine
from bridge.execution.words import random_words
from support.tools import skip_or_fail


@pytest.fixture(params=["avx2", "avx512"])
def instructions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Code for one instruction set, in segments so short that several are needed."""
    if support().fault:
        pytest.skip(support().fault)
    if request.param == "avx512" and not support().wide:
        pytest.skip("the processor has no AVX-512")
    monkeypatch.setattr(native, "support", lambda: native.Support(wide=request.param == "avx512"))
    monkeypatch.setattr(native, "SEGMENTS", {True: 40, False: 40})
    return str(request.param)


def tangle(seed: int, inputs: int = 40, latches: int = 30, ands: int = 3000) -> Aig:
    """Many rows alive at once, adders by chance, resets of every kind, latches that read latches and constants."""
    rng = np.random.default_rng(seed)
    first = 1 + inputs + latches
    spread = int(rng.integers(5, 400))
    fanins = []
    for variable in range(first, first + ands):
        near = 2 * max(0, variable - spread)
        fanins.append(sorted(rng.integers(near if rng.random() < 0.8 else 0, 2 * variable, 2), reverse=True))
    literals = rng.integers(0, 2 * (first + ands), latches + 50)
    resets = [(0, 1, None)[index % 3] for index in range(latches)]
    return Aig(
        inputs=tuple(f"i{index}" for index in range(inputs)),
        latches=tuple(Latch(f"l{index}", int(literals[index]), resets[index]) for index in range(latches)),
        ands=np.array(fanins, np.uint32),
        outputs=tuple(Output(f"o{index}", int(literal)) for index, literal in enumerate(literals[latches:])),
    ).validate()


def both(program: Program, words: int, steps: int = 5, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    inputs = random_words(seed, steps, program.inputs, words)
    start = program.reset_state(words)
    return [run(program, inputs, start, kernel) for kernel in ("portable", "native")]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("words", [1, 8, 11, 70])
def test_the_same_bits_as_the_portable_machine(instructions: str, seed: int, words: int) -> None:
    portable, machine_code = both(compile_program(tangle(seed)), words, seed=seed)
    for ours, theirs in zip(portable, machine_code, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("inputs", [200, 2600])
def test_rows_beyond_the_reach_of_base_registers(instructions: str, inputs: int) -> None:
    portable, machine_code = both(compile_program(tangle(5, inputs)), 8)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(portable, machine_code, strict=True))


@pytest.mark.parametrize("words", [8, 40])
def test_code_that_is_fetched_ahead(instructions: str, words: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (native, machine_run):
        monkeypatch.setattr(module, "NEAR", 100)
    monkeypatch.setattr(native, "FAR_SEGMENT", 40)
    program = compile_program(tangle(6))
    portable, machine_code = both(program, words)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(portable, machine_code, strict=True))
    assert bool(make_machine(program, words, steps=10_000).machine.native) == (words > 8)


def test_segments_of_one_operation(instructions: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "SEGMENTS", {True: 1, False: 1})
    portable, machine_code = both(compile_program(tangle(3)), 64)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(portable, machine_code, strict=True))


def test_a_program_without_operations(instructions: str) -> None:
    aig = Aig(("a",), (Latch("s", 2, 1),), np.zeros((0, 2), np.uint32), (Output("o", 5), Output("one", 1)))
    portable, machine_code = both(compile_program(aig), 3)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(portable, machine_code, strict=True))


def needs_native() -> None:
    if support().fault:
        skip_or_fail(support().fault)


def test_threads_share_code_and_forks_keep_it() -> None:
    needs_native()
    program = compile_program(tangle(1))
    expected = both(program, 8)[0][0]
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: both(program, 8)[1][0], range(16)):
            np.testing.assert_array_equal(result, expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn when a runner of tests has threads
        child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(both(program, 8)[1][0], expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_automatic_choice_needs_enough_work() -> None:
    needs_native()
    program = compile_program(tangle(2))
    assert make_machine(program, 8, steps=1).machine.native == 0
    assert make_machine(program, 8, steps=10_000).machine.native != 0
    assert make_machine(program, 8, steps=10_000, kernel="portable").machine.native == 0


def test_without_executable_memory_the_portable_machine_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(code: np.ndarray) -> None:
        raise PermissionError(13, "Permission denied")

    needs_native()
    monkeypatch.setattr(native, "executable", refuse)
    native.support.cache_clear()
    try:
        assert "executable memory is refused" in native.support().fault
        program = compile_program(tangle(2))
        assert make_machine(program, 8, steps=10_000).machine.native == 0
        with pytest.raises(InputError, match="the native kernel cannot run here: executable memory is refused"):
            run(program, np.zeros((1, 40, 1), np.uint64), program.reset_state(1), "native")
    finally:
        native.support.cache_clear()


@pytest.mark.parametrize(
    ("machine", "features", "fault"),
    [("aarch64", {}, "no code generator for"), ("x86_64", {"avx2": False}, "the processor has no AVX2")],
)
def test_other_processors(machine: str, features: dict[str, bool], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native.platform, "machine", lambda: machine)
    monkeypatch.setattr(native.binding, "get_host_cpu_features", lambda: features)
    native.support.cache_clear()
    try:
        assert native.support().fault.startswith(fault)
    finally:
        native.support.cache_clear()


def test_unknown_kernels_are_input_errors() -> None:
    program = compile_program(tangle(2))
    with pytest.raises(InputError, match="no kernel 'cuda'"):
        run(program, np.zeros((1, 40, 1), np.uint64), program.reset_state(1), "cuda")  # type: ignore[arg-type]
