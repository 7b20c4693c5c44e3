"""Commands on netlists: lower, convert, stats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.aig import Aig
from bridge.aig.latchmap import removal
from bridge.aig.stats import block_graph
from bridge.aig.stats import stats as count
from bridge.analysis.places import placed, same_nodes, told
from bridge.analysis.signals import point_bits
from bridge.cell import Cell, unrolled
from bridge.cell.folded import Folded
from bridge.cell.passes import passes_of
from bridge.cli.figures import LibraryName, LutSize, RealAnds, wanted
from bridge.cli.models import CELL_HELP, FOLDED_HELP, AnyModel, Model, as_netlist, load_any, load_model, load_predictor
from bridge.cli.output import AsJson, activity, emit, say, table, text, writable
from bridge.cli.questions import Do, edited
from bridge.errors import InputError
from bridge.formats import MAPPED, SUFFIXES, WHOLE, Frontend, write_netlist
from bridge.formats.mapped.library import Library, read_library
from bridge.lowering import lower as lower_cell
from bridge.lowering.folded import lower_folded
from bridge.metadata import MOST_EFFORT, Care, Objective, read_metadata
from bridge.printable import either

CIRCUIT = ".bristol"
MOST_CHECKED = 1 << 16  # bytes: the logits of all are held, and each takes thousands of evaluations
EXIT_CODES = {"equivalent": 0, "different": 1, "undecided": 3}


Reader = Annotated[Frontend, typer.Option(help="Which parser reads Verilog.")]
Cells = Annotated[bool, typer.Option("--cells", help="Verilog with and/not primitives instead of assigns.")]
Testbench = Annotated[
    int, typer.Option(min=0, max=1_000_000, metavar="N", help="Beside Verilog NAME.v, NAME_tb.v with N vectors.")
]

SecondOpinion = Annotated[
    bool, typer.Option("--second-opinion", help="Our own engine must confirm what ABC proved, however long it takes.")
]


def lower(
    cell: Annotated[str, typer.Argument(help=CELL_HELP + FOLDED_HELP)],
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
    effort: Annotated[
        int,
        typer.Option(min=0, max=MOST_EFFORT, help="With area: look longer for adders to share; 20 takes minutes."),
    ] = 0,
    unroll: Annotated[
        bool, typer.Option("--unroll", help="A serial head for all code nodes at once: one evaluation per byte.")
    ] = False,
    testbench: Testbench = 0,
    compared: Annotated[
        int,
        typer.Option(
            "--check", min=0, max=MOST_CHECKED, help="Run a folded network beside its logic on N bytes or more."
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Turn a cell into a netlist of AND nodes.

    A folded network, too: its logic computes a row of weights after the other.
    """
    tested(writable(out, *WHOLE), testbench)
    model = load_predictor(cell)
    if not isinstance(model, Cell):
        if (objective, effort, care, unroll) != ("area", 0, "all", False):
            raise InputError(f"--objective, --effort, --care and --unroll are for cells, not for a {model.KIND}")
        aig, facts, promise = _folded(model, compared)
    elif compared:
        raise InputError("--check is for folded networks; a cell is proven: aigbridge check CELL NETLIST --certificate")
    else:
        model = unrolled(model) if unroll else model
        with activity("lowering") as heard:
            aig, facts = lower_cell(model, objective=objective, care=care, effort=effort, progress=heard), {}
        promise = "" if care == "all" else f"; as the cell only on the {len(model.head.symbols)} bytes of its alphabet"
    write_netlist(aig, out, cells=cells)
    bench = benched(aig, out, testbench)
    facts = count(aig).to_json() | facts | ({"testbench": bench} if bench else {})
    line = f"{out}: {text(facts['ands'])} ANDs, {facts['levels']} levels{promise}"
    emit(as_json, {"out": str(out), **facts}, line, *bench)


def _folded(net: Folded, compared: int) -> tuple[Aig, dict[str, Any], str]:
    """(logic, facts, what is said of it); run beside the network on so many bytes, rounded up. Exit code 1 if they
    differ, which would be a fault of ours."""
    from bridge.execution.folded import STREAMS, says_the_same  # with all that runs a netlist

    aig, steps = lower_folded(net), passes_of(net).steps
    rows = -(-compared // STREAMS)
    if rows and not says_the_same(net, aig, rows):
        say("the logic says other than the network, which is a fault of aigbridge: nothing is written")
        raise typer.Exit(1)
    measured = f"; measured on {text(rows * STREAMS)} random bytes: the logits of the network" if rows else ""
    facts = {"evaluations": steps, "latches": len(aig.latches), "checked": rows * STREAMS}
    return aig, facts, f", {text(len(aig.latches))} latches, {text(steps)} evaluations a byte{measured}"


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
    objective: Objective = "xag" if target.suffix.lower() == CIRCUIT else "area"
    aig = lower_cell(model, objective=objective) if isinstance(model, Cell) else model
    facts, lines, answer = _written(aig, target, lut_size, cell_library, cells)
    bench = benched(aig, target, testbench)
    emit(as_json, {"out": str(target), **facts} | ({"testbench": bench} if bench else {}), *lines, *bench)
    raise typer.Exit(EXIT_CODES[answer])


def _written(
    aig: Aig, target: Path, lut_size: int | None, library: Library | None, cells: bool
) -> tuple[dict[str, Any], list[str], str]:
    """Write what the name of the file and the options ask for: facts, lines for people, the answer of the proof."""
    if target.suffix.lower() == CIRCUIT:
        from bridge.cli.circuit_file import write_circuit  # with all that proves

        return *write_circuit(aig, target), "equivalent"
    if lut_size or (library and target.suffix.lower() in MAPPED):
        from bridge.cli.mapped_file import write_mapping  # with all that maps and proves

        return write_mapping(aig, target, lut_size, library)
    write_netlist(aig, target, cells=cells)
    return {"ands": len(aig.ands)}, [f"{target}: {text(len(aig.ands))} ANDs"], "equivalent"


def tested(out: Path, testbench: int) -> Path:
    """The path; InputError if a testbench is wanted for what is no Verilog."""
    if testbench and out.suffix.lower() != ".v":
        raise InputError(f"{out}: a testbench is for Verilog: the file to write must end in .v")
    return out


def benched(aig: Aig, out: Path, testbench: int) -> list[str]:
    """Write a testbench of so many vectors, if any, beside the netlist; the files."""
    if not testbench:
        return []
    from bridge.formats.testbench import write_testbench  # with all that runs a netlist

    return [str(path) for path in write_testbench(aig, out, testbench)]


def stats(
    netlist: AnyModel,
    lut_size: LutSize = None,
    library: LibraryName = None,
    real_ands: RealAnds = False,
    reader: Reader = "pyslang",
    as_json: AsJson = False,
) -> None:
    """Count inputs, latches, outputs, ANDs, levels, fanouts, mapped figures; show which block feeds which."""
    figures = wanted(lut_size, library, real_ands)
    loaded = load_any(netlist, reader, figures.library)
    model = loaded if isinstance(loaded, Cell) else as_netlist(loaded)
    aig = as_netlist(model)
    facts, made = count(aig).to_json(), list[str]()
    if figures:
        from bridge.flow.figures import measured  # with all that maps and proves

        mapped = measured(aig, figures)
        facts, made = facts | mapped.to_json(), mapped.lines()
    graph = block_graph(placed(model)) if aig.points else {}
    latches = read_metadata(aig).latches
    facts["removed"] = removal(latches, len(aig.latches) + len(latches))
    facts["lossy"] = list(read_metadata(aig).lossy)
    facts["care"] = read_metadata(aig).care
    facts["blocks"] = {name: [*block.readers] for name, block in graph.items()}
    plain = [(key.replace("_", " "), value) for key, value in facts.items() if not isinstance(value, dict | str | list)]
    plain += [("cares for", facts["care"])] * (facts["care"] != "all")
    plain += [("lossy", change) for change in facts["lossy"]]
    feeds = [(name, block.bits, " ".join(block.readers)) for name, block in graph.items()]
    tables = [table((netlist, ""), plain), table(("block", "bits", "feeds"), feeds)]
    same = {} if isinstance(model, Cell) else same_nodes(aig, point_bits(aig))
    facts["same_node"] = {name: [*others] for name, others in same.items()}
    notes = [*filter(None, [facts["removed"], told(same)]), *made]
    emit(as_json, facts, *tables[: 2 if feeds else 1], *notes)
