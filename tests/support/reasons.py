"""Reasons on cells too large for all cases, checked by another way: the bits of argmax as logic, Glucose, and reruns.

`python -m support.reasons kjv 20` (in the folder tests) prints a table of that many places of the King James tail.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from pysat.solvers import Glucose4

from bridge import Cell, Explainer, load_corpus, lower
from bridge.aig import Aig, AigBuilder
from bridge.analysis.explaining.reason import Reason
from bridge.analysis.predicted.outputs import with_prediction
from bridge.analysis.signals import resolve
from bridge.analysis.unrolling import unroll
from bridge.equivalence.clauses import clauses_of
from bridge.execution.states import Reading


class Checker:
    """A text cell without automata, laid out over some steps."""

    def __init__(self, cell: Cell, steps: int) -> None:
        self.cell, self.steps = cell, steps
        self.aig = with_prediction(lower(cell), ["argmax"])
        self.form = unroll(self.aig, [(steps, bit) for bit in resolve(self.aig, "argmax").bits], steps=steps)

    def check(self, found: Reason, text: bytes, at: int) -> int:
        """That it suffices, and that no element of those known to be needed can be left out; how many those are."""
        reading = Reading(self.aig, np.frombuffer(text, np.uint8), np.zeros(len(self.aig.latches), np.bool_))
        state = reading.before(np.array([at - self.steps])).T.astype(np.uint8)
        read = text[at - self.steps : at]
        likeliest = self.argmax(state, read)
        names = [latch.name for latch in self.aig.latches]
        values = dict(zip(names, state[0].tolist(), strict=True))
        values |= {self.bit(step, bit): read[step] >> bit & 1 for step in range(self.steps) for bit in range(8)}
        form = self.differs(likeliest)
        variables = {name: number for number, name in enumerate(form.inputs, 2)}
        units = {(latch, 0): [latch] for latch in names}
        units |= {("byte", step): [self.bit(step, bit) for bit in range(8)] for step in range(self.steps)}
        kept = [(one.name, one.step - found.first) for one in found.kept]
        with Glucose4(bootstrap_with=clauses_of(form)[0]) as solver:

            def broken(some: list[tuple[str, int]]) -> bool:
                bits = [bit for unit in some for bit in units[unit]]
                return bool(solver.solve([variables[bit] if values[bit] else -variables[bit] for bit in bits]))

            assert not broken(kept), f"{at}: {found} does not suffice"
            for unit, one in zip(kept, found.kept, strict=True):
                if one in found.needed:
                    assert broken([other for other in kept if other != unit]), f"{at}: {one} can be left out"
                    true = set(solver.get_model())
                    model = {name: int(number in true) for name, number in variables.items()}
                    other = np.array([[model[name] for name in names]], np.uint8)
                    changed = [sum(model[self.bit(s, b)] << b for b in range(8)) for s in range(self.steps)]
                    assert self.argmax(other, bytes(changed)) != likeliest
        return len(found.needed)

    def bit(self, step: int, bit: int) -> str:
        """As the laid out netlist calls it."""
        return f"byte[{bit}]" + (f"@{step + 1}" if step else "")

    def argmax(self, state: np.ndarray, read: bytes) -> int:
        for byte in read:
            state, numbers = self.cell.step(state, np.array([byte], np.uint8))
        return int(self.cell.readout.argmax(numbers)[0])

    def differs(self, byte: int) -> Aig:
        """One output: 1 where another byte is the likeliest."""
        builder, leaves = AigBuilder.like(self.form)
        found = 0
        for place, literal in enumerate(builder.instance(self.form, leaves)):
            found = builder.or_(found, literal ^ (byte >> place & 1))
        builder.output("differs", found)
        return builder.build()


def main(name: str, count: int, seconds: float = 120.0, steps: int = 8) -> None:
    """One line a place."""
    cell, text = Cell.load(name), load_corpus("kjv").heldout
    explainer, checker = Explainer(cell, text), Checker(cell, steps)
    for at in np.random.default_rng(7).integers(100, len(text), count).tolist():
        started = time.perf_counter()
        found = explainer.reason(at, horizon=steps, seconds=seconds)
        taken = time.perf_counter() - started
        read = sum(one.kind == "read" for one in found.kept)
        needed = checker.check(found, text, at)
        size = f"{read} bytes, {len(found.kept) - read} bits, {needed} needed, at least {found.least}"
        print(f"{at} {text[at - 8 : at]!r} {found.claim}: {size}; {taken:.1f} s; checked", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
