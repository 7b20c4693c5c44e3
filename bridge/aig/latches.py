"""Sequential machines in the form that searches and proofs want: every latch with a known reset starts at 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import TRUE, Aig, AigBuilder, Latch, Output, Properties, Reset
from bridge.aig.renumber import renumbered
from bridge.aig.strash import NONE, mark_graph
from bridge.arrays import Flags, Words
from bridge.execution import compile_program, run

STEPS, WORDS = 256, 4  # of random runs, each of 64 streams a word
STARTED = "\nstarted"  # a name that no file can hold


def normalized(aig: Aig) -> Aig:
    """The same machine with every latch that resets to 1 complemented, which makes complementary latches equal.

    `flipped` with `reset_to_one(aig)` undoes it.
    """
    return flipped(aig, reset_to_one(aig))


def reset_to_one(aig: Aig) -> Flags:
    return np.array([latch.reset == 1 for latch in aig.latches], np.bool_)


def flipped(aig: Aig, latches: Flags) -> Aig:
    """The same machine with the chosen latches, bool[latches], holding the complement of what they held."""
    if not latches.any():
        return aig
    image = 2 * np.arange(aig.variables)
    image[aig.first_latch : aig.first_and] ^= latches
    moved = renumbered(aig, image)
    complement: dict[Reset, Reset] = {0: 1, 1: 0, None: None}
    turned = (
        Latch(latch.name, latch.next ^ 1, complement[latch.reset]) if flip else latch
        for latch, flip in zip(moved.latches, latches.tolist(), strict=True)
    )
    return replace(moved, latches=tuple(turned))


def opened(aig: Aig) -> tuple[Aig, Flags]:
    """`normalized(aig)` with latches of unknown reset as further inputs, their next values as further outputs after
    outputs and properties; and which latches are left, bool[latches]. What holds for it holds for the machine."""
    form = normalized(aig)
    known = np.array([latch.reset is not None for latch in form.latches], np.bool_)
    order = np.argsort(np.concatenate([np.zeros(form.first_latch), known]), kind="stable")
    image = 2 * np.arange(form.variables)
    image[order] = 2 * np.arange(form.first_and)

    form = renumbered(form, image)
    pairs = list(zip(form.latches, known.tolist(), strict=True))
    hidden = [latch for latch, fixed in pairs if not fixed]
    properties = (Output(f"property.{i}", literal) for i, literal in enumerate(form.properties.literals()))
    form = replace(
        form,
        inputs=(*form.inputs, *(latch.name for latch in hidden)),
        latches=tuple(latch for latch, fixed in pairs if fixed),
        outputs=(*form.outputs, *properties, *(Output(f"next.{latch.name}", latch.next) for latch in hidden)),
        comment="",
        properties=Properties(),
    )
    return form, known


def observable(aig: Aig) -> Flags:
    """bool[variables]: whether an output or a property reads it, now or in a later step (by structure)."""
    return read_by(aig, all_outputs(aig))


def read_by(aig: Aig, literals: npt.NDArray[np.int64]) -> Flags:
    """bool[variables]: whether one of the literals reads it, now or in a later step (by structure)."""
    reached = np.zeros(aig.variables, np.bool_)
    wanted = literals >> 1
    while len(wanted):
        reached |= _cone(aig, wanted)
        nexts = aig.next_literals()[reached[aig.first_latch : aig.first_and]] >> 1
        wanted = nexts[~reached[nexts]]
    return reached


def _cone(aig: Aig, variables: npt.NDArray[np.int64]) -> Flags:
    fanins = np.concatenate([np.full((aig.first_and, 2), NONE, np.uint32), aig.ands])
    reached = np.zeros(aig.variables, np.bool_)
    mark_graph(fanins, 2 * variables, reached)
    return reached


def all_outputs(aig: Aig) -> npt.NDArray[np.int64]:
    """The literals of the outputs and of the AIGER properties."""
    return np.concatenate([aig.output_literals(), np.array(aig.properties.literals(), np.int64)])


def watch(aig: Aig, literals: npt.NDArray[np.int64], inputs: Words, state: Words) -> tuple[Words, Words]:
    """Run from a state. inputs: uint64[T, inputs, W]; state: uint64[latches, W].

    Returns (uint64[T, len(literals), W] the values of the literals in every step, the state after the last).
    """
    outputs = tuple(Output(str(index), int(literal)) for index, literal in enumerate(literals))
    machine = replace(aig, outputs=outputs, points=(), properties=Properties())
    return run(compile_program(machine), inputs, state)


def behaviour(aig: Aig) -> Words:
    """uint64[latches, n]: the values of each latch in random runs from reset, the same for machines with the same
    number of inputs. Every reset must be known."""
    own = 2 * np.arange(aig.first_latch, aig.first_and)
    inputs = random_words(0, STEPS, len(aig.inputs), WORDS)
    values, _ = watch(aig, own, inputs, reset_state(aig, WORDS))
    return values.transpose(1, 0, 2).reshape(len(own), STEPS * WORDS)


def reset_state(aig: Aig, words: int) -> Words:
    """uint64[latches, words]; every reset must be known."""
    return np.repeat(np.where(reset_to_one(aig), ~np.uint64(0), np.uint64(0))[:, None], words, axis=1)


def known_resets(aig: Aig, names: Sequence[str]) -> Aig:
    """The same machine with an input in the place of each unknown reset: a latch that starts at 0 reads it at first.

    `names`: of latches, in the order of their inputs, which come last; for those that are not of unknown reset in this
    machine the input is there and nothing reads it.
    """
    if not names:
        return aig
    builder = AigBuilder(aig.name, aig.variables)
    inputs = builder.inputs(aig.inputs)
    starts = {name: builder.input(f"{STARTED}.{name}") for name in names}
    started = builder.latch(STARTED, 0)
    builder.set_next(started, TRUE)
    latches = [builder.latch(latch.name, latch.reset or 0) for latch in aig.latches]
    values = [
        builder.mux(started, own, starts[latch.name]) if latch.reset is None else own
        for own, latch in zip(latches, aig.latches, strict=True)
    ]
    image = builder.copy(aig, [*inputs, *values])
    return builder.build_like(aig, image)


def random_words(seed: int, *shape: int) -> Words:
    return np.random.default_rng(seed).integers(0, 1 << 64, shape, np.uint64, endpoint=False)
