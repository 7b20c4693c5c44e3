"""The commands pack and unpack: texts made small by a cell or a folded network, and back."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from bridge.cell import Cell
from bridge.cell.folded import Folded
from bridge.cell.predictor import Predictor
from bridge.cli.models import load_predictor
from bridge.cli.output import AsJson, emit, progress, say, text, writable
from bridge.coding.archive import Course, Tally, checked, pack_stream, unpack_stream
from bridge.coding.lanes import Runner
from bridge.corpus import NAMED, Corpus, read_text
from bridge.errors import InputError
from bridge.files import GIBIBYTE, writing
from bridge.printable import dump_json

STREAM = "-"  # standard input or output
PIECE = 1 << 20
MOST = GIBIBYTE  # bytes of a text that is held whole, to train on
PER_AND = 60  # bytes of text for which an AND pays
SMALLEST, LARGEST = 2_000, 300_000  # ANDs
READINGS, CODES = 8, 32  # of a text by a folded network that is trained on it, and its codes

Kernel = Annotated[
    Runner, typer.Option("--kernel", help="What runs the cell; oracle: without a netlist. All give the same bytes.")
]

Text = Annotated[str, typer.Argument(metavar="TEXT", help="A file, the corpus kjv or pydoc, or - for standard input.")]
Archive = Annotated[str, typer.Argument(metavar="ARCHIVE", help="What `pack` wrote, or - for standard input.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The file to write, or - for standard output.")]
Known = Annotated[
    str | None, typer.Option("--model", help="A cell or a folded network, which the archive only names by its digest.")
]
Told = Annotated[str | None, typer.Option("--model", help="The model, if the archive names one that is not shipped.")]
Ands = Annotated[
    int | None,
    typer.Option(min=1, help="Train trees of so many ANDs on the text. Default: what suits it, or LZMA."),
]
Units = Annotated[
    int | None, typer.Option(min=1, help="Train a folded network of so many units on the text: minutes, with torch.")
]
Inside = Annotated[bool, typer.Option("--inside", help="Put the model of --model into the archive.")]


def pack_command(
    source: Text,
    out: Out,
    model: Known = None,
    inside: Inside = False,
    ands: Ands = None,
    units: Units = None,
    kernel: Kernel = "auto",
    as_json: AsJson = False,
) -> None:
    """Compress a text by the logic of a cell, one trained on it or a given one; `unpack` gives it back everywhere."""
    if sum(each is not None for each in (model, ands, units)) > 1:
        raise InputError("--model names a model, --ands and --units train one: give one of them")
    if inside and model is None:
        raise InputError("--inside goes with --model: a cell that is trained here stands in the archive anyway")
    started = time.perf_counter()
    chosen = None if model is None else checked(load_predictor(model))
    with _read(source) as (read, size), _written(out) as write:
        if chosen is None:
            tally = _packed(_whole(read), write, _Wanted(ands, units), kernel)
        else:
            with progress("packing") as listener:
                course = Course(listener, size)
                pieces = iter(lambda: read(PIECE), b"")
                tally = pack_stream(pieces, write, chosen, inside=inside, runner=kernel, course=course)
            _tell_if_left_out(f"{model} saves", tally)
    _tell(out, _facts(tally, started), _summary(out, tally), as_json)


def unpack_command(
    source: Archive, out: Out, model: Told = None, kernel: Kernel = "auto", as_json: AsJson = False
) -> None:
    """Give back the text of an archive; what is not as it was written is an error, never other text."""
    started = time.perf_counter()
    told = None if model is None else load_predictor(model)
    with _read(source, corpora=()) as (read, size), _written(out) as write, progress("unpacking") as listener:
        try:
            tally = unpack_stream(read, write, told, runner=kernel, course=Course(listener, size))
        except InputError as error:
            raise InputError(f"{'standard input' if source == STREAM else source}: {error}") from error
    _tell(out, _facts(tally, started), f"{out}: {text(tally.text)} bytes", as_json)


def _whole(read: Callable[[int], bytes]) -> bytes:
    """All of it; InputError for more than MOST bytes."""
    held = bytearray()
    while piece := read(PIECE):
        held += piece
        if len(held) > MOST:
            raise InputError(f"the text has more than the {MOST:,} bytes that are packed without --model: name a cell")
    return bytes(held)


class _Wanted(NamedTuple):
    """What to train on the text: trees of so many ANDs, a folded network of so many units, or what suits it."""

    ands: int | None
    units: int | None


def _packed(data: bytes, write: Callable[[bytes], object], wanted: _Wanted, runner: Runner) -> Tally:
    """Pack by a model trained on the text; if none is wanted, by trees that suit it; or without any if that is shorter.

    InputError where --ands finds nothing in the text.
    """
    if wanted == (None, None) and (why := _not_tried(data)):
        say(why)
        return pack_stream([data], write, None)
    model: Predictor
    if wanted.units is not None:
        model, what = trained_network(data, wanted.units), f"a folded network of {text(wanted.units)} units"
    else:
        ands = wanted.ands or suited(len(data))
        model, what = trained(data, ands), f"a cell of trees, at most {text(ands)} ANDs,"
    with progress("packing") as listener:
        tally = pack_stream([data], write, model, runner=runner, course=Course(listener, len(data)))
    _tell_if_left_out(f"{what} saves", tally)
    return tally


def _not_tried(data: bytes) -> str:
    """Why no trees are trained on a text unless that is demanded; nothing if they are."""
    if suited(len(data)) < SMALLEST:
        return f"too short for a model inside: trees are tried from {text(SMALLEST * PER_AND)} bytes on, or by --ands"
    return "" if len(set(data)) > 1 else "the same byte throughout: there is nothing for a model to learn"


def _tell_if_left_out(what: str, tally: Tally) -> None:
    if tally.with_model is not None:
        say(f"{what} less of this text than it takes: it is left out; {text(tally.with_model)} bytes with it")


def suited(length: int) -> int:
    """ANDs of trees by which a text of so many bytes becomes shortest."""
    return min(length // PER_AND, LARGEST)


def trained(data: bytes, ands: int) -> Cell:
    """Trees for the whole text, of which every byte counts the same. InputError where no byte differs from another."""
    from bridge.boosting import BoostingOptions, train

    if (different := len(set(data))) < 2:
        raise InputError(f"--ands trains on texts of at least two different bytes, and this one has {different}")
    with progress("training") as listener:
        options = BoostingOptions(ands=ands, recency=0.0, repeats=1.0, caution=0.0)
        trained = train(_corpus(data), options, progress=listener)
    if not trained.finished:  # half a training is no archive that anybody asked for
        raise KeyboardInterrupt
    return trained.cell


def trained_network(data: bytes, units: int) -> Folded:
    """A folded network, which reads the whole text READINGS times. InputError for a text too short to train on."""
    from bridge.training.folded import FoldedOptions, train_folded

    options = FoldedOptions(units=units, codes=CODES, recency=0.0)
    least = options.batch * (options.sequence + 1)
    if len(data) < least:
        raise InputError(f"--units trains on texts of at least {least:,} bytes, and this one has {len(data):,}")
    steps = max(1, READINGS * len(data) // (options.batch * options.sequence))
    with progress("training") as listener:
        trained = train_folded(_corpus(data), replace(options, steps=steps), progress=listener)
    if not trained.finished:
        raise KeyboardInterrupt
    return trained.net


def _corpus(data: bytes) -> Corpus:
    """All of it, of which nothing is held out."""
    return Corpus("text", hashlib.sha256(data).hexdigest(), "tail", data, b"")


@contextmanager
def _read(source: str, corpora: tuple[str, ...] = NAMED) -> Iterator[tuple[Callable[[int], bytes], int | None]]:
    """(how to read it, how long it is if that is known). InputError when there is nothing to read."""
    if source == STREAM:
        yield sys.stdin.buffer.read, None
        return
    if source in corpora:
        data = read_text(source)
        yield BytesIO(data).read, len(data)
        return
    with _blamed(f"{source}: cannot read"):
        stream = Path(source).open("rb")  # noqa: SIM115 (only what reads is blamed on the source)
    with stream:
        yield _blamed(f"{source}: cannot read")(stream.read), os.fstat(stream.fileno()).st_size


@contextmanager
def _blamed(what: str) -> Iterator[None]:
    """What the system refuses in the block is an InputError that begins so."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{what}: {error.strerror or error}") from error


@contextmanager
def _written(out: Path) -> Iterator[Callable[[bytes], object]]:
    """How to write it. InputError where that is impossible, closed, full, or a terminal."""
    if str(out) != STREAM:
        with writing(writable(out, out.suffix.lower())) as stream:
            yield stream.write
        return
    if sys.__stdout__ is None:
        raise InputError("standard output is closed: name a file with -o")
    if sys.stdout.isatty():
        raise InputError("a terminal is no place for these bytes: name a file with -o, or pipe them on")
    yield _put


def _put(data: bytes) -> None:
    """Write to standard output at once. Half an archive is none, so that a reader who has gone is an error too."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still held would fail again at the end
        raise InputError(f"standard output: cannot write: {error.strerror or error}") from error


def _facts(tally: Tally, started: float) -> dict[str, Any]:
    seconds = time.perf_counter() - started
    counts = {name: count for name, count in vars(tally).items() if count is not None}
    return {**counts, "bits_per_byte": _bits(tally), "seconds": round(seconds, 3)}


def _bits(tally: Tally) -> float | None:
    return 8 * tally.archive / tally.text if tally.text else None


def _summary(out: Path, tally: Tally) -> str:
    """What became of the text."""
    methods = ", ".join(tally.methods) or "nothing to code"
    bits = f", {_bits(tally):.3f} bits per byte" if tally.text else ""
    inside = f"a model of {text(tally.model)} and " if tally.model else ""
    how = f"{inside}{text(tally.code)} of code ({methods})"
    return f"{out}: {text(tally.text)} bytes became {text(tally.archive)}{bits}: {how}"


def _tell(out: Path, facts: dict[str, Any], line: str, as_json: bool) -> None:
    """On standard error where the bytes go to standard output."""
    if str(out) == STREAM:
        say(dump_json(facts) if as_json else line)
        return
    emit(as_json, {"out": str(out), **facts}, line)
