"""Tasks with a known answer. Each says it twice: as a function of the whole word, which makes the examples to learn
from, and as a machine of a few lines, with which what was learned is compared.

Words are read bit by bit: every input is a string of 0 and 1, the latest last. Nothing that learns sees a machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

Step: TypeAlias = Callable[..., tuple[Any, *tuple[int, ...]]]


@dataclass(frozen=True)
class Shape:
    """What a cell may use: `taps`, how many earlier inputs a shift register holds; `bits` of gated memory; `hidden`
    neurons between them and what they read."""

    bits: int = 4
    taps: int = 0
    hidden: int = 4


@dataclass(frozen=True)
class Course:
    """How a task is learned: `steps` of gradient descent, at a learning `rate`, from words of so many steps."""

    steps: int = 1000
    length: int = 16
    rate: float = 0.03


@dataclass(frozen=True)
class Task:
    """`word(*inputs)`: the answers, a number for each of `answers`, after strings of equal length have been read.
    `step(state, *bits)` -> (state, *answers), from state `start`, says the same for words of any length; states are
    small numbers, or tuples of them."""

    name: str
    says: str
    inputs: tuple[str, ...]
    answers: tuple[str, ...]
    word: Callable[..., tuple[int, ...]]
    start: Any
    step: Step
    shape: Shape = Shape()
    course: Course = Course()


def _depth(opens: str, closes: str, most: int) -> int:
    depth = 0
    for opened, closed in zip(opens, closes, strict=True):
        depth = min(max(depth + int(opened) - int(closed), 0), most)
    return depth


def _reached(depth: int) -> tuple[int, ...]:
    return tuple(int(depth >= least) for least in range(1, 8))


def _balanced(x: str, most: int) -> int:
    """1 opens, 0 closes: repeatedly taken out, innermost first, nothing is left, and it is nowhere too deep."""
    if any(x[:end].count("1") - x[:end].count("0") > most for end in range(len(x) + 1)):
        return 0
    while "10" in x:
        x = x.replace("10", "")
    return int(not x)


def _number(bits: str) -> int:
    return int(bits or "0", 2)


def _backwards(bits: str) -> int:
    """The number whose lowest bit comes first."""
    return _number(bits[::-1])


def _at(number: int, place: int) -> int:
    return number >> place & 1


def _bits(number: int) -> tuple[int, int, int]:
    return _at(number, 0), _at(number, 1), _at(number, 2)


def _walk(depth: int, opened: int, closed: int) -> tuple[int, *tuple[int, ...]]:
    depth = min(max(depth + opened - closed, 0), 7)
    return depth, *_reached(depth)


def _balance(depth: int, opens: int, most: int = 3) -> tuple[int, int]:
    """Depth `most` + 1 is the state of words that nothing mends."""
    wrong = most + 1
    depth = wrong if depth == wrong or (depth == 0 and not opens) else depth + (1 if opens else -1)
    return depth, int(depth == 0)


def _before_mark(state: tuple[int, int], x: int, mark: int) -> tuple[tuple[int, int], int]:
    last, kept = state
    kept = last if mark else kept
    return (x, kept), kept


def _contains(seen: int, x: int) -> tuple[int, int]:
    """How much of 101 has been read."""
    seen = 3 if seen == 3 else ((0, 1), (2, 1), (0, 3))[seen][x]
    return seen, int(seen == 3)


def _three_in_row(run: int, x: int) -> tuple[int, int]:
    run = 3 if run == 3 else (run + 1) * x
    return run, int(run == 3)


def _rises(state: tuple[int, int], x: int) -> tuple[tuple[int, int], int]:
    last, lamp = state
    lamp ^= x & (last ^ 1)
    return (x, lamp), lamp


def _window(state: tuple[int, ...], x: int) -> tuple[tuple[int, ...], int]:
    """The majority of what is held and what is new."""
    held = (x, *state)
    return held[:-1], int(2 * sum(held) > len(held))


def _shift(state: tuple[int, ...], x: int) -> tuple[tuple[int, ...], int]:
    return (x, *state[:-1]), state[-1]


def _alternates(state: int, x: int) -> tuple[int, int]:
    """0 and 1: the last bit; 2: no word yet; 3: two equal ones have been read."""
    state = 3 if state in (x, 3) else x
    return state, int(state != 3)


def _larger(state: int, a: int, b: int) -> tuple[int, int]:
    state = a if a != b else state
    return state, state


def _largest(state: int, a: int, b: int) -> tuple[int, int]:
    """0: equal so far, 1: a is larger, 2: b is."""
    state = state or (0 if a == b else 2 - a)
    return state, b if state == 2 else a


def _first_last(state: int, x: int) -> tuple[int, int]:
    """2: no word yet; else the first bit."""
    state = x if state == 2 else state
    return state, int(state == x)


_DEPTHS = tuple(f"deep{least}" for least in range(1, 8))
_LIST = (
    Task(
        *("parity", "an odd number of ones so far", ("x",), ("odd",)),
        word=lambda x: (x.count("1") % 2,),
        start=0,
        step=lambda odd, x: (odd ^ x, odd ^ x),
    ),
    Task(
        *("count-3", "the number of ones is a multiple of 3", ("x",), ("multiple",)),
        word=lambda x: (int(x.count("1") % 3 == 0),),
        start=0,
        step=lambda count, x: ((count + x) % 3, int((count + x) % 3 == 0)),
    ),
    Task(
        *("count-5", "the number of ones modulo 5", ("x",), ("rest0", "rest1", "rest2")),
        word=lambda x: _bits(x.count("1") % 5),
        start=0,
        step=lambda count, x: ((count + x) % 5, *_bits((count + x) % 5)),
        shape=Shape(bits=6, hidden=6),
        course=Course(steps=1500),
    ),
    Task(
        *("divisible-3", "the number read, highest bit first, is a multiple of 3", ("x",), ("multiple",)),
        word=lambda x: (int(_number(x) % 3 == 0),),
        start=0,
        step=lambda rest, x: ((2 * rest + x) % 3, int((2 * rest + x) % 3 == 0)),
    ),
    Task(
        *("depth-7", "how many brackets are open, 0 to 7: at least 1, 2, ...", ("open", "close"), _DEPTHS),
        word=lambda opens, closes: _reached(_depth(opens, closes, 7)),
        start=0,
        step=_walk,
        shape=Shape(bits=8, hidden=0),
        course=Course(steps=2000, length=20, rate=0.02),
    ),
    Task(
        *("balanced-3", "a balanced word of brackets, nowhere more than 3 deep", ("open",), ("balanced",)),
        word=lambda x: (_balanced(x, 3),),
        start=0,
        step=_balance,
        shape=Shape(bits=5, hidden=5),
        course=Course(steps=2000),
    ),
    Task(
        *("copy-3", "what was read three steps ago", ("x",), ("was",)),
        word=lambda x: (int(x[-4:-3] or "0"),),
        start=(0, 0, 0),
        step=_shift,
    ),
    Task(
        *("addition", "serial addition, lowest bits first: a bit of the sum", ("a", "b"), ("sum",)),
        word=lambda a, b: (_at(_backwards(a) + _backwards(b), len(a) - 1),),
        start=0,
        step=lambda carry, a, b: ((carry + a + b) // 2, (carry + a + b) % 2),
    ),
    Task(
        *("subtraction", "serial a - b, lowest bits first: a bit of it", ("a", "b"), ("bit",)),
        word=lambda a, b: (_at(_backwards(a) - _backwards(b), len(a) - 1),),
        start=0,
        step=lambda borrow, a, b: (int(a - b - borrow < 0), (a - b - borrow) % 2),
    ),
    Task(
        *("times-3", "serial 3 x, lowest bit first: a bit of it", ("x",), ("bit",)),
        word=lambda x: (_at(3 * _backwards(x), len(x) - 1),),
        start=0,
        step=lambda carry, x: ((3 * x + carry) // 2, (3 * x + carry) % 2),
    ),
    Task(
        *("larger", "a > b, numbers read lowest bit first", ("a", "b"), ("larger",)),
        word=lambda a, b: (int(_backwards(a) > _backwards(b)),),
        start=0,
        step=_larger,
    ),
    Task(
        *("maximum", "a bit of the larger of two numbers, highest bits first", ("a", "b"), ("bit",)),
        word=lambda a, b: (int(max(a, b)[-1]),),
        start=0,
        step=_largest,
    ),
    Task(
        *("majority-3", "the majority of the last 3 bits", ("x",), ("majority",)),
        word=lambda x: (int(x[-3:].count("1") > 1),),
        start=(0, 0),
        step=_window,
    ),
    Task(
        *("majority-9", "the majority of the last 9 bits", ("x",), ("majority",)),
        word=lambda x: (int(x[-9:].count("1") > 4),),
        start=(0,) * 8,
        step=_window,
        shape=Shape(bits=1, taps=12, hidden=0),
    ),
    Task(
        *("before-mark", "the bit before the last marker", ("x", "mark"), ("was",)),
        word=lambda x, mark: (int("00"[: "1" not in mark] or ("0" + x)[mark.rfind("1")]),),
        start=(0, 0),
        step=_before_mark,
    ),
    Task(
        *("contains-101", "101 has been read", ("x",), ("seen",)),
        word=lambda x: (int(re.search("101", x) is not None),),
        start=0,
        step=_contains,
    ),
    Task(
        *("three-in-row", "111 has been read", ("x",), ("seen",)),
        word=lambda x: (int("111" in x),),
        start=0,
        step=_three_in_row,
    ),
    Task(
        *("toggle", "a lamp that every press of a button turns on or off", ("button",), ("lamp",)),
        word=lambda x: (len(re.findall("1+", x)) % 2,),
        start=(0, 0),
        step=_rises,
    ),
    Task(
        *("alternates", "no two equal bits in a row so far", ("x",), ("alternates",)),
        word=lambda x: (int(re.search("00|11", x) is None),),
        start=2,
        step=_alternates,
    ),
    Task(
        *("first-last", "the last bit is the first one", ("x",), ("same",)),
        word=lambda x: (int(x[0] == x[-1]),),
        start=2,
        step=_first_last,
    ),
    Task(
        *("weighted-3", "ones of a and twice those of b, modulo 3", ("a", "b"), ("rest0", "rest1")),
        word=lambda a, b: _bits((a.count("1") + 2 * b.count("1")) % 3)[:2],
        start=0,
        step=lambda rest, a, b: ((rest + a + 2 * b) % 3, *_bits((rest + a + 2 * b) % 3)[:2]),
        shape=Shape(bits=6, hidden=6),
        course=Course(steps=1500),
    ),
)
TASKS = {task.name: task for task in _LIST}
