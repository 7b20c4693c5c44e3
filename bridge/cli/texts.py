"""Commands that run a model on text, or on rows of numbers: eval, generate, chat."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cell.predictor import Predictor
from bridge.cell.record import Source, sources_of
from bridge.cli.data import measured
from bridge.cli.models import AnyModel, as_netlist, load_any, load_model, onward
from bridge.cli.netlists import Reader
from bridge.cli.output import AsJson, emit, progress, text
from bridge.cli.questions import Do, edited
from bridge.coding.score import Score
from bridge.corpus import NAMED, Holdout, load_corpus, read_text
from bridge.errors import InputError
from bridge.execution import Conversation, Evaluation, Kernel, evaluate
from bridge.execution import generate as generate_bytes
from bridge.execution.generate import NEWLINE
from bridge.execution.overlap import overlap
from bridge.metadata import read_metadata, readout_of

TRAINED = 0.9  # of a text: the training part of a corpus


Part = Literal["heldout", "training", "all"]  # which bytes of a text to read
_TEXT = typer.Option("--text", help="A file, or the corpus kjv or pydoc.")
Text = Annotated[str, _TEXT]
AnyText = Annotated[str | None, _TEXT]  # or none
TextPart = Annotated[Part | None, typer.Option(help="Default: held-out of a named corpus, all of a file.")]


def default_part(source: str) -> Part:
    """Held-out text of a named corpus, all of a file."""
    return "heldout" if source in NAMED else "all"


def read_part(source: str, part: Part | None = None, holdout: Holdout = "tail") -> bytes:
    """The bytes of a named corpus or a file that a command reads."""
    chosen = part or default_part(source)
    if chosen == "all":
        return read_text(source)
    corpus = load_corpus(source, holdout)
    return corpus.heldout if chosen == "heldout" else corpus.training


def evaluate_text(
    model: AnyModel,
    source: AnyText = None,
    rows: Annotated[
        Path | None, typer.Option("--data", help="An .npz file of rows x and what they are, y, for other models.")
    ] = None,
    part: TextPart = None,
    holdout: Annotated[Holdout, typer.Option(help="How the held-out part is chosen.")] = "tail",
    scored: Annotated[
        bool,
        typer.Option(
            "--score",
            help="Count the circuit, too: its bits, shared by all bytes of the text. Reads its held-out part.",
        ),
    ] = False,
    exact: Annotated[bool, typer.Option("--exact", help="One stream over the whole text instead of segments.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--threads", min=1, max=256, help="Threads (default: all processors).")
    ] = None,
    kernel: Annotated[Kernel, typer.Option(help="What runs a netlist; all give the same.")] = "auto",
    reader: Reader = "pyslang",
    do: Do = None,
    as_json: AsJson = False,
) -> str | None:
    """How good a cell or a netlist is: bits per byte on a text, or accuracy, or errors of estimates, on rows."""
    if rows is not None:
        if source is not None or part or scored or exact or jobs or kernel != "auto" or holdout != "tail":
            raise InputError("--data goes with --reader, --do and --json alone: all other options are those of a text")
        network = edited(load_model(model, reader), do)
        facts, lines = measured(network, rows)
        emit(as_json, facts, *lines)
        return onward(network)
    if source is None:
        raise InputError("give --text for a model of text, or --data FILE.npz for one of rows of numbers")
    chosen = part or ("heldout" if scored else default_part(source))
    if scored and (chosen != "heldout" or do):
        raise InputError("--score is that of a model as it is, on the held-out part: leave out --part and --do")
    data = read_part(source, chosen, holdout)
    loaded = edited(load_any(model, reader), do, data)
    # What is counted is what runs: the same logits, bit for bit, many times as fast as a cell as it is.
    runs = as_netlist(loaded) if scored and isinstance(loaded, Cell) else loaded
    if not isinstance(runs, Aig) and kernel != "auto":
        raise InputError("--kernel is for netlists: cells as they are, and folded networks, run without a kernel")
    with progress("evaluating") as report:
        result = evaluate(runs, data, exact=exact, jobs=jobs, kernel=kernel, progress=report)
    seen = _seen(loaded, data)
    facts = {**asdict(result), "text": source, "part": chosen, "seen_in_training": seen}
    lines = [_told(loaded, result, chosen), *_warnings(loaded, result, seen, chosen)]
    if scored:
        known = None if isinstance(loaded, Aig) else loaded
        found = Score.of(result.bits_per_byte, len(read_text(source)), as_netlist(runs), known)
        facts["score"] = found.facts()
        lines.append(found.told(known.KIND if known else Cell.KIND))
    emit(as_json, facts, *lines)
    return None if isinstance(loaded, Cell | Aig) else onward(loaded)


def _told(model: Predictor | Aig, result: Evaluation, part: Part) -> str:
    """The measure in a line."""
    head = f"; serial head, {result.evaluations_mean:.2f} evaluations per byte, at most {result.evaluations_max}"
    line = f"{result.bits_per_byte:.6f} bits per byte on {text(result.bytes)} bytes ({part})"
    careless = result.unseen if isinstance(model, Aig) and read_metadata(model).alphabet is not None else 0
    note = f"; {careless:,} of them are not in the alphabet: after these, it need not do as its cell (--care alphabet)"
    return line + head * result.serial + note * bool(careless)


def _seen(model: Predictor | Aig, data: bytes) -> float | None:
    """The share of the text that the model was trained on; None where that is not known."""
    sources = read_metadata(model).sources if isinstance(model, Aig) else sources_of(model.record)
    shares = [share for share in (_seen_in(source, data) for source in sources) if share is not None]
    return max(shares, default=None)


def _seen_in(source: Source, data: bytes) -> float | None:
    if hashlib.sha256(data).hexdigest() == source.sha256:
        return TRAINED  # all of it, of which the training part is so much, wherever that file is now
    try:
        return overlap(data, source.load().training)
    except InputError:  # it is gone or has changed
        return None


def _warnings(model: Predictor | Aig, result: Evaluation, seen: float | None, part: Part) -> list[str]:
    """What makes the measure worth little."""
    readout = readout_of(model)
    symbols, share = len(readout.symbols) if readout else 0, result.unseen / result.bytes
    told = []
    if seen is not None and round(seen, 2) >= TRAINED:
        read = "what is held out here" if part == "heldout" else "this text"
        told.append(f"{seen:.0%} of {read} is what the model was trained on: other text would take more bits per byte")
    if share > 0.5:
        told.append(
            f"{share:.0%} of the bytes are none of the {symbols} that the model knows: it is a model of other text"
        )
    return told


def generate(
    model: AnyModel,
    prompt: Annotated[str, typer.Option(help="The text to go on from.")] = "",
    count: Annotated[int, typer.Option("--bytes", min=0, max=1 << 30, help="How many bytes.")] = 300,
    temperature: Annotated[
        float,
        typer.Option(min=0.0, max=100.0, help="0 is greedy: always the likeliest, or the likelier bit of a code."),
    ] = 0.7,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same text.")] = 0,
    do: Do = None,
    as_json: AsJson = False,
) -> str | None:
    """Write text, byte by byte."""
    start = encoded(prompt)
    loaded = edited(load_any(model), do)
    stream = generate_bytes(loaded, start, count, temperature=temperature, seed=seed)
    if as_json:
        emit(True, {"prompt": prompt, "text": bytes(stream).decode(errors="replace"), "seed": seed})
        return None
    sys.stdout.buffer.write(start)
    for byte in chain(stream, NEWLINE):
        _write(byte)
    return None if isinstance(loaded, Cell | Aig) else "eval {model} --text TEXT"


def encoded(prompt: str) -> bytes:
    """As it was typed. InputError for bytes that are no UTF-8."""
    try:
        return prompt.encode()
    except UnicodeEncodeError as error:
        raise InputError("the prompt is not valid UTF-8") from error


def chat(
    model: AnyModel,
    count: Annotated[int, typer.Option("--bytes", min=1, max=1 << 20, help="At most so many bytes an answer.")] = 200,
    temperature: Annotated[
        float,
        typer.Option(min=0.0, max=100.0, help="0 is greedy: always the likeliest, or the likelier bit of a code."),
    ] = 0.7,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and the same lines give the same answers.")] = 0,
    do: Do = None,
    as_json: AsJson = False,
) -> None:
    """Write by turns: a line of yours, a line of the model's, until the end of input (Ctrl-D)."""
    conversation = Conversation(edited(load_any(model), do), temperature=temperature, seed=seed)
    turns = []
    for line in _lines(prompt="" if as_json else "> "):
        answer = bytearray()
        for byte in _answer(conversation, line, count):
            answer.append(byte)
            if not as_json:
                _write(byte)
        turns.append({"read": _decoded(line), "written": _decoded(answer)})
    if as_json:
        emit(True, {"turns": turns, "seed": seed})


def _lines(prompt: str) -> Iterator[bytes]:
    """The lines of standard input; a terminal is asked for each."""
    while True:
        if prompt and sys.stdin.isatty():
            sys.stderr.write(prompt)
            sys.stderr.flush()
        line = sys.stdin.buffer.readline()
        if not line:
            return
        yield line if line.endswith(NEWLINE) else line + NEWLINE


def _answer(conversation: Conversation, line: bytes, count: int) -> Iterator[int]:
    """What follows the line, with a line end; both take part in what comes next."""
    conversation.read(line)
    byte = None
    for byte in conversation.write(count, end=NEWLINE[0]):
        yield byte
    if byte != NEWLINE[0]:
        conversation.read(NEWLINE)
        yield NEWLINE[0]


def _decoded(line: bytes | bytearray) -> str:
    return line.decode(errors="replace").removesuffix("\n")


def _write(byte: int) -> None:
    """Raw bytes; a terminal obeys none of them but line ends and tabs."""
    obeyed = (byte < ord(" ") and byte not in b"\n\t") or byte == 0x7F
    sys.stdout.buffer.write(b"\\x%02x" % byte if obeyed and sys.stdout.isatty() else bytes([byte]))
    sys.stdout.buffer.flush()
