"""Generated text: the same from the oracle and its netlist, only symbols, and as probable as the readout says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cell import Cell, Embedding, Logits
from bridge.errors import InputError
from bridge.execution import Conversation, generate, trace
from bridge.lowering import lower
from bridge.readout import Readout
from support.cells import cells, random_cell


@given(cells, st.binary(max_size=9), st.sampled_from([0, 0.3, 1, 4.0]), st.integers(0, 9))
@settings(max_examples=20)
def test_the_netlist_writes_what_the_oracle_writes(cell: Cell, prompt: bytes, temperature: float, seed: int) -> None:
    written = bytes(generate(cell, prompt, 20, temperature=temperature, seed=seed))
    assert bytes(generate(lower(cell), prompt, 20, temperature=temperature, seed=seed)) == written
    assert len(written) == 20
    assert set(written) <= set(cell.head.symbols)


def constant(bias: list[int], symbols: bytes) -> Cell:
    """The same logits after every byte."""
    emb = Embedding("emb", np.zeros((256, 1), np.uint8))
    head = Logits("logit", ("emb",), np.zeros((len(bias), 1), np.int64), np.array(bias), 0.5, symbols)
    return Cell((emb, head))


def test_temperature_zero_takes_the_lowest_of_the_most_probable() -> None:
    assert bytes(generate(constant([-3, 2, 2], b"xyz"), b"x", 4, temperature=0)) == b"yyyy"


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_symbols_are_as_frequent_as_probable(temperature: float) -> None:
    bias, count = [0, 1, 3, -2], 4000
    written = bytes(generate(constant(bias, b"abcz"), b"", count, temperature=temperature, seed=7))
    expected = Readout(b"abcz", 0.5 / temperature).probabilities(np.array([bias]))[0, list(b"abcz")]
    frequencies = np.array([written.count(symbol) for symbol in b"abcz"]) / count
    assert np.abs(frequencies - expected).max() < 4 * np.sqrt(0.25 / count)


def test_the_seed_decides() -> None:
    cell = constant([0] * 4, b"abcd")
    texts = [bytes(generate(cell, b"a", 40, seed=seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_long_prompt_is_read_to_its_end() -> None:
    cell = random_cell(8, layers=3, neurons=6)
    prompt = bytes(np.random.default_rng(0).choice(list(cell.head.symbols), 600).tolist())
    logits, _ = trace(cell, np.frombuffer(prompt, np.uint8)[:, None])
    assert next(generate(cell, prompt, 1, temperature=0)) == cell.head.symbols[logits[-1, 0].argmax()]


def remembering(symbols: bytes) -> Cell:
    """Prefers to repeat the byte before."""
    table = np.eye(256, dtype=np.uint8)[:, list(symbols)]
    weights = 9 * np.eye(len(symbols), dtype=np.int64)
    return Cell(
        (Embedding("emb", table), Logits("logit", ("emb",), weights, np.zeros(len(symbols), int), 1.0, symbols))
    )


def test_an_empty_prompt_is_a_newline_or_the_lowest_symbol() -> None:
    assert bytes(generate(remembering(b"\t\nab"), b"", 2, temperature=0)) == b"\n\n"
    assert bytes(generate(remembering(b"bc"), b"", 2, temperature=0)) == b"bb"
    assert bytes(generate(remembering(b"bc"), b"c", 2, temperature=0)) == b"cc"
    assert bytes(generate(remembering(b"bc"), b"c", 0)) == b""


@pytest.mark.parametrize("temperature", [-1, 1e-7, 1e7, float("inf"), float("nan")])
def test_impossible_temperatures(temperature: float) -> None:
    with pytest.raises(InputError, match="temperature must be 0 or lie in"):
        generate(constant([0], b"a"), b"a", 1, temperature=temperature)


def test_a_negative_length() -> None:
    with pytest.raises(InputError, match="must not be negative"):
        generate(constant([0], b"a"), b"a", -1)


@pytest.mark.heavy
@given(cells, st.lists(st.tuples(st.binary(max_size=5), st.integers(1, 9)), min_size=1, max_size=5), st.integers(0, 9))
@settings(max_examples=20)
def test_a_conversation_is_one_text(cell: Cell, turns: list[tuple[bytes, int]], seed: int) -> None:
    conversations = [Conversation(model, seed=seed) for model in (cell, lower(cell))]
    said = []
    for text, length in turns:
        answers = []
        for conversation in conversations:
            conversation.read(text)
            answers.append(bytes(conversation.write(length)))
        assert answers[0] == answers[1]
        said.append(answers[0])
    if len(turns) == 1:
        assert said[0] == bytes(generate(cell, *turns[0], seed=seed))


def test_an_answer_depends_on_all_that_was_said() -> None:
    cell = random_cell(8, layers=3, neurons=6)
    symbols = cell.head.symbols
    conversation = Conversation(cell, temperature=0)
    history = b""
    for text in (symbols[:3], symbols[2:5], symbols[1:2]):
        conversation.read(text)
        answer = bytes(conversation.write(4))
        assert answer == bytes(generate(cell, history + text, 4, temperature=0))
        history += text + answer


def test_an_answer_ends_with_its_last_byte() -> None:
    model = constant([1, 1], b"ab")
    conversation = Conversation(model, seed=1)
    answers = [bytes(conversation.write(50, end=ord("b"))) for _ in range(30)]
    assert all(answer.count(b"b") == 1 and answer.endswith(b"b") for answer in answers)
    assert bytes(generate(model, b"", sum(map(len, answers)), seed=1)) == b"".join(answers)


@given(cells, st.text(max_size=6), st.integers(0, 20))
@settings(max_examples=20)
def test_a_text_is_answered_by_a_text(cell: Cell, prompt: str, length: int) -> None:
    written = generate(cell, prompt, length, seed=2)
    assert isinstance(written, str)
    read = prompt.encode("utf-8", "replace")
    assert written == bytes(generate(cell, read, length, seed=2)).decode("utf-8", "replace")
    conversation = Conversation(cell, seed=2)
    conversation.read(prompt)
    assert bytes(conversation.write(length)).decode("utf-8", "replace") == written


def test_a_character_that_is_cut_is_replaced() -> None:
    cell = Cell((Embedding("emb", np.eye(256, dtype=np.uint8)[:, [0xC3]]), _after(0xC3)))
    assert generate(cell, "\ud800", 1, temperature=0) == "\ufffd"
    assert generate(cell, "a", 4, temperature=0) == "éé"


def _after(first: int) -> Logits:
    """0xA9 after that byte, that byte after any other."""
    return Logits("logit", ("emb",), np.array([[2], [0]]), np.array([0, 1]), 0.5, bytes([0xA9, first]))
