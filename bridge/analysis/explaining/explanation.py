"""What an explanation says: as JSON, as lines for people, and with bars for a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from bridge.analysis.explaining.effects import Effects, Swap
from bridge.analysis.explaining.reason import Reason
from bridge.analysis.explaining.terms import NodeTerms, Term
from bridge.printable import html_table
from bridge.printable.notebook import Framed

SHOWN = 12
BAR = 120  # pixels


@dataclass(frozen=True)
class Likely:
    """A symbol or class: `worth`: its number, see `Margin.unit`; `probability`: of text alone."""

    symbol: str
    worth: int
    probability: float | None = None


@dataclass(frozen=True)
class Margin:
    """How much the likeliest is ahead of its rival: `worth`, in `unit`, each of which is `scale` nats (of classes: what
    a unit is worth). `terms` add up to it, `nodes` instead for a code tree; both empty where the cell is not known."""

    likeliest: str
    rival: str
    worth: int
    unit: str
    scale: float
    terms: tuple[Term, ...] = ()
    nodes: tuple[NodeTerms, ...] = ()

    def to_json(self) -> dict[str, Any]:
        own = {key: getattr(self, key) for key in ("likeliest", "rival", "worth", "unit", "scale")}
        return own | {"terms": [asdict(term) for term in self.terms], "nodes": [node.to_json() for node in self.nodes]}


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Framed):
    """Of one prediction, that of byte or row `at`, after `context`. `margin`: of the likeliest over the next; `reason`:
    what forces it, if that was asked for. `cost`: bits of the `truth`'s code length, None for classes;
    `likely`: the likeliest first; `effects`: of flips of state bits, the first `states` rows, and of neurons; `swaps`:
    of what was read, the last step first; `measure`: what effects add to; `symbols`: by rank; `notes`: what else there
    is to know."""

    at: int
    context: str
    truth: str | None
    cost: float | None
    likely: tuple[Likely, ...]
    margin: Margin
    effects: Effects
    states: int
    swaps: tuple[Swap, ...]
    measure: str
    symbols: tuple[str, ...]
    reason: Reason | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`at context truth cost likely margin measure effects swaps`, and `reason` if it was asked for."""
        facts: dict[str, Any] = {
            "at": self.at,
            "context": self.context,
            "truth": self.truth,
            "cost": self.cost,
            "likely": [asdict(one) for one in self.likely],
            "margin": self.margin.to_json(),
            "measure": self.measure,
            "effects": self._columns(self.effects),
            "swaps": [self._swap(swap) for swap in self.swaps],
            "notes": list(self.notes),
        }
        return facts | ({} if self.reason is None else {"reason": self.reason.to_json()})

    def columns(self) -> dict[str, list[Any]]:
        """A row for each state bit and neuron that was flipped: `name added margin likeliest`."""
        return self._columns(self.effects)

    def _columns(self, effects: Effects) -> dict[str, list[Any]]:
        columns = effects.columns()
        return columns | {"likeliest": [self.symbols[rank] for rank in columns["likeliest"]]}

    def _swap(self, swap: Swap) -> dict[str, Any]:
        columns = self._columns(swap.effects) | {"name": list(swap.values)}
        own = {"part": swap.part, "step": swap.step, "value": swap.value, "count": swap.count, "mean": swap.mean}
        worst = swap.values[swap.worst] if swap.values else None
        return own | {"worst": worst, "changes": self.changes(swap), "others": columns}

    def changes(self, swap: Swap) -> int:
        """How many of the other values change the likeliest."""
        return int((swap.effects.likeliest != self._likeliest).sum())

    @property
    def _likeliest(self) -> int:
        return self.symbols.index(self.likely[0].symbol)

    def rows(self, most: int | None = SHOWN) -> dict[str, tuple[list[str], list[list[object]]]]:
        """Tables for people: heads and rows, by title; so many rows of each, the largest first, None for all."""
        found = dict(_margin_rows(self.margin, most))
        kinds = {"state bits flipped": range(self.states), "neurons flipped": range(self.states, len(self.effects))}
        for title, part in kinds.items():
            order = [row for row in self.effects.largest_first if row in part][:most]
            rows = [self._effect(row) for row in order if self.effects.added[row] or self._turns(row)]
            if rows:
                found[title] = (["flipped", f"adds {self.measure}", "margin", "likeliest then"], rows)
        read = [self._read(swap) for swap in self.swaps if swap.values]
        if read:
            head = ["read", "at", "was", f"swap adds {self.measure}", "at most", "with", "change the likeliest", "of"]
            found["what was read, swapped"] = (head, read)
        return found

    def _effect(self, row: int) -> list[object]:
        effects = self.effects
        then = self.symbols[effects.likeliest[row]] if self._turns(row) else ""
        return [effects.names[row], float(effects.added[row]), int(effects.margins[row]), then]

    def _turns(self, row: int) -> bool:
        return bool(self.effects.likeliest[row] != self._likeliest)

    def _read(self, swap: Swap) -> list[object]:
        most = float(swap.effects.added[swap.worst])
        counts = [self.changes(swap), len(swap.values)]
        return [swap.part, swap.step, swap.value, swap.mean, most, swap.values[swap.worst], *counts]

    def __str__(self) -> str:
        """One line, and what was found of the reason."""
        first = self.likely[0]
        share = "" if first.probability is None else f" ({first.probability:.1%})"
        read = f" after {self.context!r}" if self.context else ""
        cost = "" if self.cost is None else f"; {self.truth} comes, {self.cost:.3f} bits"
        margin = self.margin
        ahead = f"; {margin.worth:,} {margin.unit} ahead of {margin.rival}"
        lines = [f"{self.at:,}{read}: {first.symbol}{share}{cost}{ahead}", *self.notes]
        return "\n".join(lines + ([str(self.reason)] if self.reason else []))

    def _repr_html_(self) -> str:
        likely = ([one.symbol, one.probability, one.worth] for one in self.likely)
        parts = [html_table(likely, ["likeliest", "probability", "worth"], str(self).split("\n")[0])]
        for title, (head, rows) in self.rows().items():
            place = next((i for i, cell in enumerate(rows[0]) if i and isinstance(cell, float | int)), 1)
            parts.append(_bars(title, head, rows, place))
        return "".join(parts) + (self.reason._repr_html_() if self.reason else "")


def _margin_rows(margin: Margin, most: int | None) -> Iterator[tuple[str, tuple[list[str], list[list[object]]]]]:
    title = f"margin of {margin.likeliest} over {margin.rival}: {margin.worth:,} {margin.unit}"
    if margin.terms:
        yield title, (["term", "worth", "value", "weight"], _term_rows(margin.terms, most))
    if margin.nodes:
        rows = [[node.node, node.worth, node.score, *map(_symbols, node.tells)] for node in margin.nodes]
        yield title, (["code node", "worth", "score", "above 0", "otherwise"], [list(row) for row in rows])
        first = margin.nodes[0]
        if first.terms:
            where = f"score of code node {first.node}, where the two part: {first.score:,}"
            yield where, (["term", "worth", "value", "weight"], _term_rows(first.terms, most))


def _term_rows(terms: Sequence[Term], most: int | None) -> list[list[object]]:
    order = sorted((term for term in terms if term.worth), key=lambda term: -abs(term.worth))
    rows: list[list[object]] = [[term.name, term.worth, term.value, term.weight] for term in order[:most]]
    rest = order[len(order[:most]) :]
    return rows + ([[f"{len(rest):,} others", sum(term.worth for term in rest), None, None]] if rest else [])


def _symbols(symbols: bytes) -> str:
    return repr(symbols.decode("latin-1"))[1:-1][:24]


def _bars(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], place: int) -> str:
    """A table with a bar for the number in one column, to the right where it is above 0."""
    numbers = [number if isinstance(number := row[place], float | int) else 0 for row in rows]
    most = max(map(abs, numbers), default=0) or 1
    body = []
    for row, number in zip(rows, numbers, strict=True):
        cells = "".join(f"<td>{escape(_shown(cell))}</td>" for cell in row)
        width, color = round(BAR * abs(number) / most), "#3a7" if number > 0 else "#c54"
        bar = f'<div style="width:{width}px;height:0.7em;background:{color}"></div>'
        body.append(f"<tr>{cells}<td>{bar}</td></tr>")
    top = "".join(f"<th>{escape(text)}</th>" for text in [*head, ""])
    return f"<table><caption>{escape(title)}</caption><tr>{top}</tr>{''.join(body)}</table>"


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:.4f}" if isinstance(cell, float) else str(cell)
