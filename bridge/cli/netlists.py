"""Commands on netlists: lower, convert, stats, check."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import networkx as nx
import typer

from bridge.aig.latchmap import removal
from bridge.aig.stats import block_graph
from bridge.aig.stats import stats as count
from bridge.analysis.places import placed, same_nodes, told
from bridge.analysis.signals import point_bits
from bridge.cell import Cell, unrolled
from bridge.cli.circuit_file import write_circuit
from bridge.cli.figures import LibraryName, LutSize, RealAnds, wanted
from bridge.cli.mapped_file import write_mapping
from bridge.cli.models import CELL_HELP, Model, load_cell, load_model, load_netlist
from bridge.cli.output import AsJson, emit, table, text, writable
from bridge.cli.questions import Do, edited
from bridge.equivalence import Answer, Confirmations, check_machines, check_netlists
from bridge.equivalence.certificate import certify
from bridge.equivalence.spelled import check_on_values
from bridge.errors import InputError
from bridge.flow.figures import measured
from bridge.formats import MAPPED, SUFFIXES, WHOLE, Frontend, write_netlist
from bridge.formats.mapped.library import read_library
from bridge.formats.testbench import write_testbench
from bridge.lowering import lower as lower_cell
from bridge.metadata import Care, Objective, read_metadata
from bridge.printable import either

EXIT_CODES = {"equivalent": 0, "different": 1, "undecided": 3}


Reader = Annotated[Frontend, typer.Option(help="Which parser reads Verilog.")]
Cells = Annotated[bool, typer.Option("--cells", help="Verilog with and/not primitives instead of assigns.")]
Testbench = Annotated[
    int, typer.Option(min=0, max=1_000_000, metavar="N", help="Beside Verilog NAME.v, NAME_tb.v with N vectors.")
]

SecondOpinion = Annotated[
    bool, typer.Option("--second-opinion", help="Our own engine must confirm what ABC proved, however long it takes.")
]
ByOrder = Annotated[
    bool, typer.Option("--by-order", help="Match inputs, outputs and latches by their place, not by name.")
]
Seconds = Annotated[float, typer.Option(min=0.1, max=86400, help="How long each proof may take.")]


def lower(
    cell: Annotated[str, typer.Argument(help=CELL_HELP)],
    out: Annotated[Path, typer.Option("--out", "-o", help=f"Where to write: {either(WHOLE)}.")],
    cells: Cells = False,
    objective: Annotated[
        Objective,
        typer.Option(
            help="Which adders are shared: all, as full adders (xag), those that keep it shallow, none (plain)."
        ),
    ] = "area",
    care: Annotated[
        Care, typer.Option(help="Do as the cell on all bytes, or only while it reads bytes of its alphabet (smaller).")
    ] = "all",
    unroll: Annotated[
        bool, typer.Option("--unroll", help="A serial head for all code nodes at once: one evaluation per byte.")
    ] = False,
    testbench: Testbench = 0,
    as_json: AsJson = False,
) -> None:
    """Turn a cell into a netlist of AND nodes."""
    tested(writable(out, *WHOLE), testbench)
    model = load_cell(cell)
    aig = lower_cell(unrolled(model) if unroll else model, objective=objective, care=care)
    write_netlist(aig, out, cells=cells)
    bench = [str(path) for path in write_testbench(aig, out, testbench)] if testbench else []
    facts = count(aig).to_json() | ({"testbench": bench} if bench else {})
    promise = "" if care == "all" else f"; as the cell only on the {len(model.head.symbols)} bytes of its alphabet"
    emit(
        as_json,
        {"out": str(out), **facts},
        f"{out}: {text(facts['ands'])} ANDs, {facts['levels']} levels{promise}",
        *bench,
    )


def convert(
    source: Model,
    target: Annotated[Path | None, typer.Argument(help=f"Where to write: {either(SUFFIXES)}.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The same, as with other commands.")] = None,
    reader: Reader = "pyslang",
    cells: Cells = False,
    testbench: Testbench = 0,
    lut_size: LutSize = None,
    library: LibraryName = None,
    do: Do = None,
    as_json: AsJson = False,
) -> None:
    """Read a netlist and write it in another format; truth tables (.truth) of small functions and circuits for secure
    computation (.bristol, with few real ANDs, proven) without their names.

    With --lut-size or --library, BLIF and Verilog of lookup tables or cells; --library also says what the gates of a
    BLIF file are. Exit code 3: not proven to be the netlist.
    """
    named = [path for path in (target, out) if path is not None]
    if len(named) != 1:
        raise InputError("name one file to write, as in `aigbridge convert a.aig b.v`")
    target = tested(writable(named[0], *(MAPPED if lut_size else SUFFIXES)), testbench)
    cell_library = read_library(library) if library else None
    model = edited(load_model(source, reader, cell_library), do)
    circuit = target.suffix.lower() == ".bristol"
    aig = lower_cell(model, objective="xag" if circuit else "area") if isinstance(model, Cell) else model
    if circuit:
        emit(as_json, *write_circuit(aig, target))
        raise typer.Exit
    answer: Answer = "equivalent"
    facts: dict[str, Any] = {"ands": len(aig.ands)}
    lines = [f"{target}: {text(len(aig.ands))} ANDs"]
    if lut_size or (cell_library and target.suffix.lower() in MAPPED):
        facts, lines, answer = write_mapping(aig, target, lut_size, cell_library)
    else:
        write_netlist(aig, target, cells=cells)
    bench = [str(path) for path in write_testbench(aig, target, testbench)] if testbench else []
    emit(as_json, {"out": str(target), **facts} | ({"testbench": bench} if bench else {}), *lines, *bench)
    raise typer.Exit(EXIT_CODES[answer])


def tested(out: Path, testbench: int) -> Path:
    """The path; InputError if a testbench is wanted for what is no Verilog."""
    if testbench and out.suffix.lower() != ".v":
        raise InputError(f"{out}: a testbench is for Verilog: the file to write must end in .v")
    return out


def stats(
    netlist: Model,
    lut_size: LutSize = None,
    library: LibraryName = None,
    real_ands: RealAnds = False,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Count inputs, latches, outputs, ANDs, levels, fanouts, mapped figures; show which block feeds which."""
    figures = wanted(lut_size, library, real_ands)
    model = load_model(netlist, reader, figures.library)
    aig = lower_cell(model) if isinstance(model, Cell) else model
    mapped = measured(aig, figures)
    facts = count(aig).to_json() | {**mapped.numbers}
    graph = block_graph(placed(model)) if aig.points else nx.DiGraph()
    latches = read_metadata(aig).latches
    facts["removed"] = removal(latches, len(aig.latches) + len(latches))
    facts["lossy"] = list(read_metadata(aig).lossy)
    facts["care"] = read_metadata(aig).care
    facts["blocks"] = {block: sorted(graph.successors(block)) for block in graph}
    plain = [(key.replace("_", " "), value) for key, value in facts.items() if not isinstance(value, dict | str | list)]
    plain += [("cares for", facts["care"])] * (facts["care"] != "all")
    plain += [("lossy", change) for change in facts["lossy"]]
    feeds = [(block, graph.nodes[block]["bits"], " ".join(readers)) for block, readers in facts["blocks"].items()]
    tables = [table((netlist, ""), plain), table(("block", "bits", "feeds"), feeds)]
    same = {} if isinstance(model, Cell) else same_nodes(aig, point_bits(aig))
    facts["same_node"] = {name: [*others] for name, others in same.items()}
    notes = [*filter(None, [facts["removed"], told(same)]), *mapped.lines()]
    emit(as_json, facts | mapped.to_json(), *tables[: 2 if feeds else 1], *notes)


def check(
    a: Model,
    b: Model,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="A is a cell: prove its lowering too, adder by adder.")
    ] = False,
    second: SecondOpinion = False,
    by_order: ByOrder = False,
    seconds: Seconds = 300.0,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Are two netlists equivalent? Exit code 0 yes (proven), 1 no (with a counterexample), 3 undecided.

    Latches are compared one by one where they have the same names; if that proves nothing, all runs from reset are. A
    latch of unknown reset may start as anything, as the one of the same name does. What the constraints of an AIGER
    file exclude is not compared. Inputs that no output sees may be missing in one of the netlists. Two netlists are
    compared on all bits; with a cell, on the values that it knows, where the bits of an integer can spell others.
    """
    other = load_netlist(b, reader)
    if certificate:
        for option, given in (("--second-opinion", second), ("--by-order", by_order)):
            if given:
                raise InputError(f"{option} does not go with --certificate, which needs neither; leave one of them out")
        verdict = certify(load_cell(a), other, seconds=seconds)
    else:
        first, facts = load_model(a, reader), read_metadata(other)
        confirmations = Confirmations(demanded=seconds) if second else Confirmations()
        ask = partial(check_machines, seconds=seconds, confirmations=confirmations)
        compare = partial(check_netlists, check=ask, by_order=by_order)
        if isinstance(first, Cell):
            plain = lower_cell(first, objective=facts.objective, care=facts.care)
            verdict = compare(plain, other) if by_order else check_on_values(first, plain, other, compare)
        else:
            verdict = compare(first, other)
    emit(as_json, verdict.to_json(), str(verdict), *verdict.notes)
    raise typer.Exit(EXIT_CODES[verdict.answer])
