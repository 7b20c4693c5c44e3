"""Claims about random cells, and their truth by the definition: what `Cell.step` says, and three values in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bridge.aig import Aig
from bridge.analysis.claims.formula import All, Comparison, Formula, Membership, Not, Operand, Some, Term
from bridge.cell import Cell
from bridge.cell.blocks import NODE

Values = dict[str, int]
SIGNS = ("==", "!=", "<", "<=", ">", ">=")
_COMPARE = {
    "==": int.__eq__,
    "!=": int.__ne__,
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
}


def run_values(cell: Cell, given: Sequence[Mapping[str, np.ndarray]]) -> list[Values]:
    """Of every name in each step, from reset."""
    state, found = cell.reset(1), []
    for inputs in given:
        found.append(step_values(cell, state, inputs))
        state, _ = cell.step(state, inputs)
    return found


def step_values(cell: Cell, state: np.ndarray, inputs: Mapping[str, np.ndarray]) -> Values:
    """Of every name in one step; state: [1, elements]."""
    known: Values = {}
    for name, part in cell.state_slices.items():
        _put(known, f"state.{name}", state[0, part], bool(cell.held[name].plain.all()))
    values = cell.read(state, inputs)
    for block in cell.blocks[:-1]:
        if block.name in values and not cell.at_start(block.name):
            _put(known, block.name, values[block.name][0], bool(cell.ranges[block.name].plain.all()))
    if cell.reads_byte:
        known["byte"] = int(inputs["byte"][0])
        known |= {f"byte[{bit}]": known["byte"] >> bit & 1 for bit in range(8)}
    numbers = cell.ask(values)
    if cell.text_model:
        _put_text(cell, known, values, numbers)
    else:
        labels = cell.labelled.labels
        known |= {f"class.{label}": int(number) for label, number in zip(labels, numbers[0], strict=True)}
        known |= {
            f"margin.'{a}'.'{b}'": known[f"class.{a}"] - known[f"class.{b}"] for a in labels[:2] for b in labels[-2:]
        }
        known["argmax"] = int(numbers[0].argmax())
    return known


def _put_text(cell: Cell, known: Values, values: dict, numbers: np.ndarray) -> None:
    symbols, logits = cell.head.symbols, cell.readout.logits(numbers)[0].tolist()
    known |= {"argmax": int(cell.readout.argmax(numbers)[0]), "greedy": int(cell.readout.greedy(numbers)[0])}
    known |= {f"logit.{symbol}": value for symbol, value in zip(symbols, logits, strict=True)}
    known |= {f"margin.{symbols[0]}.{symbol}": logits[0] - x for symbol, x in zip(symbols, logits, strict=True)}
    if cell.head.code is not None:
        known |= {f"score.{node}": int(number) for node, number in enumerate(numbers[0])}
    for node in range(len(symbols) - 1 if cell.serial else 0):
        asked = {**values, NODE: np.array([node])}
        for block in cell.blocks[:-1]:
            if block.name in cell.asked:
                asked[block.name] = block.bits(asked)
                for index, value in enumerate(asked[block.name][0].tolist()):
                    known[f"{block.name}[{index}]@node.{node}"] = int(value)


def _put(known: Values, block: str, elements: np.ndarray, are_bits: bool) -> None:
    values = [int(value) for value in elements]
    known |= {f"{block}[{index}]": value for index, value in enumerate(values)}
    if are_bits:
        known[block] = sum(value << index for index, value in enumerate(values))


def truth(formula: Formula, run: Sequence[Values], step: int, labels: Sequence[str] = ()) -> bool | None:
    """In one step of a run; None where it is unknown."""
    match formula:
        case Not(part):
            found = truth(part, run, step, labels)
            return None if found is None else not found
        case All(parts):
            every = [truth(part, run, step, labels) for part in parts]
            return False if False in every else None if None in every else True
        case Some(parts):
            every = [truth(part, run, step, labels) for part in parts]
            return True if True in every else None if None in every else False
        case Comparison(left, sign, right):
            pair = [_value(operand, run, step, labels) for operand in (left, right)]
            return None if None in pair else bool(_COMPARE[sign](*pair))
        case Membership(term, members):
            value = _value(term, run, step, labels)
            return None if value is None else any(value == _value(each, run, step, labels) for each in members)


def _value(operand: Operand, run: Sequence[Values], step: int, labels: Sequence[str]) -> int | None:
    if isinstance(operand, bytes):
        return labels.index(operand.decode()) if operand.decode("latin-1") in labels else operand[0]
    if not isinstance(operand, Term):
        return operand
    place = step - operand.ago if operand.at is None else operand.at
    return run[place][operand.name] if 0 <= place < len(run) else None


def labels_of(cell: Cell) -> Sequence[str]:
    return cell.labelled.labels if cell.labelled else ()


def input_bits(cell: Cell, aig: Aig, given: Mapping[str, np.ndarray]) -> np.ndarray:
    """bool[1, inputs]: what the netlist of a cell is given in a step."""
    known: Values = {}
    if cell.reads_byte:
        known |= {f"byte[{bit}]": int(given["byte"][0]) >> bit & 1 for bit in range(8)}
    for block in cell.inputs:
        bits = cell.ranges[block.name].encode(given[block.name])[0].tolist()
        known |= dict(zip(cell.signals(block.name), bits, strict=True))
    return np.array([[known.get(name, 0) for name in aig.inputs]], bool)  # 0: a code node


def random_claim(rng: np.random.Generator, run: Sequence[Values], depth: int = 2) -> str:
    """Of names that the run has, compared with values near those that they have in it."""
    names = [*run[0]]
    pick = int(rng.integers(10)) if depth else 9
    if pick < 3:
        word = str(rng.choice(["and", "or", "implies"]))
        return f"({random_claim(rng, run, depth - 1)} {word} {random_claim(rng, run, depth - 1)})"
    if pick < 4:
        return f"not {random_claim(rng, run, depth - 1)}"
    if pick < 5 and "byte" in names:
        return f"after '\\x{rng.choice(run)['byte']:02x}'"
    name, ago = _some_name(rng, names), int(rng.integers(3))
    term = f"{name}@-{ago}" if ago else name
    value = int(rng.choice([values[name] for values in run])) + int(rng.integers(-1, 2))
    sign = str(rng.choice(SIGNS))
    if rng.random() < 0.2:
        other, past = _some_name(rng, names), int(rng.integers(3))
        return f"{term} {sign} {other}@-{past}" if past else f"{term} {sign} {other}"
    if rng.random() < 0.2:
        return f"{term} {rng.choice(['in', 'not in'])} ({value}, {value + 1}, 3)"
    return f"{term} {sign} {value}"


def _some_name(rng: np.random.Generator, names: Sequence[str]) -> str:
    """Kinds equally often."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(name.split(".")[0].split("[")[0], []).append(name)
    return str(rng.choice(kinds[str(rng.choice(sorted(kinds)))]))
