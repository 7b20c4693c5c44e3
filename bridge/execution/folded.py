"""The logic of a folded network, run on text, beside the network."""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import byte, element
from bridge.arrays import Bits, Ints
from bridge.cell.folded import Folded
from bridge.cell.passes import NUMBER, READY, passes_of
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import run
from bridge.execution.stepper import OracleStepper
from bridge.execution.words import packed, unpacked

STREAMS = 512  # that are run side by side


def says_the_same(net: Folded, aig: Aig, steps: int) -> bool:
    """Does the logic say what the network says, after each of `steps` random bytes of each of STREAMS texts?"""
    data = np.random.default_rng(0).integers(0, 256, (steps, STREAMS), np.uint8)
    oracle = OracleStepper(net)
    expected = oracle.advance(oracle.reset(STREAMS), data)[1]
    try:
        return np.array_equal(logits_of_logic(aig, passes_of(net).steps, data), expected)
    except InputError:  # it is no such logic at all
        return False


def logits_of_logic(aig: Aig, steps: int, data: Bits) -> Ints:
    """int64[T, streams, symbols]: what the logic of a folded network says after each byte. data: uint8[T, streams];
    steps: of a byte. InputError if it has other inputs or outputs, or is not ready in the same steps for every byte.
    """
    names = [output.name for output in aig.outputs]
    wanted = [*(element(NUMBER, bit) for bit in range(len(names) - 1)), READY]
    if names != wanted or aig.inputs != tuple(byte(bit) for bit in range(8)):
        raise InputError("this is not the logic of a folded network")
    program = compile_program(aig)
    state, found = program.reset_state(-(-data.shape[1] // 64)), []
    always: Bits | None = None
    for row in data:
        inputs = packed((row >> np.arange(8, dtype=np.uint8)[:, None] & 1)[None])
        outputs, state = run(program, np.repeat(inputs, steps, axis=0), state)
        ready = unpacked(outputs[:, -1:], len(row))[:, 0]
        always = ready[:, :1] if always is None else always
        if (ready != always).any():
            raise InputError("this is not the logic of a folded network: bytes are not ready in the same steps")
        bits = unpacked(outputs[always[:, 0] == 1, :-1], len(row)).astype(np.int64)
        found.append(_signed(bits).T)
    return np.stack(found)


def _signed(bits: Ints) -> Ints:
    """int64[n, streams]: the numbers whose bits, int64[n, width, streams], are these, in two's complement."""
    worth = 1 << np.arange(bits.shape[1])
    worth[-1] *= -1
    numbers: Ints = np.einsum("nws,w->ns", bits, worth)
    return numbers
