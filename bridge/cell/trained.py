"""What training gives back, whoever the trainer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.cell.model import Cell
from bridge.cell.record import TrainingProgress
from bridge.printable.notebook import Single


@dataclass(frozen=True, repr=False)
class Trained(Single):
    """The cell; `finished` is False when the run was interrupted (the cell is usable all the same); `last`: where the
    run stood at its end."""

    cell: Cell
    finished: bool
    last: TrainingProgress

    def __repr__(self) -> str:
        state = "finished" if self.finished else "interrupted"
        return f"<Trained {self.cell!r}: {state}, {self.last.remark}>"

    def to_json(self) -> dict[str, Any]:
        """`finished seconds steps ands bits_per_byte`, of the training text and of training, see `TrainingProgress`."""
        own = ("seconds", "steps", "ands", "bits_per_byte")
        return {"finished": self.finished} | {key: getattr(self.last, key) for key in own}

    def _repr_html_(self) -> str:
        return super()._repr_html_() + self.cell._repr_html_()
