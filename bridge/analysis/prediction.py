"""What a text model predicts, as logic: outputs `argmax[..]` and `probability.<symbol>[..]` added to a netlist.

`argmax`: the number of the likeliest symbol in the readout, the lowest of equals. `probability.X`: the differences
logit_X - logit_Y to every other symbol Y, exact integers. While none of them changes, the probability of X cannot
change; when one does, the odds of X against Y change (and the probability, unless several changes cancel out).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import FALSE, TRUE, Aig, AigBuilder, Output
from bridge.aig.names import group_of, parse, plain
from bridge.errors import InputError
from bridge.execution.models import logit_bits
from bridge.metadata import read_metadata

ARGMAX = "argmax"
PROBABILITY = "probability"

Number = Sequence[int]  # literals, two's complement, lowest bit first


def with_prediction(aig: Aig, names: Iterable[str]) -> Aig:
    """The netlist with the outputs that the names among `names` ask for; all its variables keep their numbers.

    InputError when it is no text model, or has no such symbol.
    """
    wanted = [group_of(plain(name)) for name in names]
    wanted = [name for name in dict.fromkeys(wanted) if parse(name).kind in (ARGMAX, PROBABILITY)]
    taken = {group_of(output.name) for output in (*aig.outputs, *aig.points)}
    for name in wanted:
        if name not in taken:
            aig = _with_one(aig, name)
    return aig


def _with_one(aig: Aig, name: str) -> Aig:
    readout = read_metadata(aig).readout
    if readout is None:
        raise InputError(f"netlist {aig.name!r} has no symbols in its comment, so there is no {name}")
    logits = [[output.literal for output in bits] for bits in logit_bits(aig, readout)]
    builder = AigBuilder()
    numbers = [[builder.input(f"{row}[{place}]") for place in range(len(bits))] for row, bits in enumerate(logits)]
    if name == ARGMAX:
        bits = _argmax(builder, numbers)
    else:
        bits = _differences(builder, numbers, _row(aig, name, readout.symbols))
    for place, literal in enumerate(bits):
        builder.output(f"{name}[{place}]", literal)
    return _appended(aig, builder.build(), np.array([0, *(bit for number in logits for bit in number)], np.int64))


def _row(aig: Aig, name: str, symbols: bytes) -> int:
    text = name.partition(".")[2]
    value = int(text) if re.fullmatch(r"\d{1,3}", text, re.ASCII) else -1
    if value not in list(symbols):
        known = " ".join(str(symbol) for symbol in symbols)
        raise InputError(f"netlist {aig.name!r} has no symbol for {name!r}; write {PROBABILITY}. and one of {known}")
    return symbols.index(value)


def _appended(aig: Aig, piece: Aig, leaves: npt.NDArray[np.int64]) -> Aig:
    """`aig` with the nodes and outputs of a combinational netlist; leaves: the literals of its constant and inputs."""
    image = np.concatenate([leaves, 2 * (aig.variables + np.arange(len(piece.ands)))])
    literals = image[piece.ands >> 1] ^ (piece.ands & 1)
    nodes = np.sort(literals, axis=1)[:, ::-1].astype(np.uint32)
    results = piece.output_literals()
    literals = image[results >> 1] ^ (results & 1)
    outputs = (Output(o.name, literal) for o, literal in zip(piece.outputs, literals.tolist(), strict=True))
    return replace(aig, ands=np.concatenate([aig.ands, nodes]), outputs=(*aig.outputs, *outputs))


def _argmax(builder: AigBuilder, numbers: Sequence[Number]) -> list[int]:
    """A tournament between neighbours: the earlier one wins a draw."""
    width = max(1, (len(numbers) - 1).bit_length())
    players = [(number, [row >> bit & 1 for bit in range(width)]) for row, number in enumerate(numbers)]
    while len(players) > 1:
        pairs = zip(players[::2], players[1::2], strict=False)
        players = [_winner(builder, one, other) for one, other in pairs] + players[len(players) & ~1 :]
    return players[0][1]


def _winner(
    builder: AigBuilder, one: tuple[Number, list[int]], other: tuple[Number, list[int]]
) -> tuple[Number, list[int]]:
    later = _difference(builder, one[0], other[0])[-1]  # negative: the later one is larger
    width = max(len(one[0]), len(other[0]))
    pairs = [
        *zip(_extended(one[0], width), _extended(other[0], width), strict=True),
        *zip(one[1], other[1], strict=True),
    ]
    chosen = [builder.mux(later, b, a) for a, b in pairs]
    return chosen[:width], chosen[width:]


def _differences(builder: AigBuilder, numbers: Sequence[Number], row: int) -> list[int]:
    others = (number for index, number in enumerate(numbers) if index != row)
    return [bit for other in others for bit in _difference(builder, numbers[row], other)] or [FALSE]


def _difference(builder: AigBuilder, a: Number, b: Number) -> list[int]:
    """a - b, wide enough never to overflow."""
    width = max(len(a), len(b)) + 1
    carry, bits = TRUE, []
    for one, other in zip(_extended(a, width), _extended(b, width), strict=True):
        total, carry = builder.full_adder(one, other ^ 1, carry)
        bits.append(total)
    return bits


def _extended(number: Number, width: int) -> list[int]:
    return [*number, *[number[-1]] * (width - len(number))]
