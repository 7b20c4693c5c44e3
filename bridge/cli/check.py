"""The command check: are two netlists equivalent?"""

from __future__ import annotations

import shlex
from functools import partial
from typing import Annotated

import typer

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.cli.models import AnyModel, as_netlist, load_any, load_predictor, run_folder
from bridge.cli.netlists import EXIT_CODES, Reader, SecondOpinion
from bridge.cli.output import AsJson, activity, emit
from bridge.equivalence import Confirmations, check_machines, check_netlists
from bridge.equivalence.certificate import certify
from bridge.equivalence.spelled import check_on_values
from bridge.errors import InputError
from bridge.formats import Frontend
from bridge.formats.mapped.library import SIMPLE, Library, read_library
from bridge.lowering import lower
from bridge.metadata import read_metadata, readout_of

ByOrder = Annotated[
    bool, typer.Option("--by-order", help="Match inputs, outputs and latches by their place, not by name.")
]
Gates = Annotated[
    str | None,
    typer.Option("--library", metavar="FILE", help=f"Of gates in BLIF and Verilog: .genlib, Liberty or {SIMPLE}."),
]
Seconds = Annotated[float, typer.Option(min=0.1, max=86400, help="Seconds of work that each proof may take.")]


def check(
    a: AnyModel,
    b: AnyModel,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="A is a cell or a folded network: prove its lowering too.")
    ] = False,
    second: SecondOpinion = False,
    by_order: ByOrder = False,
    seconds: Seconds = 300.0,
    reader: Reader = "pyslang",
    library: Gates = None,
    as_json: AsJson = False,
) -> str | None:
    """Are two netlists equivalent? Exit code 0 yes (proven), 1 no (with a counterexample), 3 undecided.

    Latches are compared one by one where they have the same names; if that proves nothing, all runs from reset are. A
    latch of unknown reset may start as anything, as the one of the same name does. What the constraints of an AIGER
    file exclude is not compared. Inputs that no output sees may be missing in one of the netlists. Two netlists are
    compared on all bits; with a cell, on the values that it knows, where the bits of an integer can spell others.
    """
    gates = read_library(library) if library else None
    loaded = load_any(b, reader, gates)
    if certificate and not isinstance(loaded, Aig) and _is_netlist(a, reader, gates):
        raise InputError(f"the cell comes first: aigbridge check {shlex.join([b, a])} --certificate")
    other = as_netlist(loaded)
    if certificate:
        for option, given in (("--second-opinion", second), ("--by-order", by_order)):
            if given:
                raise InputError(f"{option} does not go with --certificate, which needs neither; leave one of them out")
        with activity("check") as heard:
            verdict = certify(load_predictor(a), other, seconds=seconds, progress=heard)
    else:
        first, facts = load_any(a, reader, gates), read_metadata(other)
        confirmations = Confirmations(demanded=seconds) if second else Confirmations()
        ask = partial(check_machines, seconds=seconds, confirmations=confirmations)
        compare = partial(check_netlists, check=ask, by_order=by_order)
        if isinstance(first, Cell):
            with activity("check") as heard:
                plain = lower(first, objective=facts.objective, care=facts.care, effort=facts.effort, progress=heard)
            verdict = compare(plain, other) if by_order else check_on_values(first, plain, other, compare)
        else:
            verdict = compare(as_netlist(first), other)
    emit(as_json, verdict.to_json(), str(verdict), *verdict.notes)
    if code := EXIT_CODES[verdict.answer]:
        raise typer.Exit(code)
    return None if readout_of(other) else "diff {a} {b}"


def _is_netlist(name: str, reader: Frontend, gates: Library | None) -> bool:
    """Not one of a run, whose cell may be known."""
    return not run_folder(name) and isinstance(load_any(name, reader, gates), Aig)
