"""What a text model predicts, as outputs added to its netlist, whatever kind of head it has.

`argmax`, `greedy`: the eight bits of a byte, the likeliest one and the one that is written at temperature 0 (for what
they mean see `bridge.readout`). `logit.X`: of a head over a code tree, minus the code length of X in a fixed point
(`bridge.readout.fixedpoint`); other heads have it as an output. `probability.X`: bits that change just where the
probability of X does, as a real number: not its value (`bridge.analysis.predicted.heads`).

`margin.'a'.'b'`: how much larger the first logit is, in its units.

Of a network that gives scores of classes: `argmax`, which of them is the largest, counted from 0, the first of equals,
and `margin.'a'.'b'`, how much larger one is than another (`bridge.analysis.predicted.scores`).

A serial head is asked about all nodes of its code: `score.3` is the score of one of them (see `serial`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from bridge.aig import Aig, AigBuilder, Output
from bridge.aig.literals import through
from bridge.aig.names import Name, element, group_of, members, parse, quoted, symbols_of
from bridge.analysis.predicted import heads
from bridge.analysis.predicted.scores import derived_scores, score_places
from bridge.analysis.predicted.serial import asked_at_once
from bridge.analysis.signals import named_bits, unquoted
from bridge.cell import Cell
from bridge.errors import InputError
from bridge.execution.models import number_bits
from bridge.metadata import not_text, read_metadata, readout_of
from bridge.readout import Readout

DERIVED: dict[str, heads.Logic] = {
    "argmax": heads.argmax,
    "greedy": heads.greedy,
    "logit": heads.logit,
    "margin": heads.margin,
    "probability": heads.probability,
}
OF_SCORES = "argmax", "margin"  # of a network that gives scores of classes
SHOWN = 24  # symbols named in a sentence
_EVERY = ("", "*")


def with_prediction(aig: Aig, names: Iterable[str], sources: Iterable[str] = ()) -> Aig:
    """The netlist with the outputs that those of the names ask for which it has not; unless it is serial, all its
    variables keep their numbers. sources: names of what will be changed, see `asked_at_once`.

    InputError when it is no text model, or has no such symbol.
    """
    readout, asked = read_metadata(aig).readout, [parse(name) for name in names]
    if readout is None:
        scores = [name for name in asked if name.kind in OF_SCORES and not members(str(name), named_bits(aig))]
        if scores and score_places(aig):
            return _with_scores(aig, scores)
        _check_known(aig, asked)
        return aig
    derived = [name for name in asked if _is_derived(name, readout)]
    if derived or any(name.kind == "score" and name.of for name in asked):
        aig = asked_at_once(aig, [*map(str, asked), *sources])
    taken = {group_of(output.name) for output in (*aig.outputs, *aig.points)}
    wanted = dict.fromkeys(name.group for whole in derived for name in _wanted(aig, readout, whole))
    missing = [name for name in wanted if name not in taken]
    return _with(aig, missing) if missing else aig


def without_prediction(aig: Aig) -> Aig:
    """Undo `with_prediction`, but for what it made of a serial netlist; all variables keep their numbers."""
    readout = read_metadata(aig).readout
    made = OF_SCORES if readout is None and score_places(aig) else ()
    kept = (o for o in aig.outputs if not _is_derived(parse(o.name), readout) and parse(o.name).kind not in made)
    return replace(aig, outputs=tuple(kept))


def _is_derived(name: Name, readout: Readout | None) -> bool:
    """In a netlist that is no text model every name is its own."""
    return readout is not None and name.kind in DERIVED and (name.kind != "logit" or readout.code is not None)


def _check_known(aig: Aig, asked: Iterable[Name]) -> None:
    """InputError for predictions of a netlist that is no text model, unless it has signals of that name."""
    for name in asked:
        if name.kind in DERIVED and name.kind != "logit" and not members(str(name), named_bits(aig)):
            more = "; ask for argmax or margin.'a'.'b'" if score_places(aig) else ""
            raise not_text(aig, f"has no symbols in its comment, so there is no {name}{more}")


def check_source(aig: Aig, extended: Aig, source: str) -> None:
    """InputError for what affects nothing. extended: the same netlist with its prediction."""
    if _is_derived(parse(source), read_metadata(aig).readout):
        raise InputError(f"{source} can be affected, but affects nothing; ask for it with --to")
    if parse(source).kind == "node" and len(extended.inputs) < len(aig.inputs):
        raise InputError(f"a prediction asks about every code node, so {source} does not affect it; ask --to score")


def meaning(model: Cell | Aig, name: str) -> str:
    """What the score of a code node is about, a sentence without a full stop; nothing for other names."""
    asked = parse(name)
    if asked.kind != "score" or not asked.of.isdecimal():
        return ""
    readout = readout_of(model)
    if readout is None or readout.code is None or int(asked.of) >= readout.code.nodes:
        return ""
    above, others = map(_shown, readout.told_apart(int(asked.of)))
    return f"{asked.group} tells {above} (above 0) from {others}"


def _shown(symbols: bytes) -> str:
    more = f" and {len(symbols) - SHOWN} more" if len(symbols) > SHOWN else ""
    return repr(symbols[:SHOWN].decode("latin-1")) + more


def _wanted(aig: Aig, readout: Readout, asked: Name) -> list[Name]:
    """One name for every number; `logit` stands for those of all symbols."""
    if asked.kind in ("argmax", "greedy"):
        return [asked]
    if asked.kind == "logit" and asked.of in _EVERY:
        return [Name("logit", str(symbol)) for symbol in readout.symbols]
    if asked.kind == "margin":
        _ranks(readout, asked)
        return [asked]
    if asked.of not in map(str, readout.symbols):
        known = f"; write {asked.kind}. and one of {' '.join(map(str, readout.symbols))}"
        advice = unquoted(str(asked)) if quoted(str(asked)) else known
        raise InputError(f"netlist {aig.name!r} has no symbol for {str(asked)!r}{advice}")
    return [asked]


def competing(aig: Aig) -> list[tuple[int, list[int]]]:
    """What `argmax` chooses from: each value and the literals of its number; nothing where a code tree decides."""
    readout = read_metadata(aig).readout
    if readout is None:
        places = score_places(aig).values()
        return [(rank, [aig.outputs[place].literal for place in own]) for rank, own in enumerate(places)]
    if readout.code is not None:
        return []
    numbers = number_bits(aig, readout.names(serial=False))
    return [(s, [bit.literal for bit in bits]) for s, bits in zip(readout.symbols, numbers, strict=True)]


def _ranks(readout: Readout, asked: Name) -> list[int]:
    """Of the symbols that a name speaks of; InputError for what is no margin of two of them."""
    if asked.kind != "margin":
        return [readout.symbols.index(int(asked.of))] if asked.of else []
    pair = symbols_of(asked)
    if pair is None:
        raise InputError(f"{str(asked)!r}: a margin is between two symbols, \"margin.'a'.'b'\" or margin.97.98 say")
    for symbol in pair:
        if symbol > 255 or symbol not in readout.symbols:
            raise InputError(f"there is no symbol {symbol} for {str(asked)!r}; there are {_shown(readout.symbols)}")
    return [readout.symbols.index(symbol) for symbol in pair]


def _with(aig: Aig, names: Iterable[str]) -> Aig:
    """With all of these outputs, which share what they can."""
    readout = read_metadata(aig).readout
    assert readout is not None
    literals = [[output.literal for output in bits] for bits in number_bits(aig, readout.names(serial=False))]
    builder = AigBuilder()
    numbers = [[builder.input("") for _ in bits] for bits in literals]
    for name in names:
        asked = parse(name)
        made = DERIVED[asked.kind](builder, readout, numbers, _ranks(readout, asked))
        for place, literal in enumerate(made):
            builder.output(element(name, place), literal)
    return _appended(aig, builder.build(), literals)


def _with_scores(aig: Aig, asked: Iterable[Name]) -> Aig:
    """The same for what is derived from the scores of classes."""
    places = score_places(aig)
    builder = AigBuilder()
    numbers = {label: [builder.input("") for _ in own] for label, own in places.items()}
    for name in dict.fromkeys(whole.group for whole in asked):
        for place, literal in enumerate(derived_scores(builder, numbers, parse(name))):
            builder.output(element(name, place), literal)
    return _appended(aig, builder.build(), [[aig.outputs[place].literal for place in own] for own in places.values()])


def _appended(aig: Aig, piece: Aig, numbers: Sequence[Sequence[int]]) -> Aig:
    """`aig` with the nodes and outputs of a combinational netlist; numbers: the literals of its inputs."""
    leaves = np.array([0, *(bit for number in numbers for bit in number)], np.int64)
    image = np.concatenate([leaves, 2 * (aig.variables + np.arange(len(piece.ands)))])
    literals = through(image, piece.ands)
    nodes = np.sort(literals, axis=1)[:, ::-1].astype(np.uint32)
    results = piece.output_literals()
    literals = through(image, results)
    outputs = (Output(o.name, literal) for o, literal in zip(piece.outputs, literals.tolist(), strict=True))
    return replace(aig, ands=np.concatenate([aig.ands, nodes]), outputs=(*aig.outputs, *outputs))
