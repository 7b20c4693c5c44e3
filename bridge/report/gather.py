"""Computing what a page tells: one task after the other, each forgiven its errors."""

from __future__ import annotations

from collections.abc import Callable

from bridge.errors import BridgeError
from bridge.report.part import A_TEXT, Page, Task

Progress = Callable[[float, str], None]  # how much is done, 0 to 1, and what is being done


def gather(page: Page, report: Progress) -> None:
    """Do the tasks of all parts of the page, in their order."""
    done = 0.0
    for task in sorted((task for part in page.parts for task in part.tasks), key=lambda task: task.order):
        if why := _left_out(page, task):
            page.found.missing[task.name] = why
        elif task.when(page):
            _do(task, page, done, report)
            done += task.share
    report(1.0, "done")


def _left_out(page: Page, task: Task) -> str:
    without = {A_TEXT: page.why_no_text} if page.text is None else {}
    why = (without | page.found.missing).get(task.needs, "")
    return why or ("Left out: asked for the quick page." if task.long and page.quick else "")


def _do(task: Task, page: Page, done: float, report: Progress) -> None:
    report(done, task.name)
    try:
        task.compute(page, lambda part: report(done + task.share * part, task.name))
    except BridgeError as error:
        page.found.missing[task.name] = f"Left out: {error}."
