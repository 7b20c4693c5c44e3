"""What annealing makes of a cell is the same cell in fewer ANDs, the same each time, and its reckoning is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from bridge.cell import Cell
from bridge.equivalence.certificate import certify
from bridge.errors import InputError
from bridge.lowering import annealing, lower
from bridge.lowering.annealing import search_of, take_over, total
from bridge.lowering.moves import ALWAYS, Search, anneal
from bridge.lowering.plan import SMALL
from bridge.lowering.rows import rows_of
from bridge.lowering.sense import comparison_costs, row_cost
from bridge.lowering.sharing import plan_of
from bridge.lowering.triples import carry_of
from bridge.lowering.units import NONE
from bridge.metadata import MOST_EFFORT, read_metadata, with_metadata
from support.cells import cells, random_cell

UNIT = tuple[int, int, int]


def reckoned(search: Search) -> int:
    """ANDs of all units and rows, from the uses alone."""
    units = search.units
    carries: dict[UNIT, set[int]] = defaultdict(set)
    thirds: dict[UNIT, int] = {}
    homes, signs = Counter[tuple[int, int]](), defaultdict[tuple[int, int], set[int]](set)
    for use in set(units.user[units.column != NONE].tolist()) - {NONE}:
        unit, digits = units.unit[use], [digit for digit in units.taken[use].tolist() if digit != NONE]
        inputs = [int(units.variable[digit]) for digit in digits]
        assert inputs == sorted(set(inputs)) == units.inputs[unit, : len(inputs)].tolist()
        assert len({int(units.column[digit]) for digit in digits}) == 1
        flips = int(units.sign[digits] @ (1 << np.arange(len(digits))))
        if len(digits) == 2:
            homes[inputs[0], inputs[1]] += 1
            signs[inputs[0], inputs[1]].add(flips)
        else:
            carries[inputs[0], inputs[1], inputs[2]].add(int(carry_of(flips)[0]))
            thirds[inputs[0], inputs[1], inputs[2]] = int(units.third[unit])
    ands = 0
    for adder, kinds in carries.items():
        plain = kinds & {0, 1 + thirds[adder]}
        ands += 6 + len(kinds) + len(kinds - plain) * bool(plain)
        a, b = (variable for index, variable in enumerate(adder) if index != thirds[adder])
        homes[a, b] += 1
    ands -= sum(3 * (count - 1) for count in homes.values())
    ands += sum(min(len(found & {0, 3}), len(found & {1, 2})) for found in signs.values())
    rows = range(len(search.costs))
    return ands + sum(int(row_cost(search.columns, units.pairs, search.ends, row)) for row in rows)


@pytest.mark.parametrize("seed", range(6))
def test_what_moves_add_is_known_and_all_of_it_can_be_undone(seed: int) -> None:
    rows = rows_of(random_cell(seed, layers=2, neurons=16))
    search = search_of(rows)
    take_over(search, plan_of(rows, SMALL))
    assert total(search) == reckoned(search)
    for likely in (ALWAYS // 2, 0):
        anneal(search, 20_000, np.full(8, likely))
        assert total(search) == reckoned(search)
        assert len(set(search.units.user.tolist())) > 1
    before = total(search)
    anneal(search, 20_000, np.full(8, -1))  # what is no gain is undone
    assert total(search) <= before


def test_rows_cost_what_they_did_before_pairs_were_counted() -> None:
    rows = rows_of(random_cell(3, layers=2, neurons=16))
    nobody = np.zeros(len(rows.columns.size), np.int64)
    alone = comparison_costs(rows.columns, rows.ends)
    found = [int(row_cost(rows.columns, nobody, rows.ends, row)) for row in range(len(alone))]
    compared = ~rows.ends.whole
    np.testing.assert_array_equal(np.array(found)[compared], alone[compared])


@pytest.mark.heavy
@given(cells)
def test_an_effort_is_proven_and_repeated(cell: Cell) -> None:
    aig = lower(cell, effort=1)
    assert len(aig.ands) <= len(lower(cell).ands)
    verdict = certify(cell, aig)
    assert (verdict.answer, verdict.method) == ("equivalent", "certificate"), str(verdict)


def test_an_effort_makes_the_shipped_cell_smaller_and_is_told() -> None:
    cell = Cell.load("tiny")
    aig = lower(cell, effort=2)
    assert len(aig.ands) < len(lower(cell).ands)
    assert read_metadata(aig).effort == 2


@pytest.mark.parametrize(("effort", "objective"), [(1, "depth"), (1, "plain"), (-1, "area"), (101, "area")])
def test_efforts_that_do_not_go(effort: int, objective: str) -> None:
    with pytest.raises(InputError, match="effort"):
        lower(random_cell(0, layers=1, neurons=3), objective=objective, effort=effort)  # type: ignore[arg-type]


def test_how_far_an_effort_is_is_told_also_where_a_netlist_is_checked() -> None:
    cell = random_cell(0, layers=1, neurons=3)
    told, again = list[str](), list[str]()
    aig = lower(cell, effort=3, progress=lambda now: told.append(now.remark))
    assert len(told) == 64
    assert told[16] == "adders to share, effort 3: 25% done"
    certify(cell, aig, progress=lambda now: again.append(now.remark))
    assert again == [*told, "adder by adder"]


def test_a_netlist_cannot_ask_for_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment may claim any effort, and a check repeats it."""
    cell = random_cell(0, layers=1, neurons=3)
    aig = lower(cell)
    monkeypatch.setattr(annealing, "MOST_MOVES", 10**6)
    claimed = with_metadata(aig, replace(read_metadata(aig), effort=MOST_EFFORT))
    with pytest.raises(
        InputError, match=r"an effort of 100 is too much for [\d,]+ binary digits of weights; at most \d"
    ):
        certify(cell, claimed)
