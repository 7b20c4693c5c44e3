"""Rows of numbers through a cell or a netlist: a function of its inputs, or a machine that starts anew with each row.

A netlist is run bit-parallel; its inputs are `x[j]` or `x[j].i` for every Input `x` that its comment tells of, and
`byte[i]`, and its outputs `class.<label>[i]`, in any order (see `bridge.metadata`). Other outputs are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig
from bridge.aig.names import BYTE, parse
from bridge.arrays import Bits, Ints, Words
from bridge.cell import Cell, Input
from bridge.cell.blocks import BYTE as BYTE_READ
from bridge.cell.ranges import Ranges
from bridge.compiled import compiled
from bridge.errors import InputError
from bridge.execution.compile.program import compile_program
from bridge.execution.machines.run import run as run_program
from bridge.execution.machines.streams import unpack_numbers
from bridge.execution.models import is_serial, number_bits
from bridge.execution.positions import check_positions
from bridge.execution.stepper import one_blas_thread
from bridge.execution.words import unpacked
from bridge.metadata import Metadata, read_metadata
from bridge.readout import Labelled

Array: TypeAlias = npt.NDArray[Any]
Sequences: TypeAlias = dict[str, Array]  # by name, [rows, steps, elements]; of the byte [rows, steps, 1]
Rows: TypeAlias = Array | Sequence[Any] | Mapping[str, Any]

BYTES = Ranges(np.zeros(1, np.int64), np.full(1, 255, np.int64))
AT_ONCE = 1 << 23  # numbers that are in memory at once, about


@dataclass(frozen=True, eq=False)
class Runner:
    """What runs rows. `inputs`: what it is given besides the byte, if it `reads_byte`; `elements`: how many integers
    it has in each step, about; `numbers`: how many it gives; `run`: integers, by name, the byte first -> int64[rows,
    steps, numbers], each row from reset."""

    name: str
    inputs: tuple[Input, ...]
    reads_byte: bool
    elements: int
    numbers: int
    run: Callable[[Sequences], Ints]


class Places(NamedTuple):
    """int64[inputs] each: the element that an input of a netlist belongs to, all side by side, the byte first, and
    which bit of it it is."""

    owners: Ints
    places: Ints


def run(model: Cell | Aig, x: Rows, *, encoded: bool = False) -> Ints:
    """What the head says of every row: int64[rows, numbers], the numbers of a `Scores` head, or the logits of a text
    model.

    x: float[rows, features], raw, which the encoders of all inputs read, or integers [rows, elements] where an input
    has no encoder, or all are `encoded` already; by name where inputs differ, `byte` being uint8[rows]. One dimension
    more, [rows, steps, ...], makes each row a sequence that a machine reads from reset on: int64[rows, steps, numbers].
    InputError for what does not fit, for models that answer for one code node at a time, and for netlists whose comment
    does not say what their inputs and outputs are.
    """
    return _run_with(_cell_runner(model) if isinstance(model, Cell) else _netlist_runner(model), x, encoded)


def _run_with(runner: Runner, x: Rows, encoded: bool = False) -> Ints:
    """`run` with a model that is prepared."""
    given = _by_name(runner, x)
    sequences = {name: array[:, None] if array.ndim == 2 else array for name, array in given.items()}
    if len({array.shape[:-1] for array in given.values()}) != 1:
        told = ", ".join(f"{name} {list(array.shape)}" for name, array in given.items())
        raise InputError(f"all inputs need as many rows and steps: {told}")
    rows, steps, _ = next(iter(sequences.values())).shape
    width = max(1, steps) * (runner.elements + sum(array.shape[2] for array in sequences.values()))
    size = max(64, AT_ONCE // width // 64 * 64)
    found = np.empty((rows, steps, runner.numbers), np.int64)
    for start in range(0, rows * bool(steps), size):
        part = {name: array[start : start + size] for name, array in sequences.items()}
        found[start : start + size] = runner.run(_integers(runner, part, encoded))
    return found[:, 0] if next(iter(given.values())).ndim == 2 else found


def predict(model: Cell | Aig, x: Rows, *, encoded: bool = False) -> Array:
    """str[rows]: the label of the largest number, the first of equals; of a head with one label float64[rows], what it
    estimates. x: as for `run`."""
    return labelled_of(model).answers(run(model, x, encoded=encoded))


def labelled_of(model: Cell | Aig) -> Labelled:
    """What the numbers of a model are. InputError for text models, and for netlists that do not say."""
    labelled = model.labelled if isinstance(model, Cell) else read_metadata(model).scores
    if labelled is None:
        raise InputError(f"{model.name!r} has no labels, since it does not end in Scores: it classifies no rows")
    return labelled


def _cell_runner(cell: Cell) -> Runner:
    if cell.serial:
        raise InputError(f"cell {cell.name!r} answers for one code node at a time: it reads text alone")

    def run(given: Sequences) -> Ints:
        rows, steps, _ = next(iter(given.values())).shape
        state, found = cell.reset(rows), []
        with one_blas_thread():
            for step in range(steps):
                now = {name: array[:, step] for name, array in given.items()}
                if BYTE_READ in now:
                    now[BYTE_READ] = now[BYTE_READ][:, 0].astype(np.uint8)
                state, numbers = cell.step(state, now)
                found.append(numbers)
        return np.stack(found, axis=1)

    elements = sum(cell.widths.values())
    return Runner(cell.name, cell.inputs, cell.reads_byte, elements, len(cell.numbers), run)


def _netlist_runner(aig: Aig) -> Runner:
    numbers = number_bits(aig, _numbers(aig, read_metadata(aig)))
    literals = np.array([output.literal for bits in numbers for output in bits], np.int64)
    ends = np.cumsum([len(bits) for bits in numbers])

    def read(outputs: Words, rows: int) -> Ints:
        return np.ascontiguousarray(unpack_numbers(outputs, ends, rows).transpose(1, 0, 2))

    return _runner(aig, literals, len(numbers), read)


def row_values(aig: Aig, x: Rows, literals: Ints) -> Bits:
    """uint8[rows, n] or [rows, steps, n]: what literals of a netlist are, each row from reset. x: as for `run`, encoded
    or not. InputError for what does not fit."""

    def read(outputs: Words, rows: int) -> Ints:
        return unpacked(outputs, rows).transpose(2, 0, 1).astype(np.int64)

    return _run_with(_runner(aig, literals, len(literals), read), x).astype(np.uint8)


def _runner(aig: Aig, literals: Ints, numbers: int, read: Callable[[Words, int], Ints]) -> Runner:
    """`read`: int64[rows, steps, numbers] from what the literals are, uint64[steps, literals, W], in so many rows."""
    inputs = read_metadata(aig).inputs
    reads_byte = any(parse(name).kind == "byte" for name in aig.inputs)
    places = places_of(aig, inputs, reads_byte)
    program = compile_program(aig, literals)

    def run(given: Sequences) -> Ints:
        elements = np.concatenate(list(given.values()), axis=2).astype(np.int64)
        check_positions(aig, elements.shape[1], "steps")
        patterns = pack_elements(np.ascontiguousarray(elements.transpose(1, 2, 0)), places)
        return read(run_program(program, patterns, program.reset_state(patterns.shape[2]))[0], len(elements))

    return Runner(aig.name, inputs, reads_byte, len(places.owners), numbers, run)


def places_of(aig: Aig, inputs: Sequence[Input], reads_byte: bool = False) -> Places:
    """What the inputs of a netlist are, given those of its cell. InputError if they are not just these."""
    names = [*(BYTE if reads_byte else ()), *(name for each in inputs for name in each.signals)]
    place = {name: index for index, name in enumerate(names)}
    for name in sorted(set(aig.inputs) ^ set(names)):
        state = "no" if name in place else "an extra"
        raise InputError(f"netlist {aig.name!r} has {state} input {name!r}, unlike what is known of its inputs")
    ranges = Ranges.joined([BYTES] * reads_byte + [Ranges(each.low, each.high) for each in inputs])
    order = np.array([place[name] for name in aig.inputs], np.int64)
    return Places(ranges.owners[order], ranges.places[order])


def _numbers(aig: Aig, facts: Metadata) -> list[str]:
    """What its numbers are called."""
    if facts.scores is not None:
        return facts.scores.names
    if facts.readout is None or is_serial(aig, facts.readout):
        raise InputError(f"netlist {aig.name!r} does not say in its comment what numbers it gives in one step")
    return facts.readout.names(serial=False)


@compiled
def pack_elements(values: Ints, inputs: Places) -> Words:
    """int64[T, elements, rows] -> uint64[T, inputs, words], what each input of a netlist is given."""
    steps, _, rows = values.shape
    packed = np.zeros((steps, len(inputs.owners), (rows + 63) // 64), np.uint64)
    for step in range(steps):
        for index in range(len(inputs.owners)):
            element, place = values[step, inputs.owners[index]], inputs.places[index]
            for row in range(rows):
                packed[step, index, row >> 6] |= np.uint64(element[row] >> place & 1) << np.uint64(row & 63)
    return packed


def _by_name(runner: Runner, x: Rows) -> Sequences:
    """What is given as arrays [rows, elements] or [rows, steps, elements]; one alone is for all inputs if each has an
    encoder, or for the only one."""
    wanted = [BYTE_READ] * runner.reads_byte + [each.name for each in runner.inputs]
    if not isinstance(x, Mapping):
        if len(wanted) != 1 and (runner.reads_byte or not all(each.encoder for each in runner.inputs)):
            raise InputError(f"{runner.name!r} is given {', '.join(wanted) or 'nothing'}, by name")
        x = dict.fromkeys(wanted, x)
    if set(x) != set(wanted):
        raise InputError(f"{runner.name!r} is given {', '.join(wanted)}, not {', '.join(map(str, x))}")
    found = {name: _array(x[name], name) for name in wanted}
    if not found:
        raise InputError(f"{runner.name!r} has no inputs: it gives the same numbers for any row")
    return found


def _array(given: Any, name: str) -> Array:
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise InputError(f"input {name!r} is no array: {error}") from error
    shaped = array[..., None] if name == BYTE_READ else array
    if shaped.ndim not in (2, 3) or array.dtype.kind not in "iubf":
        shape = "[rows] or [rows, steps]" if name == BYTE_READ else "[rows, elements] or [rows, steps, elements]"
        raise InputError(f"input {name!r} must be numbers {shape}, not {array.dtype}{list(array.shape)}")
    return shaped


def _integers(runner: Runner, part: Sequences, encoded: bool) -> Sequences:
    """What each input is given, raw features encoded; InputError for what lies outside its range."""
    found: Sequences = {}
    if runner.reads_byte:
        byte = part[BYTE_READ]
        if byte.dtype.kind not in "iu" or ((byte < 0) | (byte > 255)).any():
            raise InputError("input 'byte' must be whole numbers 0..255")
        found[BYTE_READ] = byte
    for each in runner.inputs:
        array = part[each.name]
        table = array.reshape(-1, array.shape[2])
        values = integers_given(each, table, encoded)
        found[each.name] = values.reshape(*array.shape[:2], values.shape[1])
    return found


def integers_given(block: Input, table: Array, encoded: bool = False) -> Ints:
    """int64[rows, elements]: what an input is given, of raw features if it has an encoder, else whole numbers, also
    where they come as floats. InputError for what lies outside its range."""
    if block.encoder and not encoded:
        return block.encoder.encode(table)
    if table.dtype.kind == "f" and (np.abs(table) < 2**62).all() and (np.floor(table) == table).all():
        table = table.astype(np.int64)
    return block.given(table).astype(np.int64)
