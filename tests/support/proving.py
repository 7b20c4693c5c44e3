"""Every run of a small cell, state by state, by `Cell.step`: is a claim ever broken, and after how many steps?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from bridge.aig import Aig
from bridge.analysis.claims.formula import All, Claim, Comparison, Formula, Membership, Not, Operand, Some, Term
from bridge.cell import Cell
from support.machines import State, all_steps

Values = Mapping[str, np.ndarray]
_COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class TooLarge(Exception):
    """More states than are worth it."""


def shortest_break(
    cell: Cell, claim: Claim, given: Claim | None, *, most: int = 1500, starts: np.ndarray | None = None
) -> int | None:
    """The fewest steps after which some run breaks the claim; None if none ever does. starts: bool[n, elements], the
    states to begin in, by default that of reset."""
    history = max(claim.history, 0 if given is None else given.history)
    states = cell.reset(1) if starts is None else starts
    past: list[Values] = []
    seen: set[tuple[int, bytes]] = set()
    for step in range(1, 1 << 20):
        bytes_read = np.tile(np.arange(256, dtype=np.uint8), len(states))
        states = np.repeat(states, 256, axis=0)
        past = [{name: np.repeat(row, 256) for name, row in values.items()} for values in past]
        now = _values(cell, states, bytes_read)
        fails = _truth(claim.formula, now, past)[1]
        holds = np.ones(len(states), bool) if given is None else _truth(given.formula, now, past)[0]
        if (fails & holds).any():
            return step
        states, _ = cell.step(states, bytes_read)
        past = [now, *past][:history]
        kept = _fresh(states, past, min(step, history), seen)
        if not len(kept):
            return None
        if len(seen) > most:
            raise TooLarge
        states = states[kept]
        past = [{name: row[kept] for name, row in values.items()} for values in past]
    raise AssertionError


def _fresh(states: np.ndarray, past: Sequence[Values], steps: int, seen: set[tuple[int, bytes]]) -> np.ndarray:
    rows = np.column_stack([states.astype(np.int64), *(row for values in past for row in values.values())])
    kept = []
    for place, row in enumerate(np.ascontiguousarray(rows)):
        key = steps, row.tobytes()
        if key not in seen:
            seen.add(key)
            kept.append(place)
    return np.array(kept, np.int64)


def _values(cell: Cell, states: np.ndarray, read: np.ndarray) -> Values:
    """What claims of `random_text_claim` may name, in one step of every state."""
    numbers = cell.step(states, read)[1]
    logits, symbols = cell.readout.logits(numbers), cell.head.symbols
    found = {"byte": read.astype(np.int64), "argmax": cell.readout.argmax(numbers).astype(np.int64)}
    found[f"margin.{symbols[0]}.{symbols[-1]}"] = logits[:, 0] - logits[:, -1]
    for name, part in cell.state_slices.items():
        if cell.held[name].are_bits and part.stop > part.start:
            found[f"state.{name}[0]"] = states[:, part.start].astype(np.int64)
    return found


def _truth(formula: Formula, now: Values, past: Sequence[Values]) -> tuple[np.ndarray, np.ndarray]:
    """Where it is true, where it is false."""
    match formula:
        case Not(part):
            return _truth(part, now, past)[::-1]
        case All(parts) | Some(parts):
            found = [_truth(part, now, past) for part in parts]
            yes, no = (np.array([each[side] for each in found]) for side in (0, 1))
            return (yes.all(0), no.any(0)) if isinstance(formula, All) else (yes.any(0), no.all(0))
        case Comparison(left, sign, right):
            holds, known = _COMPARE[sign](_of(left, now, past), _of(right, now, past)), _known([left, right], past)
        case Membership(term, members):
            holds, known = (
                np.isin(_of(term, now, past), [_of(each, now, past) for each in members]),
                _known([term], past),
            )
    holds = np.broadcast_to(holds, now["byte"].shape)
    return holds & known, ~holds & known


def _known(operands: Sequence[Operand], past: Sequence[Values]) -> bool:
    return all(operand.ago <= len(past) for operand in operands if isinstance(operand, Term))


def _of(operand: Operand, now: Values, past: Sequence[Values]) -> np.ndarray | int:
    if isinstance(operand, Term):
        if operand.ago > len(past):
            return 0
        return (past[operand.ago - 1] if operand.ago else now)[operand.name]
    return operand if isinstance(operand, int) else operand[0]


def random_text_claim(rng: np.random.Generator, cell: Cell, depth: int = 2) -> str:
    """Of the names that `_values` knows, compared with what they often are."""
    pick = int(rng.integers(8)) if depth else 7
    if pick < 3:
        word = str(rng.choice(["and", "or", "implies"]))
        return f"({random_text_claim(rng, cell, depth - 1)} {word} {random_text_claim(rng, cell, depth - 1)})"
    if pick < 4:
        return f"not {random_text_claim(rng, cell, depth - 1)}"
    names = list(_values(cell, cell.reset(1), np.zeros(1, np.uint8)))
    name, ago = str(rng.choice(names)), int(rng.integers(3))
    term = f"{name}@-{ago}" if ago else name
    if name in ("byte", "argmax"):
        return f"{term} {rng.choice(['==', '!='])} {int(rng.choice(list(cell.head.symbols)))}"
    return f"{term} {rng.choice(['==', '<', '>='])} {int(rng.integers(-1, 2))}"


# Of two outputs of a netlist, now and one step ago: the claim, and whether these values break it.
NETLIST_CLAIMS = (
    ("o[0] == 0 or o[1] == 0", lambda now, past: now[0] and now[1]),
    ("not (o[0] == 1 and o[0]@-1 == 1)", lambda now, past: past is not None and now[0] and past[0]),
    ("o[1]@-1 == 1 implies o[0] == 1", lambda now, past: past is not None and past[1] and not now[0]),
)


def shortest_break_of_netlist(aig: Aig, which: int, *, any_start: bool) -> int | None:
    """The same for a netlist of few latches, and one of NETLIST_CLAIMS."""
    known, breaks = all_steps(aig), NETLIST_CLAIMS[which][1]
    resets = [(False, True) if any_start or latch.reset is None else (bool(latch.reset),) for latch in aig.latches]
    front: set[tuple[State, State | None]] = {(state, None) for state in product(*resets)}
    seen = set(front)
    for step in range(1, 1 << 20):
        runs = [(said, after, past) for state, past in front for said, after in known[state]]
        if any(breaks(said, past) for said, _, past in runs):
            return step
        front = {(after, said) for said, after, _ in runs} - seen
        seen |= front
        if not front:
            return None
    raise AssertionError


def loop_break(cell: Cell, claim: Claim, given: Claim | None = None) -> tuple[int | None, bool]:
    """The fewest steps after which a text cell that reads what it writes breaks the claim, from any first byte; and was
    the condition true until then."""
    history, met = max(claim.history, 0 if given is None else given.history), False
    states, read = np.repeat(cell.reset(1), 256, axis=0), np.arange(256, dtype=np.uint8)
    past: list[Values] = []
    seen: set[tuple[int, bytes]] = set()
    for step in range(1, 1 << 20):
        now = _values(cell, states, read)
        holds = np.ones(len(states), bool) if given is None else _truth(given.formula, now, past)[0]
        met |= bool(holds.any())
        if (_truth(claim.formula, now, past)[1] & holds).any():
            return step, met
        states, _ = cell.step(states, read)
        read, past = now["argmax"].astype(np.uint8), [now, *past][:history]
        before = len(seen)
        _fresh(np.column_stack([states, read]), past, min(step, history), seen)
        if len(seen) == before:
            return None, met
    raise AssertionError
