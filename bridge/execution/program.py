"""An `Aig` compiled for running: `compile_program`, `run` many steps, and `simulate` for one combinational evaluation.

Bit-parallel: every word carries 64 independent patterns or streams; bit `k` of word `w` belongs to stream `64 * w + k`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.execution import kernels

Words = npt.NDArray[np.uint64]
Literals = npt.NDArray[np.int64]
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ROW_WIDTHS = (1, 4, 8, 16)  # words computed together; each width is machine code of its own


@dataclass(frozen=True, eq=False)
class Program:
    """`code`, `moves`: int32[n, 3], instructions `slot[out] = a AND b` on slot literals: one step, and after the
    outputs are read the moves into the latches; `outputs`: int32[n_outputs], slot literals; `resets`: bool[n_latches];
    `inputs`, `slots`: counts."""

    code: npt.NDArray[np.int32]
    outputs: npt.NDArray[np.int32]
    moves: npt.NDArray[np.int32]
    resets: npt.NDArray[np.bool_]
    inputs: int
    slots: int

    def reset_state(self, words: int) -> Words:
        """uint64[n_latches, words]: the reset state of every stream; an unknown reset (None) starts at 0."""
        return np.repeat(np.where(self.resets, ALL, np.uint64(0))[:, None], words, axis=1)


def compile_program(aig: Aig) -> Program:
    """The sequential program of a netlist; what reaches no output and no next state is left out."""
    resets = np.array([latch.reset == 1 for latch in aig.latches], np.bool_)
    return _compile(aig, aig.output_literals(), aig.next_literals(), resets)


def compile_literals(aig: Aig, literals: npt.ArrayLike) -> Program:
    """A combinational program: its inputs are the inputs, then the latches of `aig`; its outputs are `literals`."""
    wanted = np.asarray(literals, np.int64).reshape(-1)
    if len(wanted) and not 0 <= wanted.min() <= wanted.max() < 2 * aig.variables:
        raise InputError(f"a literal lies outside 0 .. {2 * aig.variables - 1}")
    return _compile(aig, wanted, np.zeros(0, np.int64), np.zeros(0, np.bool_))


def _compile(aig: Aig, outputs: Literals, nexts: Literals, resets: npt.NDArray[np.bool_]) -> Program:
    roots = np.concatenate([nexts, outputs])
    order = kernels.depth_first(aig.ands, aig.first_and, roots)
    code, slots, used = kernels.allocate(aig.ands, aig.first_and, order, roots)
    # All next states are set aside before any latch changes: a latch may be read by the next state of another.
    aside = used + np.arange(len(nexts))
    latches = aig.first_and - len(nexts) + np.arange(len(nexts))
    return Program(
        code=_frozen(np.concatenate([code, _copies(_literals(slots, nexts), aside)])),
        outputs=_frozen(_literals(slots, outputs)),
        moves=_frozen(_copies(2 * aside, latches)),
        resets=resets,
        inputs=aig.first_and - 1 - len(nexts),
        slots=used + len(nexts),
    )


def _literals(slots: npt.NDArray[np.int32], literals: Literals) -> Literals:
    return 2 * np.asarray(slots[literals >> 1], np.int64) + (literals & 1)


def _copies(literals: Literals, targets: Literals) -> Literals:
    """A copy is `a AND a`."""
    return np.stack([literals, literals, targets], axis=1)


def _frozen(values: Literals) -> npt.NDArray[np.int32]:
    array = np.ascontiguousarray(values, np.int32)
    array.flags.writeable = False
    return array


def run(program: Program, inputs: Words, state: Words) -> tuple[Words, Words]:
    """Run T steps. inputs: uint64[T, n_inputs, W]; state: uint64[n_latches, W], before the first step.

    Returns (uint64[T, n_outputs, W] outputs, uint64[n_latches, W] state after the last step). Releases the GIL.
    InputError when the shapes do not fit the program or each other.
    """
    inputs = np.ascontiguousarray(inputs, np.uint64)
    state = np.array(state, np.uint64, order="C")
    if inputs.ndim != 3 or inputs.shape[1] != program.inputs or inputs.shape[2] < 1:
        raise InputError(f"inputs must have shape [T, {program.inputs}, W], not {list(inputs.shape)}")
    words = inputs.shape[2]
    if state.shape != (len(program.resets), words):
        raise InputError(f"the state must have shape [{len(program.resets)}, {words}], not {list(state.shape)}")
    outputs = np.empty((len(inputs), len(program.outputs), words), np.uint64)
    start = 0
    while start < words:
        width = next((width for width in ROW_WIDTHS if width >= words - start), ROW_WIDTHS[-1])
        memory, lanes = _aligned_zeros(program.slots * width), (0,) * width
        kernels.run_rows(program.code, program.outputs, program.moves, inputs, state, outputs, start, memory, lanes)
        start += width
    return outputs, state


def _aligned_zeros(words: int) -> Words:
    """uint64[words], at the start of a cache line so that no row straddles two."""
    room = np.zeros(words + kernels.ALIGNMENT, np.uint64)
    skipped = -(room.ctypes.data // room.itemsize) % kernels.ALIGNMENT
    aligned: Words = room[skipped : skipped + words]
    return aligned


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
