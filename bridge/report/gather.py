"""Computing what a page tells: one task after the other, each forgiven its errors."""

from __future__ import annotations

from bridge.errors import BridgeError
from bridge.printable import Listener, Progress
from bridge.report.part import A_TEXT, Page, Task


def gather(page: Page, progress: Listener) -> None:
    """Do the tasks of all parts of the page, in their order."""
    done = 0.0
    for task in sorted((task for part in page.parts for task in part.tasks), key=lambda task: task.order):
        if why := _left_out(page, task):
            page.found.missing[task.name] = why
        elif task.when(page):
            _do(task, page, done, progress)
            done += task.share
    progress(Progress(1.0, "done"))


def _left_out(page: Page, task: Task) -> str:
    without = {A_TEXT: page.why_no_text} if page.text is None else {}
    why = (without | page.found.missing).get(task.needs, "")
    return why or ("Left out: asked for the quick page." if task.long and page.quick else "")


def _do(task: Task, page: Page, done: float, progress: Listener) -> None:
    progress(Progress(done, task.name))
    try:
        task.compute(page, lambda now: progress(Progress(done + task.share * (now.done or 0.0), task.name)))
    except BridgeError as error:
        page.found.missing[task.name] = f"Left out: {error}."
