"""A naive evaluator of circuits in Bristol Fashion, written apart from the package."""

from __future__ import annotations

from collections.abc import Sequence


def evaluate(text: str, inputs: Sequence[int]) -> list[int]:
    """The output bits for these input bits, each value's lowest bit first."""
    first, second, third, *gates = [line.split() for line in text.splitlines() if line.strip()]
    count, wires = map(int, first)
    assert count == len(gates)
    assert int(second[0]) == len(second) - 1
    assert sum(map(int, second[1:])) == len(inputs)
    values: list[int | None] = [*inputs, *[None] * (wires - len(inputs))]
    for fan_in, fan_out, *operands, target, kind in gates:
        assert (fan_in, fan_out) == ("1" if kind in ("INV", "EQ", "EQW") else "2", "1")
        assert values[int(target)] is None
        read = [int(operands[0])] if kind == "EQ" else [values[int(wire)] for wire in operands]
        assert None not in read
        a, b = (*read, 0)[:2]
        values[int(target)] = int({"XOR": a != b, "AND": a and b, "INV": not a, "EQ": a, "EQW": a}[kind])
    results = values[wires - sum(map(int, third[1:])) :]
    assert int(third[0]) == len(third) - 1
    assert None not in results
    return [value or 0 for value in results]
