"""One cell of integers through everything that is made of it, each against the evaluator in Python's integers.

`python -m support.integer_rounds 0..500` (from `tests`) does it for so many cells, with faults put into each.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bridge.aig import Aig
from bridge.cell import Cell
from bridge.equivalence import check_equivalence
from bridge.equivalence.certificate import certify
from bridge.execution import compile_program, run
from bridge.execution.words import packed, unpacked
from bridge.flow import run_flow
from bridge.formats import read_netlist, write_netlist
from bridge.lowering import lower
from support.integer_cells import naive_run, random_inputs, random_integer_cell
from support.naive import evaluate, numbers_of, reset_state

STEPS, STREAMS = 10, 6
QUICK, SLOW = ("resyn2",), ("shrink",)


class Round:
    """A cell, what it is given in each step of some streams, and the numbers that it then must give."""

    def __init__(self, cell: Cell, seed: int) -> None:
        self.cell = cell
        steps = STEPS if cell.held else 1
        streams = [random_inputs(cell, 1000 * seed + stream, steps) for stream in range(STREAMS if cell.held else 60)]
        runs = [naive_run(cell, given) for given in streams]
        self.given = [[stream[step] for stream in streams] for step in range(steps)]
        self.numbers = [np.array([past[step][cell.last.name] for past in runs]) for step in range(steps)]

    def bits(self, step: int, names: tuple[str, ...]) -> np.ndarray:
        """bool[streams, inputs], in the order of these names."""
        columns: dict[str, list[int]] = {}
        for given in self.given[step]:
            for name, value in _named(self.cell, given):
                columns.setdefault(name, []).append(value)
        return np.array([columns[name] for name in names], bool).reshape(len(names), len(self.given[step])).T

    def wrong(self, aig: Aig) -> bool:
        """Does the netlist ever give other numbers?"""
        state = reset_state(aig, len(self.given[0]))
        for step, expected in enumerate(self.numbers):
            outputs, state = evaluate(aig, self.bits(step, aig.inputs), state)
            if not np.array_equal(self._ordered(aig, outputs), expected):
                return True
        return False

    def run_wrong(self, aig: Aig) -> bool:
        """The same, run by our compiled code."""
        program = compile_program(aig)
        words = np.stack([packed(self.bits(step, aig.inputs).T) for step in range(len(self.given))])
        found, _ = run(program, words, program.reset_state(words.shape[2]))
        rows = [unpacked(step, len(self.given[0])).T.astype(bool) for step in found]
        return any(
            not np.array_equal(self._ordered(aig, row), own) for row, own in zip(rows, self.numbers, strict=True)
        )

    def _ordered(self, aig: Aig, outputs: np.ndarray) -> np.ndarray:
        """int64[streams, numbers] in the order of the cell, whatever that of the file is."""
        places = {output.name: place for place, output in enumerate(aig.outputs)}
        names = [f"{number}[{bit}]" for number in self.cell.numbers for bit in range(64)]
        order = [places[name] for name in names if name in places]
        assert len(order) == len(aig.outputs)
        return numbers_of(replace(aig, outputs=tuple(aig.outputs[place] for place in order)), outputs[:, order])


def _named(cell: Cell, given: dict[str, np.ndarray]) -> Iterator[tuple[str, int]]:
    """The bits of one step of one stream."""
    for bit in range(8 * cell.reads_byte):
        yield f"byte[{bit}]", int(given["byte"][0]) >> bit & 1
    for block in cell.inputs:
        for index, (value, low, high) in enumerate(
            zip(given[block.name][0].tolist(), block.low.tolist(), block.high.tolist(), strict=True)
        ):
            if (low, high) == (0, 1):
                yield f"{block.name}[{index}]", value
                continue
            for place in range(max(high, -low - 1, 0).bit_length() + (low < 0)):
                yield f"{block.name}[{index}].{place}", value >> place & 1


def check_round(seed: int, flows: tuple[str, ...] = QUICK, faults: int = 4) -> Counter[str]:
    """What was checked, how often. AssertionError for the first thing that is not as it should be."""
    cell = random_integer_cell(seed, 4 + seed % 5, state=seed % 2 == 1)
    turn, done = Round(cell, seed), Counter[str]()
    netlists = {"plain": lower(cell, objective="plain"), "area": lower(cell)}
    for flow in flows:
        result = run_flow(netlists["area"], flow, jobs=1, cached=False)
        assert result.verdict.answer == "equivalent", (seed, flow, str(result.verdict))
        verdict = check_equivalence(netlists["area"], result.aig) if not result.removed else result.verdict
        assert verdict.answer == "equivalent", (seed, flow, str(verdict))
        netlists[flow] = result.aig
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cell.v"
        write_netlist(netlists["area"], path)
        netlists["verilog"] = read_netlist(path)
    for name, aig in netlists.items():
        assert not turn.wrong(aig), (seed, name)
        assert not turn.run_wrong(aig), (seed, name, "run")
        if not {latch.name for latch in netlists["plain"].latches} - {latch.name for latch in aig.latches}:
            verdict = certify(cell, aig)
            assert verdict.answer == "equivalent", (seed, name, str(verdict))
            done[f"{name}: {verdict.method}"] += 1
    rng = np.random.default_rng(seed)
    for aig in (netlists["plain"], netlists["area"]) * bool(faults):
        for _ in range(faults):
            done[check_fault(turn, with_fault(aig, rng))] += 1
    return done


def check_fault(turn: Round, faulty: Aig) -> str:
    """A fault that shows in the numbers must be found; one that the certificate accepts must not show."""
    shows = turn.wrong(faulty)
    verdict = certify(turn.cell, faulty)
    assert not shows or verdict.answer == "different", (turn.cell.name, str(verdict))
    return f"fault {'that shows' if shows else 'that does not show'}: {verdict.answer}"


def with_fault(aig: Aig, rng: np.random.Generator) -> Aig:
    """One fanin, output or next state changed: inverted, or another signal from before."""
    if not len(aig.ands) or rng.random() < 0.1:
        place = int(rng.integers(len(aig.outputs)))
        outputs = [replace(o, literal=o.literal ^ (at == place)) for at, o in enumerate(aig.outputs)]
        return replace(aig, outputs=tuple(outputs))
    ands = aig.ands.copy()
    node, side = int(rng.integers(len(ands))), int(rng.integers(2))
    other = int(rng.integers(2 * (aig.first_and + node)))
    ands[node, side] = ands[node, side] ^ 1 if rng.random() < 0.6 else other
    ands[node] = np.sort(ands[node])[::-1]
    return replace(aig, ands=ands)


def main() -> None:
    first, end = (int(part) for part in sys.argv[1].split(".."))
    total, failed = Counter[str](), 0
    for seed in range(first, end):
        try:
            total += check_round(seed, SLOW if seed % 10 == 0 else QUICK, faults=1)
        except AssertionError as error:
            failed += 1
            print(seed, str(error)[:300], flush=True)
        if seed % 20 == 19 or seed == end - 1:
            print(f"up to {seed}: {failed} failed; {dict(total)}", flush=True)


if __name__ == "__main__":
    main()
