"""Two models as one machine that reads for both, and says where their likeliest predictions differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder, Output
from bridge.aig.interface import same_names
from bridge.aig.literals import through
from bridge.aig.names import BYTE, element, group_of
from bridge.aig.renumber import with_leaves
from bridge.analysis.predicted.arithmetic import looked_up
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.predicted.scores import score_places
from bridge.analysis.predicted.serial import asked_at_once
from bridge.arrays import Words
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution import compile_program
from bridge.execution.compile.program import Program
from bridge.lowering import lower
from bridge.metadata import Metadata, read_metadata, readout_of, with_metadata

DIFFERS, OUTSIDE = "differs", "outside"
FIRST, SECOND = "first", "second"
_BYTE = 8


@dataclass(frozen=True, eq=False)
class Pair:
    """`first`, `second`: the models as netlists whose only outputs are what they predict, bits of equal numbers for
    equal predictions; `machine`: both together, with the output DIFFERS, then the bits of either; `labels`: what the
    numbers are, none where they are bytes; `allowed`: DIFFERS is 0 from the first byte on that is none of these; None
    if all are."""

    first: Aig
    second: Aig
    machine: Aig
    labels: tuple[str, ...]
    allowed: bytes | None = None

    @property
    def program(self) -> Program:
        """Of both: first the bits that one predicts, then those of the other."""
        own = len(self.first.outputs)
        shown = tuple(Output("", output.literal) for output in self.machine.outputs[1:])
        assert len(shown) == 2 * own
        return compile_program(replace(self.machine, outputs=shown))

    def predicted(self, bits: Words) -> tuple[Words, Words]:
        """Split what the program shows, [..., both, W]."""
        own = len(self.first.outputs)
        return bits[..., :own, :], bits[..., own:, :]


def pair_of(a: Cell | Aig, b: Cell | Aig, *, every_byte: bool = False) -> Pair:
    """`every_byte`: also those that are symbols of neither. InputError unless both predict bytes, or both choose among
    classes, and read the same inputs."""
    plain = [asked_at_once(lower(model) if isinstance(model, Cell) else model) for model in (a, b)]
    kinds = [read_metadata(aig).readout is not None for aig in plain]
    for aig, text in zip(plain, kinds, strict=True):
        if not text and len(score_places(aig)) < 2:
            raise InputError(f"netlist {aig.name!r} predicts neither bytes nor classes, so there is nothing to compare")
    if len({*kinds}) > 1:
        raise InputError(f"{plain[0].name!r} and {plain[1].name!r} cannot be compared: only one of them predicts bytes")
    same_names("input", plain[0].inputs, plain[1].inputs)
    labels = () if kinds[0] else tuple(dict.fromkeys(label for aig in plain for label in score_places(aig)))
    first, second = (_predicting(aig, labels) for aig in plain)
    second = with_leaves(second, first.inputs, [latch.name for latch in second.latches])
    allowed = None if every_byte or not {*BYTE} <= {*first.inputs} else symbols_of(a, b) or None
    known = read_metadata(plain[0])
    machine = with_metadata(_together(first, second, allowed), Metadata(inputs=known.inputs))
    return Pair(first, second, machine, labels, allowed)


def symbols_of(*models: Cell | Aig) -> bytes:
    """Those of any of them."""
    known = [readout_of(model) for model in models]
    return bytes(sorted({symbol for readout in known if readout is not None for symbol in readout.symbols}))


def _predicting(aig: Aig, labels: Sequence[str]) -> Aig:
    """With the bits of `argmax` alone as outputs, of classes of their places among all labels."""
    extended = with_prediction(aig, ["argmax"])
    known = {output.name: output.literal for output in extended.outputs if group_of(output.name) == "argmax"}
    width = max(_BYTE, (len(labels) - 1).bit_length()) if not labels else max(1, (len(labels) - 1).bit_length())
    builder, leaves = AigBuilder.like(extended)
    image = builder.copy(extended, leaves)
    for literal, latch in zip(leaves[len(extended.inputs) :], extended.latches, strict=True):
        builder.set_next(literal, through(image, latch.next))
    bits = [through(image, known[element("argmax", place)]) for place in range(len(known))]
    if labels:
        own = list(score_places(aig))
        numbers = [labels.index(label) for label in own]
        table = np.array(numbers + [0] * ((1 << len(bits)) - len(own)), np.int64)
        bits = looked_up(builder, bits, table)
    for place in range(width):
        builder.output(element("argmax", place), bits[place] if place < len(bits) else FALSE)
    return builder.build(extended.comment)


def _together(first: Aig, second: Aig, allowed: bytes | None) -> Aig:
    builder = AigBuilder("pair", first.variables + second.variables)
    inputs, shown = builder.inputs(first.inputs), list[list[int]]()
    for side, aig in ((FIRST, first), (SECOND, second)):
        latches = [builder.latch(f"{side}.{latch.name}", latch.reset or 0) for latch in aig.latches]
        image = builder.copy(aig, [*inputs, *latches])
        for literal, latch in zip(latches, aig.latches, strict=True):
            builder.set_next(literal, through(image, latch.next))
        shown.append(through(image, aig.output_literals()).tolist())
    differs = FALSE
    for one, other in zip(*shown, strict=True):
        differs = builder.or_(differs, builder.xor(one, other))
    if allowed is not None and len(allowed) < 256:
        read = [inputs[first.inputs.index(name)] for name in BYTE]
        inside = looked_up(builder, read, np.isin(np.arange(256), list(allowed)).astype(np.int64))[0]
        before = builder.latch(OUTSIDE)
        fine = builder.and_(inside, before ^ 1)
        builder.set_next(before, fine ^ 1)
        differs = builder.and_(differs, fine)
    builder.output(DIFFERS, differs)
    for side, bits in zip((FIRST, SECOND), shown, strict=True):
        for place, literal in enumerate(bits):
            builder.output(element(f"{side}.argmax", place), literal)
    return builder.build()
