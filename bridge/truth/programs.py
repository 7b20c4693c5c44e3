"""Linear and integer programs: the least that a weighted sum can be in a polytope. HiGHS solves them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import highspy
import numpy as np

from bridge.arrays import Floats, Objects

_SOLVED = highspy.HighsModelStatus.kOptimal
_Solver: Any = highspy.Highs.__base__  # what is on top of it prints a line
_LATE = highspy.HighsModelStatus.kTimeLimit


class Optimum(NamedTuple):
    """`value`: the least; `point`: float64[numbers], where it is; `multiples`: float64[rows], not negative: how much
    the least falls for each unit that the row's limit rises by (0 where the solver does not tell, as for whole
    numbers)."""

    value: float
    point: Floats
    multiples: Floats

    def whole_multiples(self, unit: int) -> Objects:
        """`multiples` of 1 / `unit`, rounded, object[rows]: Python's own numbers, so that no proof overflows with them.
        What is no number counts as 0, which is always right."""
        scaled = [each * unit for each in self.multiples.tolist()]
        return np.array([round(each) if math.isfinite(each) else 0 for each in scaled], object)


class Polytope:
    """All numbers between `low` and `high`, float64[numbers], with `rows @ numbers <= most` for the rows that were
    added. Asked again it starts where it ended. `whole`: only whole numbers."""

    def __init__(self, low: Floats, high: Floats, *, whole: bool = False) -> None:
        self._places = np.arange(len(low), dtype=np.int32)
        self._solver = _Solver()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.addVars(len(low), low, high)
        if whole:
            kinds = np.full(len(low), int(highspy.HighsVarType.kInteger), np.uint8)
            self._solver.changeColsIntegrality(len(low), self._places, kinds)

    def add(self, rows: Floats, most: Floats) -> None:
        """float64[n, numbers]; float64[n]."""
        row, place = np.nonzero(rows)
        starts = np.searchsorted(row, np.arange(len(rows))).astype(np.int32)
        nothing = np.full(len(rows), -highspy.kHighsInf)
        self._solver.addRows(len(rows), nothing, most, len(row), starts, place.astype(np.int32), rows[row, place])

    def between(self, low: Floats, high: Floats) -> None:
        """Other ends, float64[numbers]."""
        self._solver.changeColsBounds(len(low), self._places, low, high)

    def least(self, costs: Floats, seconds: float = highspy.kHighsInf) -> Optimum | None:
        """Of `costs @ numbers`. None if there are no such numbers, or none at all, or none were found in time; whole
        numbers that were found in time need not be the best."""
        self._solver.changeColsCost(len(costs), self._places, costs)
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + seconds)
        self._solver.run()
        found = self._solver.getSolution()
        status = self._solver.getModelStatus()
        if not found.value_valid or status not in (_SOLVED, _LATE):
            return None
        value = float(self._solver.getInfo().objective_function_value)
        duals = np.array(found.row_dual, np.float64) if found.dual_valid else np.zeros(self._solver.getNumRow())
        return Optimum(value, np.array(found.col_value, np.float64), np.maximum(-duals, 0))
