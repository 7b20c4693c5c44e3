"""A plain evaluator of netlists, written to be obviously right: the yardstick for everything compiled."""

from __future__ import annotations

from collections import Counter

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.readout import Readout


def evaluate(aig: Aig, inputs: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """bool[batch, inputs], bool[batch, latches] -> (bool[batch, outputs], bool[batch, latches])."""
    batch = len(inputs)
    values = [np.zeros(batch, bool), *inputs.T.astype(bool), *state.T.astype(bool)]

    def of(literal: int) -> np.ndarray:
        return values[literal >> 1] ^ bool(literal & 1)

    for a, b in aig.ands.tolist():
        values.append(of(a) & of(b))
    outputs = [of(output.literal) for output in aig.outputs]
    following = [of(latch.next) for latch in aig.latches]
    return _columns(outputs, batch), _columns(following, batch)


def reset_state(aig: Aig, batch: int) -> np.ndarray:
    """bool[batch, latches]; an unknown reset counts as 0."""
    return np.tile(np.array([latch.reset == 1 for latch in aig.latches], bool), (batch, 1))


def byte_inputs(text: np.ndarray) -> np.ndarray:
    """uint8[batch] -> bool[batch, 8], lowest bit first."""
    return np.unpackbits(text[:, None], axis=1, bitorder="little").astype(bool)


def logits_of(aig: Aig, outputs: np.ndarray) -> np.ndarray:
    """bool[batch, outputs] -> int64[batch, symbols], in the order of the outputs."""
    assert all(output.name.startswith("logit.") for output in aig.outputs)
    return numbers_of(aig, outputs)


def numbers_of(aig: Aig, outputs: np.ndarray) -> np.ndarray:
    """bool[batch, outputs] -> int64[batch, numbers], whatever they are called, in the order of the outputs."""
    by_name: dict[str, list[int]] = {}
    for index, output in enumerate(aig.outputs):
        name, bit = output.name.rstrip("]").split("[")
        places = by_name.setdefault(name, [])
        assert len(places) == int(bit)
        places.append(index)
    columns = []
    for places in by_name.values():
        worth = 1 << np.arange(len(places))
        worth[-1] *= -1
        columns.append(outputs[:, places] @ worth)
    return np.stack(columns, axis=1)


def _columns(parts: list[np.ndarray], batch: int) -> np.ndarray:
    return np.stack(parts, axis=1) if parts else np.zeros((batch, 0), bool)


def signed(bits: np.ndarray) -> np.ndarray:
    weights = 1 << np.arange(bits.shape[1], dtype=np.int64)
    weights[-1] *= -1
    return bits @ weights


def inverse_probability(readout: Readout, numbers: list[int], rank: int) -> Counter[int]:
    """1 / p(symbol) as coefficients of the powers of exp(scale)."""
    if readout.code is None:
        return Counter(number - numbers[rank] for number in numbers)
    product = Counter({0: 1})
    for node, bit in zip(readout.code.paths[0][rank].tolist(), readout.code.paths[1][rank].tolist(), strict=True):
        if node >= 0:
            turn = -numbers[node] if bit else numbers[node]
            longer = Counter(product)
            for power, times in product.items():
                longer[power + turn] += times
            product = longer
    return product


def measured_slowly(cell: Cell, data: bytes, segment: int, warmup: int) -> float:
    """The definition, byte by byte."""
    total = 0.0
    for first in range(1, len(data), segment):
        state = cell.reset(1)
        for position in range(max(0, first - warmup), min(first + segment, len(data)) - 1):
            state, logits = cell.step(state, np.array([data[position]], np.uint8))
            if position + 1 >= first:
                total += float(cell.readout.code_lengths(logits, np.array([data[position + 1]], np.uint8))[0])
    return total / (len(data) - 1)
