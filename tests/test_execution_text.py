"""Traces and bits per byte: the oracle and its netlist agree in everything, and the measure is what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.aig import Aig, AigBuilder
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import bits_per_byte, evaluate, text, trace
from bridge.lowering import lower
from bridge.metadata import Metadata, with_metadata
from bridge.readout import Readout
from support.cells import cells, random_cell
from support.naive import measured_slowly
from support.texts import random_text


@given(cells, st.sampled_from([1, 64, 130]), st.integers(0, 12))
def test_logits_and_states_match_the_oracle(cell: Cell, streams: int, steps: int) -> None:
    data = np.frombuffer(random_text(cell, steps * streams), np.uint8).reshape(steps, streams)
    logits, state = trace(cell, data)
    netlist_logits, netlist_state = trace(lower(cell), data)
    assert logits.shape == (steps, streams, len(cell.head.symbols))
    assert state.shape == (streams, cell.state_bits)
    np.testing.assert_array_equal(netlist_logits, logits)
    np.testing.assert_array_equal(netlist_state, state)


@given(cells, st.integers(2, 2500))
@settings(max_examples=8)
def test_bits_per_byte_match_the_oracle_to_the_last_bit(cell: Cell, length: int) -> None:
    data = random_text(cell, length)
    assert bits_per_byte(lower(cell), data) == bits_per_byte(cell, data)
    assert bits_per_byte(lower(cell), data[:300], exact=True) == bits_per_byte(cell, data[:300], exact=True)


@pytest.mark.parametrize("length", [2, 3, 33, 34, 100, 257])
def test_the_measure_is_its_definition(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "SEGMENT", 32)
    monkeypatch.setattr(text, "WARMUP", 7)
    cell = random_cell(5)
    data = random_text(cell, length)
    assert bits_per_byte(cell, data) == pytest.approx(measured_slowly(cell, data, 32, 7), rel=1e-12)
    whole = measured_slowly(cell, data, segment=length, warmup=1)
    assert bits_per_byte(cell, data, exact=True) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(("batch", "chunk"), [(1, 1 << 17), (3, 100), (64, 1), (1000, 12345)])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_cutting_into_batches_chunks_and_threads_changes_nothing(
    batch: int, chunk: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "SEGMENT", 24)
    monkeypatch.setattr(text, "WARMUP", 9)
    cell = random_cell(11)
    aig, data = lower(cell), random_text(cell, 1000)
    expected = bits_per_byte(aig, data, jobs=1)
    monkeypatch.setattr(text, "BATCH", batch)
    monkeypatch.setattr(text, "CHUNK", chunk)
    assert bits_per_byte(aig, data, jobs=threads) == expected


def test_unseen_bytes_progress_and_counts() -> None:
    cell = random_cell(3)
    outside = next(byte for byte in range(256) if byte not in cell.head.symbols)
    data = bytes([outside, outside, *cell.head.symbols, outside]) * 50
    fractions: list[float] = []
    result = evaluate(lower(cell), data, jobs=2, progress=lambda now: fractions.append(now.done))
    assert result.bytes == len(data) - 1
    assert result.unseen == 149
    assert result.seconds > 0
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert evaluate(lower(cell), bytes([outside] * 9)).bits_per_byte == pytest.approx(
        20 + np.log2(256 - len(cell.head.symbols))
    )


def echo(
    inputs: list[str] | None = None,
    change: Callable[[list[tuple[str, int]]], list[tuple[str, int]]] = lambda bits: bits,
    symbols: bytes = b"abc",
) -> Aig:
    """The logits are parts of the byte itself: two bits for a, all for b, and the highest alone for c."""
    builder = AigBuilder("echo")
    byte = {name: builder.input(name) for name in inputs or [f"byte[{bit}]" for bit in (3, 1, 0, 2, 7, 6, 4, 5)]}
    bits = [("logit.97[0]", "byte[0]"), ("logit.97[1]", "byte[1]"), ("logit.99[0]", "byte[7]")]
    bits += [(f"logit.98[{bit}]", f"byte[{bit}]") for bit in reversed(range(8))]
    for name, literal in change([(name, byte.get(source, 0)) for name, source in bits]):
        builder.output(name, literal)
    return with_metadata(builder.build(), Metadata(Readout(symbols, 0.5)))


def test_names_decide_the_order_and_the_top_bit_is_the_sign() -> None:
    every = np.arange(256).astype(np.uint8)
    expected = np.stack([[0, 1, -2, -1] * 64, every.view(np.int8), -(every >> 7).astype(np.int64)], axis=1)
    np.testing.assert_array_equal(trace(echo(), every[None])[0][0], expected)
    np.testing.assert_array_equal(trace(echo(), every[:, None])[0][:, 0], expected)


BITS = [f"byte[{bit}]" for bit in range(8)]


@pytest.mark.parametrize(
    ("aig", "message"),
    [
        (replace(echo(), comment=""), "has no symbols and scale .* bridge.run"),
        (echo(BITS[:5] + BITS[6:]), r"has no input 'byte\[5\]'"),
        (echo([*BITS, "enable"]), "has an extra input 'enable'"),
        (echo(symbols=b"abcd"), r"logit\.100 has 0 bits"),
        (echo(symbols=b"ab"), r"output 'logit\.99\[0\]' is not a bit of any symbol"),
        (echo(change=lambda bits: bits[1:]), r"logit\.97 has 0 bits"),
        (echo(change=lambda bits: bits[:3] + bits[4:5]), r"logit\.98 has 0 bits"),
        (echo(change=lambda bits: bits[:5] + bits[6:]), r"logit\.98\[7\]' is not a bit"),
        (echo(change=lambda bits: bits + [(f"logit.97[{bit}]", 0) for bit in range(2, 65)]), "has 65 bits"),
    ],
)
def test_netlists_that_are_no_text_models(aig: Aig, message: str) -> None:
    with pytest.raises(InputError, match=message):
        bits_per_byte(aig, b"some text")


def test_other_outputs_are_ignored() -> None:
    more = echo(change=lambda bits: [*bits, ("parity", 6)])
    assert bits_per_byte(more, b"some text") == bits_per_byte(echo(), b"some text")


def test_wrong_arguments_are_input_errors() -> None:
    cell = random_cell(3)
    for data in (b"", b"x"):
        with pytest.raises(InputError, match=f"a text of {len(data)} bytes"):
            bits_per_byte(cell, data)
    with pytest.raises(InputError, match="threads must be at least 1"):
        bits_per_byte(cell, b"text", jobs=0)
    with pytest.raises(InputError, match=r"streams must be uint8\[T, S\]"):
        trace(cell, np.zeros(5, np.uint8))
