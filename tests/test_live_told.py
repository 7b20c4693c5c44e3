"""What the page says about the logic that it runs."""

from __future__ import annotations

from dataclasses import replace

from bridge import lower
from bridge.analysis.places import placed
from bridge.equivalence.certificate import certify
from bridge.report.findings import Findings
from bridge.report.live.told import what_runs
from bridge.report.part import Page
from bridge.report.subject import subject_of
from support.cells import twins


def test_a_cell_is_run_with_its_places_and_a_netlist_as_it_is() -> None:
    cell = twins()
    aig = lower(cell)
    page = Page(subject_of([cell]), found=Findings(lowering=certify(cell, aig)))
    told = what_runs(page, 7)
    assert told.startswith(f"You run the network itself, as {len(placed(cell).ands):,} AND gates, run as 7 operations:")
    assert told.endswith("That its plain netlist does exactly what the numbers of the network say is proven.")
    alone = what_runs(Page(subject_of([aig])), 7)
    assert alone.startswith(f"You run the netlist: {len(aig.ands):,} AND gates, ")
    assert alone.endswith("Names that share a gate change together.")


def test_what_is_not_proven_is_said() -> None:
    cell = twins()
    broken = Findings(lowering=replace(certify(cell, lower(cell)), answer="undecided"))
    told = what_runs(Page(subject_of([cell]), found=broken), 7)
    assert told.endswith("Whether it does what the network twins says: undecided.")
