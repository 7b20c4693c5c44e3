"""A plain evaluator of netlists, written to be obviously right: the yardstick for everything compiled."""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig


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
