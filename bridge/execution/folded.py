"""Folded networks and their logic, run on text."""

from __future__ import annotations

import numpy as np

from bridge.aig import Aig
from bridge.aig.names import byte, element
from bridge.arrays import Bits, Ints
from bridge.cell.folded import Folded
from bridge.cell.passes import NUMBER, READY
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import run
from bridge.execution.stepper import one_blas_thread
from bridge.execution.text import segments_of
from bridge.execution.words import packed, unpacked
from bridge.printable import Listener, Progress, unheard


def folded_bits_per_byte(net: Folded, text: bytes, progress: Listener = unheard) -> float:
    """Mean code length of the bytes of `text` after the first, in bits, over the segments of `bridge.execution.text`,
    from the network itself. InputError for fewer than 2 bytes."""
    data = np.frombuffer(text, np.uint8)
    if len(data) < 2:
        raise InputError(f"a text of {len(data)} bytes has nothing to predict; at least 2 are needed")
    begin, first, end = segments_of(len(data))
    state, readout, total = net.reset(len(begin)), net.readout, 0.0
    steps = int((end - begin).max()) - 1
    with one_blas_thread():
        for step in range(steps):
            state, logits = net.step(state, data[np.minimum(begin + step, len(data) - 1)])
            counted = np.flatnonzero((first <= begin + step + 1) & (begin + step + 1 < end))
            total += float(readout.code_lengths(logits[counted], data[begin[counted] + step + 1]).sum())
            progress(Progress((step + 1) / steps))
    return total / (len(data) - 1)


def logits_of_logic(aig: Aig, steps: int, data: Bits) -> Ints:
    """int64[T, streams, symbols]: what the logic of a folded network says after each byte. data: uint8[T, streams];
    steps: of a byte. InputError if it has other inputs or outputs."""
    names = [output.name for output in aig.outputs]
    wanted = [*(element(NUMBER, bit) for bit in range(len(names) - 1)), READY]
    if names != wanted or aig.inputs != tuple(byte(bit) for bit in range(8)):
        raise InputError("this is not the logic of a folded network")
    program = compile_program(aig)
    state, found = program.reset_state(-(-data.shape[1] // 64)), []
    for row in data:
        inputs = packed((row >> np.arange(8, dtype=np.uint8)[:, None] & 1)[None])
        outputs, state = run(program, np.repeat(inputs, steps, axis=0), state)
        ready = outputs[:, -1].any(axis=1)
        bits = unpacked(outputs[ready, :-1], len(row)).astype(np.int64)
        found.append(_signed(bits).T)
    return np.stack(found)


def _signed(bits: Ints) -> Ints:
    """int64[n, streams]: the numbers whose bits, int64[n, width, streams], are these, in two's complement."""
    worth = 1 << np.arange(bits.shape[1])
    worth[-1] *= -1
    numbers: Ints = np.einsum("nws,w->ns", bits, worth)
    return numbers
