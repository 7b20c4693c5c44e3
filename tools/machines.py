"""Small recurrent cells learned from examples, melted, and proven equal to a few lines of specification, for words of
any length: `python tools/machines.py`, or `python tools/machines.py parity count-3 --save FOLDER`.

One line a task: how many networks learned side by side, how many of them were right after every step of longer words,
how many are equal to the specification; then the smallest equal one: bits of state, weights, ANDs as lowered and
shrunk, how the netlists were proven equal, the pairs of states met by the other proof, the length up to which all words
were run, seconds of this processor to learn and to prove. Last, the shortest word that shows a difference in each
network with 99 % right answers. Exit code 1 if a task has no proven cell.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

from bridge.bench.machines.learning import Lessons
from bridge.bench.machines.table import HEADER, deceived, line
from bridge.bench.machines.tasks import TASKS
from bridge.bench.machines.trial import Trial, trial
from bridge.errors import InputError
from bridge.printable import dump_json


def main() -> int:
    """Print the table, and save the cells."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"some of: {', '.join(TASKS)} (all)")
    parser.add_argument("--networks", type=int, default=Lessons.networks, help="that learn side by side (%(default)s)")
    parser.add_argument("--steps", type=int, help="of gradient descent (each task has its own)")
    parser.add_argument("--reach", type=int, default=Lessons.reach, help="the largest weight; 1: ternary (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="where to leave the proven cells, TASK.safetensors")
    parser.add_argument("--json", action="store_true", help="a JSON object a line instead of the table")
    given = parser.parse_args()
    unknown = [name for name in given.tasks if name not in TASKS]
    if unknown:
        parser.error(f"there is no task {unknown[0]!r}; known are {', '.join(TASKS)}")
    lessons = replace(Lessons(), networks=given.networks, reach=given.reach, seed=given.seed)
    if not given.json:
        print(HEADER, flush=True)
    trials: list[Trial] = []
    for name in given.tasks or TASKS:
        task = TASKS[name]
        course = asdict(task.course) | ({"steps": given.steps} if given.steps else {})
        trials.append(trial(task, replace(lessons, **course)))
        print(dump_json(trials[-1].to_json()) if given.json else line(trials[-1]), flush=True)
        if given.save and trials[-1].answer == "equivalent":
            given.save.mkdir(parents=True, exist_ok=True)
            trials[-1].best.cell.save(given.save / f"{name}.safetensors")
    if not given.json:
        print(deceived(trials))
    return int(any(each.answer != "equivalent" for each in trials))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"error: {error}")
