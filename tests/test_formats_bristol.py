"""Bristol Fashion: what is written says what the netlist does, to us and to others."""

from __future__ import annotations

import importlib.util
import random
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, Properties
from bridge.aig.xag import xag
from bridge.equivalence import Verdict, check_netlists
from bridge.errors import InputError
from bridge.formats import write_netlist
from bridge.formats.bristol import parse_bristol, read_bristol
from bridge.formats.bristol_write import format_bristol, write_bristol
from bridge.formats.bulk.bristol import read_gates
from support import bristol, naive
from support.command_line import Call
from support.netlists import multiplier, random_netlist, same_function
from support.small_netlists import small_netlist
from support.tools import skip_or_fail

HEAD = b"2 4\n1 2\n1 1\n\n"


def text_of(aig: Aig) -> str:
    return format_bristol(aig, xag(aig, 0))


def expected(aig: Aig, leaves: np.ndarray) -> list[int]:
    """The bits of outputs and next states for those of inputs and latches."""
    row = leaves[None, :].astype(bool)
    outputs, following = naive.evaluate(aig, row[:, : len(aig.inputs)], row[:, len(aig.inputs) :])
    return [int(bit) for bit in np.hstack([outputs, following])[0]]


@given(st.integers(0, 2**32 - 1))
def test_the_file_says_what_the_netlist_does(seed: int) -> None:
    aig, random = small_netlist(seed), np.random.default_rng(seed)
    text = text_of(aig)
    again = parse_bristol(text.encode(), "x.bristol")
    for _ in range(8):
        leaves = random.integers(0, 2, len(aig.leaves))
        assert bristol.evaluate(text, leaves.tolist()) == expected(aig, leaves)
        assert expected(again, leaves) == expected(aig, leaves)


@pytest.mark.parametrize("seed", range(3))
def test_another_program_evaluates_it(seed: int) -> None:
    if importlib.util.find_spec("bfcl") is None:
        skip_or_fail("bfcl is not installed")
    import bfcl

    aig, random = random_netlist(seed), np.random.default_rng(seed)
    circuit = bfcl.circuit(text_of(aig))
    for _ in range(8):
        leaves = random.integers(0, 2, len(aig.leaves))
        values = circuit.evaluate([leaves.tolist()])  # it joins its values itself
        assert [bit for value in values for bit in value] == expected(aig, leaves)


def test_constants_copies_and_inputs_may_be_outputs(tmp_path: Path) -> None:
    builder = AigBuilder()
    a, b = builder.inputs(["a[0]", "a[1]"])
    both = builder.and_(a, b)
    wanted = [FALSE, TRUE, a, a, a ^ 1, both, both, both ^ 1, both ^ 1, FALSE]
    builder.outputs((f"y[{index}]" for index in range(len(wanted))), wanted)
    aig = builder.build()
    write_bristol(aig, tmp_path / "x.bristol")
    text = (tmp_path / "x.bristol").read_text()
    assert {line.split()[-1] for line in text.splitlines()[4:]} == {"AND", "XOR", "INV"}
    assert same_function(aig, renamed(read_bristol(tmp_path / "x.bristol"), aig))


def renamed(aig: Aig, like: Aig) -> Aig:
    builder = AigBuilder()
    literals = builder.instance(aig, builder.inputs(like.inputs))
    builder.outputs((output.name for output in like.outputs), literals)
    return builder.build()


def test_values_are_names() -> None:
    builder = AigBuilder()
    builder.inputs(["byte[0]", "byte[1]", "node[0]"])
    states = [builder.latch(f"state.h[{index}]") for index in range(3)]
    for state in states:
        builder.set_next(state, state ^ 1)
    builder.outputs(["logit.97[0]", "logit.97[1]", "logit.98[0]"], states)
    text = text_of(builder.build())
    assert text.splitlines()[1:3] == ["3 2 1 3", "3 2 1 3"]


def test_every_kind_of_gate_is_read() -> None:
    text = b"5 9\n2 1 2\n1 3\n\n1 1 1 3 EQ\n1 1 0 4 EQW\n4 2 1 2 3 4 5 7 MAND\n2 1 5 0 6 XOR\n1 1 6 8 INV\n"
    aig = parse_bristol(text, "x.bristol")
    assert aig.inputs == ("in0[0]", "in1[0]", "in1[1]")
    assert [output.name for output in aig.outputs] == ["out0[0]", "out0[1]", "out0[2]"]
    for bits in np.ndindex(2, 2, 2):
        a, b, c = bits
        assert expected(aig, np.array(bits)) == [b ^ a, c & a, 1 ^ b ^ a]


DAMAGE = [b"", b" ", b"\n", b"\r", b"\t", b"0", b"1", b"9", b"7" * 11, b"AND", b"MAND", b"EQ", b"XORS", b"-", b"\xff"]


@pytest.mark.parametrize("seed", range(4))
def test_large_files_are_read_as_small_ones_are(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What compiled code reads, and what it leaves to the other reader, whole and damaged."""
    gates = b"1 1 1 2 EQ\n1 1 0 3 EQW\n4 2 0 1 2 3 4 5 MAND\n2 1 5 0 6 XOR\n2 1 4 6 7 AND \r\n\n1 1 6 8 INV"
    whole, chance = b"6 9\n1 2\n1 3\n\n" + gates, random.Random(seed)
    texts = [whole, text_of(random_netlist(seed)).encode()]
    for _ in range(300):
        damaged, at = bytearray(whole), chance.randrange(14, len(whole))
        damaged[at : at + chance.choice([0, 1, 1, 2])] = chance.choice(DAMAGE)
        texts.append(bytes(damaged))

    def read(text: bytes, bulk: int) -> Aig | str:
        monkeypatch.setattr("bridge.formats.bristol.BULK_BYTES", bulk)
        try:
            return parse_bristol(text, "x")
        except InputError as error:
            return str(error)

    found = [read(text, 0) for text in texts]
    assert found == [read(text, 1 << 30) for text in texts]
    assert len({*map(type, found)}) == 2


def test_compiled_code_reads_what_we_write() -> None:
    text = text_of(random_netlist(1)).encode()
    gates, wires = map(int, text.split(b"\n")[0].split())
    builder = AigBuilder()
    inputs = sum(map(int, text.split(b"\n")[1].split()[1:]))
    values = np.full(wires, -1)
    values[:inputs] = builder.inputs(f"i{place}" for place in range(inputs))
    assert read_gates(builder, text, text.index(b"\n\n"), values) == gates
    assert values.min() >= 0


@pytest.mark.parametrize(
    "head", ["{n} 3\n1 2\n1 1", "1 {n}\n1 2\n1 1", "1 {n}\n1 {n}\n1 1", "1 3\n{n} 2\n1 1", "1 3\n1 2\n1 {n}"]
)
@pytest.mark.parametrize("large", [1 << 21, 1 << 30, 10**12, 10**18 - 1])
def test_counts_without_a_file_behind_them_take_no_memory(head: str, large: int) -> None:
    data = f"{head.format(n=large)}\n2 1 0 1 2 AND\n".encode()
    tracemalloc.start()
    with pytest.raises(InputError):
        parse_bristol(data, "x")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_long_lines_are_refused_unless_they_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.formats.bristol._LONGEST", 19)
    with pytest.raises(InputError, match="x:4: a line may have at most 19 bytes"):
        parse_bristol(b"1 4\n1 2\n1 1\n4 2 0 1 0 1 2 3 MAND\n", "x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"1 2\n", "x:1: a Bristol circuit begins with three lines"),
        (b"a b\n1 2\n1 1\n", "x:1: expected numbers"),
        (b"1 2 3\n1 2\n1 1\n", "x:1: the first line must be"),
        (b"1 4\n2 2 1 1\n1 1\n", "x:2: 2 values, but the bits of 3"),
        (b"1 99999999999999\n1 2\n1 1\n", "x:1: 99,999,999,999,999 wires do not fit"),
        (b"0 2\n1 99999999\n1 1\n", "x:1: 2 wires do not fit"),
        (HEAD + b"2 1 0 1 2 AND\n", "x:5: the first line says 2 gates, but there are 1"),
        (HEAD + b"2 1 0 1 2 AND\n2 1 0 1 3 NAND\n", "x:6: no gate 'NAND'; known are XOR"),
        (HEAD + b"2 1 0 1 2 AND\n1 1 0 1 3 AND\n", "x:6: a gate AND is its numbers"),
        (HEAD + b"2 1 0 1 2 AND\n3 1 0 1 2 3 MAND\n", "x:6: a gate MAND is its numbers"),
        (HEAD + b"2 1 0 1 2 AND\nAND\n", "x:6: a gate AND is its numbers"),
        (HEAD + b"2 1 0 1 2 AND\n2 1 0 1 2 AND\n", "x:6: wire 2 is defined twice"),
        (HEAD + b"2 1 0 1 2 AND\n2 1 0 1 4 AND\n", "x:6: wire 4 is beyond the 4"),
        (HEAD + b"2 1 0 3 2 AND\n2 1 0 1 3 AND\n", "x:5: wire 3 is read before"),
        (HEAD + b"2 1 0 1 2 AND\n1 1 2 3 EQ\n", "x:6: EQ gives a wire the value 0 or 1"),
        (b"1 4\n1 2\n1 1\n2 1 0 1 2 AND\n", "x:4: wire 3 is read before"),
        (b"2 1 0 -1 2 AND\n1 2\n1 1", "x:1: expected numbers"),
    ],
)
def test_what_is_malformed_is_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_bristol(data, "x")


def test_by_order_the_circuit_of_a_machine_is_compared_with_its_core(tmp_path: Path) -> None:
    aig = random_netlist(3)
    aig = replace(aig, properties=Properties())
    write_bristol(aig, tmp_path / "x.bristol")
    circuit = read_bristol(tmp_path / "x.bristol")
    for a, b in ((aig, circuit), (circuit, aig)):
        verdict = check_netlists(a, b, by_order=True)
        assert verdict.answer == "equivalent"
        assert "which has none" in verdict.notes[0]
    last = circuit.outputs[-1]
    wrong = replace(circuit, outputs=(*circuit.outputs[:-1], replace(last, literal=last.literal ^ 1)))
    assert check_netlists(aig, wrong, by_order=True).answer == "different"
    with pytest.raises(InputError, match="cannot be compared by order"):
        check_netlists(aig, replace(circuit, outputs=circuit.outputs[1:]), by_order=True)


def test_nothing_to_write_is_an_error(tmp_path: Path) -> None:
    builder = AigBuilder()
    builder.input("a")
    with pytest.raises(InputError, match="needs an output, and this netlist has none"):
        write_bristol(builder.build(), tmp_path / "x.bristol")
    builder = AigBuilder()
    builder.output("y", TRUE)
    with pytest.raises(InputError, match="needs an input, and this netlist has none"):
        write_bristol(builder.build(), tmp_path / "x.bristol")
    assert not any(tmp_path.iterdir())


def test_convert_writes_few_real_ands_that_are_proven(call: Call, tmp_path: Path) -> None:
    source, target = tmp_path / "x.aig", tmp_path / "x.bristol"
    aig = multiplier(5, swapped=False)
    write_netlist(aig, source)
    found = call("convert", source, target, "--json").json
    assert found["proof"]["verdict"] == "equivalent"
    gates = [line.split()[-1] for line in target.read_text().splitlines()[4:]]
    assert gates.count("AND") == found["real_ands"] < found["real_ands_before"] < len(aig.ands)
    assert call("check", source, target, "--by-order").code == 0


def test_convert_writes_what_it_has_where_the_smaller_one_is_not_proven(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "x.aig", tmp_path / "x.bristol"
    write_netlist(multiplier(4, swapped=False), source)
    monkeypatch.setattr("bridge.cli.circuit_file.with_few_ands", lambda aig: multiplier(4, swapped=True))
    monkeypatch.setattr("bridge.cli.circuit_file.check_equivalence", lambda *_, **__: Verdict("undecided", "none", 0.0))
    shown = call("convert", source, target).out
    assert "left as it was, since a smaller one is undecided" in " ".join(shown.split())
    assert same_function(multiplier(4, swapped=False), renamed(read_bristol(target), multiplier(4, swapped=False)))
