"""Smaller cells round by round: drop weights, train those that are left where torch is there, measure."""

from __future__ import annotations

from collections.abc import Callable

from bridge.cell import Cell
from bridge.errors import MissingExtra
from bridge.execution import bits_per_byte
from bridge.lossy.weights import digits, drop_weights
from bridge.printable import Listener, Progress

ROUNDS = 20  # each drops this part of the digits of the weights, less when that was too much
TURNS = 30  # rounds at most
STEPS = 300  # of training in a round
PASSES = 4  # over the rows of a cell, in a round
LEAST = 1 / 256  # of the digits; when so few are too many, it ends

Train = Callable[[Cell, int, float], Cell]


def drop_rounds(
    cell: Cell, fit: bytes, validation: bytes, budget: float, seed: int, steps: int | None, progress: Listener
) -> tuple[Cell, float, float]:
    """(the last cell before one costs more than `budget`, bits per byte on the validation text before and after).

    A round that costs too much is tried again with fewer weights. Training counts when it helps on the validation text,
    else it is gentler from then on. steps: see `simplify`.
    """
    train = _trainer(fit, steps)
    before = bits_per_byte(cell, validation)
    kept, after, total = cell, before, digits(cell)
    share, gentleness = 1 / ROUNDS, 1.0
    for turn in range(TURNS):
        current = _smaller(kept, fit, max(1, round(share * total)), seed + 100 * turn)
        found = bits_per_byte(current, validation)
        if train is not None:
            trained = train(current, turn, gentleness)
            learned = bits_per_byte(trained, validation)
            if learned < found:
                current, found = trained, learned
            else:
                gentleness /= 2
        progress(Progress(remark=f"{digits(current) / total:.1%} of the weights, {found - before:+.4f} bits"))
        if digits(current) == digits(kept):
            break
        if found <= before + budget:
            kept, after = current, found
        else:
            share, gentleness = share / 2, gentleness / 2
            if share < LEAST:
                break
    return kept, before, after


def _smaller(cell: Cell, fit: bytes, count: int, seed: int) -> Cell:
    """Without about `count` digits of its weights, or what so many PASSES of at most one weight a row take."""
    wanted = max(0, digits(cell) - count)
    for turn in range(PASSES):
        if digits(cell) > wanted:
            cell = drop_weights(cell, fit, digits(cell) - wanted, seed + turn)
    return cell


def _trainer(text: bytes, steps: int | None) -> Train | None:
    """(cell, round, part of the learning rate) -> the trained cell. InputError for wanted steps without torch."""
    if steps == 0:
        return None
    try:
        from bridge.training import retrain
    except MissingExtra:
        if steps is None:
            return None
        raise
    count = STEPS if steps is None else steps
    return lambda cell, turn, gentleness: retrain(cell, text, count, skipped=turn * count, gentleness=gentleness)
