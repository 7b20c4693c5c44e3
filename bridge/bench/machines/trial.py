"""One task from examples to a proof: many networks learn, all are tested on longer words, all are compared with the
specification; the smallest that is equal is melted, shrunk, and proven again on its netlist.

Three comparisons that share little: all pairs of states that words lead to (`exploring`; the cell's oracle beside the
few lines), the machines as netlists (simulation, induction, PDR; from a netlist that a certificate ties to the cell),
and all short words (the shrunk netlist, run, beside the function of the whole word).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import Any

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Bits
from bridge.bench.machines.examples import answers_of, words_of
from bridge.bench.machines.exploring import Explored, explored
from bridge.bench.machines.learning import LESSONS, Lessons, learned
from bridge.bench.machines.specification import specified, state_table
from bridge.bench.machines.tasks import Task
from bridge.cell import Cell
from bridge.equivalence import Answer, Verdict, check_machines
from bridge.equivalence.certificate import certify
from bridge.execution.rows import run
from bridge.flow import run_flow
from bridge.lowering import lower

LONGER_WORDS, LONGER_STEPS = 200, 128
SHORT_WORDS = 1 << 12
ALMOST = 0.99  # of the answers
FLOW = "sequential"


@dataclass(frozen=True, eq=False)
class Result:
    """One network. `right`: the share of right answers after each step of the longer words."""

    cell: Cell
    connections: int
    right: float
    explored: Explored


@dataclass(frozen=True, eq=False)
class Proof:
    """The cell of a result as logic. `certificate`: its netlist is the cell; `verdict`: the netlist is the
    specification; `shrunk`: what the flow left, each step proven; `short`: all words of so many steps, and whether it
    was right."""

    result: Result
    aig: Aig
    shrunk: Aig
    certificate: Verdict
    verdict: Verdict
    flow: Verdict
    short: int
    short_right: bool
    seconds: float

    @property
    def answer(self) -> Answer:
        """Equivalent if all of them say so, undecided unless one says different."""
        answers = {self.certificate.answer, self.verdict.answer, self.flow.answer, self.result.explored.answer}
        if "different" in answers or not self.short_right:
            return "different"
        return "equivalent" if answers == {"equivalent"} else "undecided"


@dataclass(frozen=True, eq=False)
class Trial:
    """`results`: of all networks; `proof`: of the smallest equal one, else of the one that is right most often;
    `seconds`: of the processor, to learn and to test and compare all of them."""

    task: Task
    results: tuple[Result, ...]
    proof: Proof
    seconds: float

    @property
    def best(self) -> Result:
        return self.proof.result

    @property
    def equal(self) -> list[Result]:
        return [result for result in self.results if result.explored.answer == "equivalent"]

    @property
    def right(self) -> list[Result]:
        """Without a wrong answer after any step of any longer word."""
        return [result for result in self.results if result.right == 1]

    @property
    def deceptive(self) -> list[Result]:
        """What a test would call learned, and is different."""
        return [result for result in self.results if result.right >= ALMOST and result.explored.answer == "different"]

    @property
    def answer(self) -> Answer:
        return self.proof.answer

    def __str__(self) -> str:
        return (
            f"{self.task.name}: {len(self.results)} networks learned, {len(self.right)} right on longer words, "
            f"{len(self.equal)} equal; the best is {self.answer}, {self.best.cell.state_bits} bits of state, "
            f"{len(self.proof.shrunk.ands)} ANDs ({self.proof.verdict.method}; {self.best.explored})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>"

    def to_json(self) -> dict[str, Any]:
        """All figures of the table, and a shortest word that tells each deceptive network from the specification."""
        proof = self.proof
        return {
            "task": self.task.name,
            "says": self.task.says,
            "networks": len(self.results),
            "right": len(self.right),
            "equal": len(self.equal),
            "answer": self.answer,
            "state": self.best.cell.state_bits,
            "connections": self.best.connections,
            "ands": len(proof.aig.ands),
            "shrunk": len(proof.shrunk.ands),
            "latches": len(proof.shrunk.latches),
            "accuracy": self.best.right,
            "proof": proof.verdict.to_json(),
            "certificate": proof.certificate.answer,
            "pairs": self.best.explored.pairs,
            "short": proof.short,
            "seconds": round(self.seconds, 2),
            "proof_seconds": round(proof.seconds, 2),
            "deceived": [spelled(self.task, result.explored) for result in self.deceptive],
        }


def trial(task: Task, lessons: Lessons = LESSONS, *, seconds: float = 60.0) -> Trial:
    """Learn, test, compare, prove; `seconds` for the proof on netlists. InputError for a specification with too many
    states, ToolError when ABC or python-sat is missing."""
    start = _processor_seconds()
    known = state_table(task)
    words = words_of(task, LONGER_WORDS, LONGER_STEPS, lessons.seed + 1)
    results = []
    for network in learned(task, lessons):
        cell = network.cell(task)
        right = float((given_by(cell, task, words.read) == words.answers).mean())
        results.append(Result(cell, network.connections, right, explored(cell, known)))
    best = min(results, key=_rank)
    spent = _processor_seconds() - start
    return Trial(task, tuple(results), proven(best, task, seconds), spent)


def _processor_seconds() -> float:
    """Of this process, and of those that it waited for."""
    return sum(os.times()[:4])


def _rank(result: Result) -> tuple[bool, float, int]:
    equal = result.explored.answer == "equivalent"
    return not equal, 0.0 if equal else -result.right, result.connections


def proven(result: Result, task: Task, seconds: float = 60.0) -> Proof:
    """What `Proof` says of the cell of a result."""
    start = _processor_seconds()
    aig = lower(result.cell)
    certificate = certify(result.cell, aig)
    verdict = check_machines(aig, specified(task), seconds=seconds)
    flow = run_flow(aig, FLOW, jobs=1, cached=False)
    read = short_words(task)
    right = bool((given_by(flow.aig, task, read) == answers_of(task, read)).all())
    return Proof(
        result=result,
        aig=aig,
        shrunk=flow.aig,
        certificate=certificate,
        verdict=verdict,
        flow=flow.verdict,
        short=read.shape[1],
        short_right=right,
        seconds=_processor_seconds() - start,
    )


def given_by(model: Cell | Aig, task: Task, read: Bits) -> Bits:
    """uint8[words, steps, answers]: what a cell or its netlist answers to words, uint8[words, steps, inputs]."""
    numbers = run(model, {name: read[:, :, index : index + 1] for index, name in enumerate(task.inputs)})
    return numbers.astype(np.uint8)


def short_words(task: Task) -> Bits:
    """uint8[words, steps, inputs]: all words of the most steps of which there are no more than SHORT_WORDS; their
    beginnings are all shorter ones."""
    inputs = len(task.inputs)
    steps = (SHORT_WORDS.bit_length() - 1) // inputs
    return np.array(list(product((0, 1), repeat=steps * inputs)), np.uint8).reshape(-1, steps, inputs)


def spelled(task: Task, found: Explored) -> str:
    """The word of a difference, a string for each input; empty if there is none."""
    if found.word is None:
        return ""
    strings = ("".join(map(str, bits)) for bits in found.word.T.tolist())
    return ", ".join(f"{name}={bits}" for name, bits in zip(task.inputs, strings, strict=True))
