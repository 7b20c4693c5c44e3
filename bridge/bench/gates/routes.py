"""How small the logic of a cell gets: our lowering and flows beside plain compressors and other people's programs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Literal

from bridge.aig import Aig
from bridge.aig.stats import depth
from bridge.bench.contender import Absent
from bridge.bench.gates.da4ml import lower_with_da4ml
from bridge.cell import Cell
from bridge.corpus import Corpus
from bridge.equivalence.certificate import certify
from bridge.errors import InputError, ToolError
from bridge.execution import bits_per_byte
from bridge.flow import Flow, load_flow, run_flow
from bridge.flow.figures import measured
from bridge.formats.mapped.figures import USUAL_LUT, Wanted, usual
from bridge.formats.mapped.library import SIMPLE, Library
from bridge.lossy import simplify
from bridge.lowering import lower
from bridge.metadata import Care, Objective
from bridge.printable import Listener, Progress, unheard


@dataclass(frozen=True)
class Route:
    """A way from the cell to a netlist. `start`: the objective of our lowering, or the peer that builds the sums;
    `care`: of our lowering; `steps`: of a flow, if any, as in a flow file; `flow`: or a shipped one."""

    name: str
    start: Objective | Literal["da4ml"] = "plain"
    steps: tuple[dict[str, list[str]], ...] = ()
    flow: str = ""
    care: Care = "all"


DEEPSYN = "&deepsyn -I 2 -J 10"  # bounded by iterations, so that a run can be repeated
CLASSICS = ({"abc": ["resyn2", "compress2rs", "dc2"]}, {"abc": [DEEPSYN]})
YOSYS = ["opt -full", "abc -g AND"]

ROUTES = (
    Route("plain"),
    Route("plain, resyn2 x3", steps=({"abc": ["resyn2", "resyn2", "resyn2"]},)),
    Route("plain, dc2 x3", steps=({"abc": ["dc2", "dc2", "dc2"]},)),
    Route("plain, compress2rs", steps=({"abc": ["compress2rs"]},)),
    Route("plain, compress2rs x3", steps=({"abc": ["compress2rs", "compress2rs", "compress2rs"]},)),
    Route("plain, compress3rs", steps=({"abc": ["&dc2", "&compress3rs"]},)),
    Route("plain, classics, deepsyn", steps=CLASSICS),
    Route("plain, yosys", flow="yosys"),
    Route("da4ml", "da4ml"),
    Route("da4ml, yosys, classics, deepsyn", "da4ml", steps=({"yosys": YOSYS}, *CLASSICS)),
    Route("ours", "area"),
    Route("ours, alphabet", "area", care="alphabet"),
    Route("ours, balanced", "balanced"),
    Route("ours, depth", "depth"),
    Route("ours, shrink", "area", flow="shrink"),
    Route("ours, deepsyn", "area", steps=({"abc": ["&dc2", "&dc2", "&compress3rs"]}, {"abc": [DEEPSYN]})),
)
LOSSY = "ours, lossy"
NAMES = (*(route.name for route in ROUTES), LOSSY)


@dataclass(frozen=True)
class Row:
    """`luts`, `lut_levels`: of tables of `lut_size` inputs; `area`: of the cells of `library`; `xag_ands`: real ANDs;
    `seconds`: wall time of lowering and tools without proofs; `proof`: the method, or why there is none; `loss`,
    `heldout_loss`: bits per byte given up on the validation and on the held-out text."""

    cell: str
    route: str
    ands: int
    levels: int
    luts: int
    lut_levels: int
    area: float
    xag_ands: int
    seconds: float
    verdict: str
    proof: str
    loss: float = 0.0
    heldout_loss: float = 0.0
    lut_size: int = USUAL_LUT
    library: str = SIMPLE


def bench_gates(
    cells: Sequence[Cell],
    routes: Sequence[str],
    text: Corpus | None = None,
    budget: float = 0.02,
    progress: Listener = unheard,
    *,
    lut_size: int = USUAL_LUT,
    library: Library | None = None,
) -> tuple[list[Row], dict[str, str]]:
    """Every route on every cell, and which routes were skipped, why. routes: some of NAMES; the lossy one needs a text
    to train and measure on. lut_size, library: what to map to; by default cells of `simple`.

    InputError for an unknown route, ToolError when ABC or a tool that a route needs is missing.
    """
    for name in routes:
        if name not in NAMES:
            raise InputError(f"there is no route {name!r}; choose from {', '.join(NAMES)}")
    ways: dict[str, Callable[[Cell, Wanted], Row]] = {route.name: partial(_exact, route=route) for route in ROUTES}
    if text is not None:
        ways[LOSSY] = partial(_lossy, text=text, budget=budget)
    figures = usual(lut_size, library)
    rows = []
    skipped: dict[str, str] = {}
    for cell, (name, way) in product(cells, ways.items()):
        if name in routes:
            progress(Progress(remark=f"{cell.name}: {name}"))
            try:
                rows.append(way(cell, figures))
            except Absent as reason:
                skipped[name] = str(reason)
    return rows, skipped


def _exact(cell: Cell, figures: Wanted, route: Route) -> Row:
    if route.care == "alphabet" and not cell.text_model:
        raise Absent("only cells that read text have an alphabet")
    started = time.perf_counter()
    aig = lower_with_da4ml(cell) if route.start == "da4ml" else lower(cell, objective=route.start, care=route.care)
    seconds = time.perf_counter() - started
    verdict, proof = "undecided", "sums of da4ml are taken on trust"
    if route.start != "da4ml":
        certificate = certify(cell, aig)
        verdict, proof = certificate.answer, certificate.method
    if route.steps or route.flow:
        try:
            result = run_flow(aig, _flow(route), cached=False)
        except ToolError as error:
            return _row(cell, route.name, aig, figures, seconds, "undecided", str(error))
        aig, seconds = result.aig, seconds + sum(step.seconds for step in result.steps)
        verdict = result.verdict.answer if verdict == "equivalent" else verdict
        proof = f"{proof}, then {result.verdict.method}"
    return _row(cell, route.name, aig, figures, seconds, verdict, proof)


def _flow(route: Route) -> Flow:
    if route.flow:
        return load_flow(route.flow)
    return Flow.model_validate_json(json.dumps({"name": "bench", "steps": route.steps}))


def _lossy(cell: Cell, figures: Wanted, text: Corpus, budget: float) -> Row:
    if not cell.text_model:
        raise Absent("only cells that read text are simplified on it")
    started = time.perf_counter()
    result = simplify(cell, text.training, budget)
    seconds = time.perf_counter() - started
    loss = result.after - result.before
    heldout = bits_per_byte(result.aig, text.heldout) - bits_per_byte(cell, text.heldout)
    proof = f"none: lossy, {loss:+.4f} bits per byte on validation, {heldout:+.4f} on held-out text"
    row = _row(cell, LOSSY, result.aig, figures, seconds, "different", proof)
    return replace(row, loss=loss, heldout_loss=heldout)


def _row(cell: Cell, route: str, aig: Aig, figures: Wanted, seconds: float, verdict: str, proof: str) -> Row:
    assert figures.lut_size
    assert figures.library
    numbers = measured(aig, figures).numbers
    luts, lut_levels, xag_ands = (int(numbers[name]) for name in ("luts", "lut_levels", "xag_ands"))
    return Row(
        cell=cell.name,
        route=route,
        ands=len(aig.ands),
        levels=depth(aig),
        luts=luts,
        lut_levels=lut_levels,
        area=numbers["area"],
        xag_ands=xag_ands,
        seconds=seconds,
        verdict=verdict,
        proof=proof,
        lut_size=figures.lut_size,
        library=figures.library.name,
    )
