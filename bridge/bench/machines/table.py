"""Trials as lines of a table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.bench.machines.trial import ALMOST, Trial, spelled

COLUMNS = (
    *("task", "networks", "right", "equal", "the smallest equal one", "state bits", "weights", "ANDs", "shrunk"),
    *("proof of the netlists", "pairs", "all words to", "learn s", "prove s"),
)
HEADER = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def line(trial: Trial) -> str:
    """One row under HEADER."""
    proof, best = trial.proof, trial.best
    if trial.answer == "equivalent":
        answer = "**proven**"
    else:
        answer = f"none; the best is {best.right:.2%} right, {trial.answer}"
    figures = (
        *(trial.task.name, len(trial.results), len(trial.right), len(trial.equal), answer),
        *(best.cell.state_bits, best.connections, len(proof.aig.ands), len(proof.shrunk.ands)),
        *(proof.verdict.method, best.explored.pairs, proof.short, f"{trial.seconds:.0f}", f"{proof.seconds:.1f}"),
    )
    return f"| {' | '.join(map(str, figures))} |"


def deceived(trials: Sequence[Trial]) -> str:
    """A line for each network that nearly all answers speak for, and that is not equal."""
    found = [(trial, result) for trial in trials for result in trial.deceptive]
    if not found:
        return f"\nEvery network with {ALMOST:.0%} right answers or more is equal to its specification."
    lines = [
        f"- {trial.task.name}: {result.right:.3%} right, wrong after {spelled(trial.task, result.explored)}"
        for trial, result in found
    ]
    return f"\n{ALMOST:.0%} right or more, yet different, and the shortest word that shows it:\n" + "\n".join(lines)
