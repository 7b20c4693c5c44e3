"""Running a program: which machine does it, on rows of which width.

Bit-parallel: every word carries 64 independent patterns or streams; bit `k` of word `w` belongs to stream `64 * w + k`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.arrays import Words
from bridge.errors import InputError
from bridge.execution.compile.program import Program, compile_literals
from bridge.execution.machines.interpreter import ALIGNMENT, Machine, row_words, run_rows
from bridge.execution.machines.native import FAR_WORDS, NEAR, MachineCode, native_code, support

Kernel = Literal["auto", "portable", "native"]

ROW_WIDTHS = (1, 8, 64)  # words computed together; the portable machine has code of its own for each
NARROW = 2  # passes of the portable machine over shorter rows that take as long as one over the next longer
CACHE = 1 << 20  # bytes of rows up to which machine code likes them long
LOOPS = 30_000  # operations above which it likes them long anyway: its own bytes do not stay in the cache
GROUPED = 40  # passes of the portable machine after which the order that suits it has paid
PAYS = 200  # passes over the program after which generating machine code has paid


@dataclass(frozen=True, eq=False)
class Prepared:
    """A program ready to run, all rows 0. `code`: the machine code of `machine`, if there is any; it lives only as long
    as somebody holds it, so hold this, not the machine alone. One thread may use it at a time."""

    machine: Machine
    code: MachineCode | None

    @property
    def words(self) -> int:
        """Of a row."""
        return len(self.machine.width)


def make_machine(program: Program, words: int, steps: int, kernel: Kernel = "auto") -> Prepared:
    """A machine for so many words and steps. InputError if the native kernel is wanted and there is none."""
    if kernel not in ("auto", "portable", "native"):
        raise InputError(f"there is no kernel {kernel!r}; choose auto, portable or native")
    overflow = program.slots * 8 * row_words(64) > CACHE and program.operations <= LOOPS
    far = program.operations > NEAR
    width = 8 if words <= 8 * NARROW or overflow else FAR_WORDS if far else 64
    code = None
    if kernel == "native" or (kernel == "auto" and steps * -(-words // width) >= PAYS):
        code = native_code(program, width, always=kernel == "native")
    if kernel == "native" and code is None:
        raise InputError(f"the native kernel cannot run here: {support().fault or 'the program is too large'}")
    if code is None:
        width = next((width for width in ROW_WIDTHS if NARROW * width >= words), ROW_WIDTHS[-1])
        if steps * -(-words // width) >= GROUPED:
            program = program.grouped if width == ROW_WIDTHS[-1] else program.grouped_for_short_rows
    size = program.slots * row_words(width)
    room = np.zeros(size + ALIGNMENT, np.uint64)
    skipped = -(room.ctypes.data // room.itemsize) % ALIGNMENT
    address, memory = code.address if code else 0, room[skipped : skipped + size]
    return Prepared(Machine(program.code, program.outputs, program.moves, address, memory, (0,) * width), code)


def run(program: Program, inputs: Words, state: Words, kernel: Kernel = "auto") -> tuple[Words, Words]:
    """Run T steps. inputs: uint64[T, n_inputs, W]; state: uint64[n_latches, W], before the first step.

    Returns (uint64[T, n_outputs, W] outputs, uint64[n_latches, W] state after the last step). Releases the GIL.
    InputError when the shapes do not fit the program or each other. Every kernel gives the same bits.
    """
    inputs = np.ascontiguousarray(inputs, np.uint64)
    state = np.array(state, np.uint64, order="C")
    if inputs.ndim != 3 or inputs.shape[1] != program.inputs or inputs.shape[2] < 1:
        raise InputError(f"inputs must have shape [T, {program.inputs}, W], not {list(inputs.shape)}")
    words = inputs.shape[2]
    if state.shape != (len(program.resets), words):
        raise InputError(f"the state must have shape [{len(program.resets)}, {words}], not {list(state.shape)}")
    outputs = np.empty((len(inputs), len(program.outputs), words), np.uint64)
    prepared = make_machine(program, words, len(inputs), kernel)
    for start in range(0, words, prepared.words):
        run_rows(prepared.machine, inputs, state, outputs, start)
    return outputs, state


def simulate(aig: Aig, patterns: Words, literals: Sequence[int] | npt.NDArray[np.integer] | None = None) -> Words:
    """One combinational evaluation. patterns: uint64[n_inputs + n_latches, W], inputs first.

    Returns uint64[n, W]: the outputs, then the next states; or the values of `literals` if given (any literals of the
    netlist, such as its points).
    """
    if literals is None:
        literals = np.concatenate([aig.output_literals(), aig.next_literals()])
    program = compile_literals(aig, literals)
    patterns = np.asarray(patterns, np.uint64)
    if patterns.ndim != 2:
        raise InputError(f"patterns must have shape [{program.inputs}, W], not {list(patterns.shape)}")
    values: Words = run(program, patterns[None], program.reset_state(patterns.shape[1]))[0][0]
    return values
