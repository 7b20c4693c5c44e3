"""An `Aig` compiled for running: `compile_program`, `run` many steps, and `simulate` for one combinational evaluation.

Bit-parallel: every word carries 64 independent patterns or streams; bit `k` of word `w` belongs to stream `64 * w + k`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.errors import InputError
from bridge.execution import cut_kernels, fusion_kernels, machine_kernels, order_kernels

Words = npt.NDArray[np.uint64]
Literals = npt.NDArray[np.int64]
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ROW_WIDTHS = (1, 8, 64)  # words computed together; each width is machine code of its own
NARROW = 2  # passes over shorter rows that take as long as one over the next longer


@dataclass(frozen=True, eq=False)
class Program:
    """One step as a stream of instructions on slots, each a row of words.

    `code`: uint16[n], or uint32[n] above 65,536 slots, see `order_kernels`; `outputs`: int64[n_outputs], slot literals;
    `moves`: int64[n, 2], slot literal and target slot, the next states into the latches once the outputs are read;
    `resets`: bool[n_latches]; `inputs`, `slots`, `operations`: counts.
    """

    code: npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
    outputs: Literals
    moves: Literals
    resets: npt.NDArray[np.bool_]
    inputs: int
    slots: int
    operations: int

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
    cuts = cut_kernels.find_cuts(aig.ands, aig.first_and)
    shapes, partners = np.zeros(aig.variables, np.uint8), np.zeros(aig.variables, np.int32)
    fusion_kernels.pair_full_adders(cuts, shapes, partners)
    needed = fusion_kernels.choose(aig.ands, aig.first_and, roots, cuts, shapes, partners)
    fusion_kernels.pair_half_adders(aig.ands, aig.first_and, needed, cuts, shapes, partners)
    graph = (aig.ands, aig.first_and, *cuts[:2], shapes, partners, needed)
    order = order_kernels.depth_first(graph, roots)
    code, slots, flipped, used = order_kernels.emit(graph, order, roots)

    def slot_literals(literals: Literals) -> Literals:
        complements: Literals = literals & 1 ^ flipped[literals >> 1]
        return 2 * slots[literals >> 1].astype(np.int64) + complements

    return Program(
        code=_frozen(np.append(code, machine_kernels.END).astype(np.uint16 if used <= 1 << 16 else np.uint32)),
        outputs=_frozen(slot_literals(outputs)),
        moves=_frozen(order_kernels.sequence(slot_literals(nexts), aig.first_and - len(nexts), used)),
        resets=_frozen(resets),
        inputs=aig.first_and - 1 - len(nexts),
        slots=used + 1,
        operations=len(order),
    )


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
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
        memory, lanes = row_memory(program, words - start)
        machine_kernels.run_rows(machine(program), inputs, state, outputs, start, memory, lanes)
        start += len(lanes)
    return outputs, state


def machine(program: Program) -> tuple[Any, ...]:
    """What `machine_kernels.execute` takes."""
    return program.code, program.outputs, program.moves, 0


def row_memory(program: Program, words: int) -> tuple[Words, tuple[int, ...]]:
    """Zeroed memory for rows of the width that suits so many words, and the `lanes` that tell kernels that width."""
    width = next((width for width in ROW_WIDTHS if NARROW * width >= words), ROW_WIDTHS[-1])
    size, line = program.slots * machine_kernels.stride(width), machine_kernels.ALIGNMENT
    room = np.zeros(size + line, np.uint64)
    skipped = -(room.ctypes.data // room.itemsize) % line
    aligned: Words = room[skipped : skipped + size]
    return aligned, (0,) * width


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
