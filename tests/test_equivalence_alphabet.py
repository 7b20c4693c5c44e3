"""Netlists that care for some bytes only are compared on these, and the verdict says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge.aig import Aig, Output
from bridge.cell import Cell
from bridge.equivalence import check_machines, check_where_cared, confirm_machines
from bridge.errors import InputError
from bridge.lowering import lower
from support.cells import random_cell, random_tree_cell
from support.tools import real


@pytest.mark.parametrize("cell", [random_cell(4), random_tree_cell(1)], ids=["thresholds", "trees"])
def test_equivalent_on_the_alphabet_only(cell: Cell) -> None:
    real("abc")
    careful, free = lower(cell), lower(cell, care="alphabet")
    verdict = check_where_cared(careful, free, check_machines)
    assert verdict.answer == "equivalent", str(verdict)
    assert verdict.method.endswith(f"; for {len(cell.head.symbols)} of 256 bytes")
    assert check_machines(careful, free).answer == "different"
    assert "256" not in check_where_cared(careful, careful, check_machines).method


def test_the_same_netlist_is_the_same_for_its_bytes() -> None:
    free = lower(random_cell(4), care="alphabet")
    verdict = check_where_cared(free, free, check_machines)
    assert verdict.answer == "equivalent"
    assert verdict.method.startswith("structural hashing; for ")


def test_the_second_opinion_agrees() -> None:
    cell = random_cell(4)
    verdict = check_where_cared(lower(cell), lower(cell, care="alphabet"), confirm_machines)
    assert verdict.answer == "equivalent"


def test_a_counterexample_is_over_the_alphabet() -> None:
    real("abc")
    cell = random_cell(4)
    free = lower(cell, care="alphabet")
    first = replace(free.outputs[0], literal=free.outputs[0].literal ^ 1)
    faulty = replace(free, outputs=(first, *free.outputs[1:]))
    verdict = check_where_cared(lower(cell), faulty, check_machines)
    assert verdict.answer == "different"
    assert verdict.counterexample is not None
    assert sum(verdict.counterexample[f"byte[{bit}]"] << bit for bit in range(8)) in cell.head.symbols


def test_a_netlist_that_reads_no_bytes_cannot_care_for_some() -> None:
    free = lower(random_cell(4), care="alphabet")
    lying = Aig(("a",), (), np.zeros((0, 2), np.uint32), (Output("o", 2),), comment=free.comment)
    with pytest.raises(InputError, match="no inputs byte"):
        check_where_cared(lying, replace(lying, outputs=(Output("o", 3),)), check_machines)
