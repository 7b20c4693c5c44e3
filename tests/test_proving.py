"""Claims about all runs: against every run of small cells, and what the answers say."""

from __future__ import annotations

import json
import time
from typing import get_args

import numpy as np
import pytest

from bridge import Aig, Cell, Embedding, InputError, Logits, generate, lower, prove
from bridge.analysis.claims.parsing import parse_claim
from bridge.analysis.proving import machine
from bridge.analysis.proving.machine import watched
from bridge.analysis.proving.proof import Start
from bridge.analysis.proving.steps import laid_out
from bridge.equivalence.clock import Clock
from support.cells import random_cell, random_tree_cell
from support.command_line import Call
from support.integer_cells import random_integer_cell
from support.proving import (
    NETLIST_CLAIMS,
    TooLarge,
    loop_break,
    random_text_claim,
    shortest_break,
    shortest_break_of_netlist,
)
from support.small_netlists import small_netlist


def small_cell(seed: int) -> Cell:
    if seed % 7 == 6:
        return random_integer_cell(seed, size=4, state=True, text=True)
    if seed % 3 == 2:
        return random_tree_cell(seed, serial=bool(seed % 2))
    return random_cell(seed, layers=1, neurons=1 + seed % 2, latches=seed % 3 == 0, recurrence=bool(seed % 2))


def check_against_all_runs(seed: int) -> str:
    """The answer; "" where all runs are too many."""
    cell, rng = small_cell(seed), np.random.default_rng(seed)
    claim = parse_claim(random_text_claim(rng, cell))
    given = parse_claim(random_text_claim(rng, cell, 1)) if seed % 2 else None
    try:
        expected = shortest_break(cell, claim, given)
    except TooLarge:
        return ""
    model = lower(cell) if seed % 4 == 1 and not cell.serial else cell
    try:
        found = prove(model, claim, given, seconds=20)
    except InputError:  # the condition is never met
        found = None
    if found is None:
        assert given is not None
        assert expected is None
        return "impossible"
    if found.answer == "broken":
        assert found.broken is not None
        assert expected is not None
        assert found.broken.steps >= expected
        assert found.broken.steps == expected or not found.broken.shortest
    if found.answer == "proven":
        assert expected is None
    assert found.bound is None or expected is None or found.bound < expected
    return found.answer


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(6))
def test_against_all_runs(seed: int) -> None:
    assert check_against_all_runs(seed) != "undecided"


@pytest.mark.parametrize("start", get_args(Start))
def test_a_condition_that_contradicts_itself_about_the_past_is_refused(start: Start) -> None:
    cell = random_cell(3, layers=1, neurons=2, latches=True)
    with pytest.raises(InputError, match="no state and input satisfies"):
        prove(cell, "argmax == 0", "byte@-1 == 1 and byte@-1 == 2", start=start)


def test_a_loop_tells_what_was_read_where_no_block_reads_all_bits_of_it() -> None:
    table = np.zeros((256, 1), np.uint8)
    table[1::2] = 1  # the lowest bit alone
    weights = np.array([[1], [-1]], np.int8)
    head = Logits("logit", ("emb",), weights, np.zeros(2, np.int32), 1.0, b"ab")  # after an odd byte, "a"
    cell = Cell((Embedding("emb", table), head))
    found = prove(cell, "argmax != 'b'", "byte@-2 >= 0", loop=True)
    assert found.broken is None
    found = prove(cell, "argmax != 'a'", "byte@-2 >= 0", loop=True)
    assert found.broken is not None
    assert found.broken.text is not None
    assert (found.broken.text[1:], found.broken.predicted) == (b"aa", b"a")
    for prompt in (b"z", b"zc", b"cz"):
        found = prove(cell, "argmax != 'a'", loop=True, prompt=prompt)
        assert found.broken is not None
        assert (found.broken.text, found.broken.state) == (prompt, ())


def check_loop(seed: int) -> str:
    cell, rng = small_cell(seed), np.random.default_rng(seed)
    claim = parse_claim(random_text_claim(rng, cell))
    given = parse_claim(random_text_claim(rng, cell, 1)) if seed % 2 else None
    expected, met = loop_break(cell, claim, given)
    try:
        found = prove(cell, claim, given, loop=True, seconds=20)
    except InputError:  # no state and input satisfies the condition
        assert given is not None
        assert not met
        return "impossible"
    assert found.met is None or bool(found.met) == met
    assert (found.answer, found.broken and found.broken.steps) == (
        ("proven", None) if expected is None else ("broken", expected)
    )
    return found.answer


def check_netlist(seed: int) -> str:
    aig, which = small_netlist(seed, (0, 1, None)), seed % len(NETLIST_CLAIMS)
    any_start = seed % 2 == 1
    expected = shortest_break_of_netlist(aig, which, any_start=any_start)
    found = prove(aig, NETLIST_CLAIMS[which][0], start="any" if any_start else "reset", seconds=20)
    assert found.answer == ("proven" if expected is None else "broken")
    if found.broken is not None:
        assert found.broken.shortest
        assert found.broken.steps == expected
    return found.answer


@pytest.mark.parametrize("seed", range(8))
def test_netlists_against_all_runs(seed: int) -> None:
    check_netlist(seed)


@pytest.mark.parametrize("seed", range(6))
def test_loops_against_all_runs(seed: int) -> None:
    check_loop(seed)


def test_the_loop_is_followed() -> None:
    cell = Cell.load("tiny")
    found = prove(cell, "argmax not in digit", loop=True)
    assert found.answer == "proven"
    broken = prove(cell, "argmax != ' '", loop=True)
    assert broken.broken is not None
    text = broken.broken.text
    assert text is not None
    assert broken.broken.predicted == b" "
    state, said = cell.reset(1), b""
    for byte in text:
        state, numbers = cell.step(state, np.array([byte], np.uint8))
        said += bytes(cell.readout.argmax(numbers).tolist())
    assert said[:-1] == text[1:]
    assert said[-1:] == b" "


@pytest.mark.parametrize("byte", b"q hest")
def test_a_loop_tells_where_its_condition_is_never_met(byte: int) -> None:
    cell, prompt = Cell.load("tiny"), b"in th"
    read = prompt[-1:] + b"".join(bytes([each]) for each in generate(cell, prompt, 100, temperature=0))
    found = prove(cell, "argmax not in digit", f"byte == {byte}", loop=True, prompt=prompt)
    assert found.answer == "proven"
    assert found.met is not None
    assert bool(found.met) == (byte in read)
    assert ("the condition is met in no run" in str(found)) == (byte not in read)
    assert found.to_json()["met"] == found.met


def test_a_prompt_is_read_first() -> None:
    cell = Cell.load("tiny")
    written = b"".join(bytes([byte]) for byte in generate(cell, b"in th", 12, temperature=0))
    found = prove(cell, f"argmax != {written[9]}", loop=True, prompt=b"in th")
    assert found.broken is not None
    assert found.broken.text == b"in th" + written[: written.index(written[9])]
    assert found.broken.predicted == written[9:10]


def test_any_state_is_more_than_reset() -> None:
    cell = Cell.load("tiny")
    claim = "state.layer0.memory[0] == 0 or byte != 'a'"
    assert prove(cell, "state.layer0.memory[0] == 0", "byte@-1 == byte or byte == byte", start="any").answer == "broken"
    found = prove(cell, claim, start="any")
    assert found.broken is not None
    assert found.broken.steps == 1


def test_steps_that_take_longer_than_there_is_time_are_not_laid_out() -> None:
    cell, clock, claim = Cell.load("tiny"), Clock(0), "byte@-1024 != 'q' implies argmax != 'z'"
    watch = watched(cell, parse_claim(claim), None, any_start=False)
    assert laid_out(watch.aig, watch.bad, 1025, clock, anywhere=True) is None
    found = prove(cell, claim, seconds=0)
    assert (found.answer, found.bound, found.why) == ("undecided", 0, clock.why)


def test_a_long_look_back_leaves_time_for_the_first_steps() -> None:
    """Induction would need 1001 steps."""
    found = prove(Cell.load("tiny"), "byte@-1000 == byte implies argmax not in digit", seconds=2)
    assert found.answer == "undecided"
    assert found.bound


def test_an_open_condition_leaves_time_for_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def never(form: Aig, clock: Clock) -> tuple[None, np.ndarray]:
        asked.append(clock.left)
        time.sleep(clock.left)
        return None, np.zeros(0, np.uint8)

    monkeypatch.setattr(machine, "satisfied", never)
    found = prove(Cell.load("tiny"), "argmax not in digit", "byte == 'q'", seconds=3)
    assert asked
    assert found.answer == "proven"


def test_wrong_use_is_one_sentence() -> None:
    cell = Cell.load("tiny")
    with pytest.raises(InputError, match="no state and input satisfies"):
        prove(cell, "argmax == 'u'", "byte == 'q' and byte == 'r'")
    with pytest.raises(InputError, match="at least one byte"):
        prove(cell, "argmax == 'u'", prompt=b"q")
    with pytest.raises(InputError, match="no signal"):
        prove(cell, "nothing == 1")
    with pytest.raises(TypeError, match="three answers"):
        bool(prove(cell, "byte == byte"))


@pytest.mark.heavy
def test_the_command(call: Call) -> None:
    found = call("prove", "tiny", "argmax == 'u'", "--given", "byte == 'q'", "--json")
    assert found.code == 1
    facts = json.loads(found.out)
    assert facts["verdict"] == "broken"
    assert facts["broken"]["text"].endswith("q")
    assert call("prove", "tiny", "argmax not in digit", "--seconds", 30).code == 0
    assert call("prove", "tiny", "argmax == 'u'", "--prompt", "q").code == 2
