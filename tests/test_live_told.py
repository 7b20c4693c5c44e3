"""What the page says about the logic that it runs."""

from __future__ import annotations

from dataclasses import replace

from bridge import lower
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
    assert told.startswith("What runs is the cell twins, every name of it a place of its own: ")
    assert "AND nodes, 7 operations of WebAssembly." in told
    assert told.endswith("Its netlist is proven to do what the cell says: certificate.")
    alone = what_runs(Page(subject_of([aig])), 7)
    assert alone.startswith("What runs is the netlist twins, where names that share a node change together: ")
    assert alone.endswith("7 operations of WebAssembly.")


def test_what_is_not_proven_is_said() -> None:
    cell = twins()
    broken = Findings(lowering=replace(certify(cell, lower(cell)), answer="undecided"))
    assert what_runs(Page(subject_of([cell]), found=broken), 7).endswith("It against the cell twins: undecided.")
