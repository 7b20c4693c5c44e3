"""A lexer for pyverilog's grammar that hides from it what it does not know.

It drops attributes and keeps what `init` and `top` say; it repeats the head of a statement that declares or assigns
several things at once: `wire a = x, b = y;` becomes `wire a = x; wire b = y;`. Open pins in a list by order, as in
`u (a, , b)`, get a name that no file has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from pyverilog.vparser.lexer import VerilogLexer

_TYPES = frozenset(("INPUT", "OUTPUT", "INOUT", "WIRE", "REG", "SIGNED"))
OPEN = "\0"
_DEPTH = {"LPAREN": 1, "LBRACKET": 1, "LBRACE": 1, "RPAREN": -1, "RBRACKET": -1, "RBRACE": -1}
_OPEN_PINS = {("LPAREN", "COMMA"), ("COMMA", "COMMA"), ("COMMA", "RPAREN")}


@dataclass
class Attributes:
    """Of one module. initial: (name, the constant as it stands in the file, line)."""

    top: bool = False
    initial: list[tuple[str, str, int]] = field(default_factory=list)


class Tokens(VerilogLexer):  # type: ignore[misc]
    """What the parser takes for its lexer. `modules`: the attributes of each module, in the order of the file."""

    tokens = (*VerilogLexer.tokens, "FILL")
    t_XNOR = r"~\^|\^~"
    t_FILL = r"'[01xXzZ]"

    def input(self, data: str) -> None:
        self.lexer.lineno = 1
        self.lexer.input(data)
        self.modules: list[Attributes] = []
        self.pending: dict[str, tuple[str, int]] = {}
        self.ahead: deque[Any] = deque()
        self.rewritten = self.statements()

    def token(self) -> Any:
        return next(self.rewritten, None)

    def taken(self) -> Any:
        return self.ahead.popleft() if self.ahead else self.lexer.token()

    def raw(self) -> Any:
        """The next token of the file, attributes left out; None at its end."""
        token = self.taken()
        while token is not None and token.type == "LPAREN":
            following = [self.taken(), self.taken()]
            first, second = (None if token is None else token.type for token in following)
            if first != "TIMES" or second == "RPAREN":
                self.ahead.extendleft(reversed([token for token in following if token is not None]))
                break
            self.attribute(following[1], token.lineno)
            token = self.taken()
        if token is not None and token.type == "FILL":
            token.type = "INTNUMBER_DEC"
        return token

    def attribute(self, token: Any, line: int) -> None:
        """From the first token of an attribute, which opens on that line, to its `*)`."""
        tokens: list[Any] = []
        while token is not None and not (token.type == "RPAREN" and tokens and tokens[-1].type == "TIMES"):
            tokens.append(token)
            token = self.taken()
        parts: list[list[Any]] = [[]]
        for token in tokens[:-1]:
            if token.type == "COMMA":
                parts.append([])
            else:
                parts[-1].append(token)
        for part in parts:
            kinds = [token.type for token in part[:2]]
            if kinds[:1] != ["ID"] or (len(part) > 1 and (kinds[1] != "EQUALS" or len(part) < 3)):
                self.error_func("in an attribute", part[0].lineno if part else line, 0)
            if len(part) > 1:
                value = "".join(str(token.value) for token in part[2:])
                self.pending[part[0].value] = value, part[0].lineno

    def statements(self) -> Iterator[Any]:
        """The tokens for the parser."""
        starts, before = True, ""
        while (token := self.raw()) is not None:
            kind = token.type
            if (before, kind) in _OPEN_PINS:
                yield _open_pin(token)
            before = kind
            if kind == "MODULE":
                self.modules.append(Attributes("top" in self.pending))
                yield token
                yield from self.header()
            elif starts and (kind in _TYPES or kind == "ASSIGN"):
                yield from self.listed(token, in_header=False)
            elif not starts or kind != "SEMICOLON":
                yield token
            self.pending.clear()
            starts = kind in ("SEMICOLON", "END", "ENDMODULE", "MODULE", "ASSIGN") or kind in _TYPES

    def header(self) -> Iterator[Any]:
        """From the module's name to the `;` after its ports."""
        while (token := self.raw()) is not None:
            if token.type in _TYPES:
                yield from self.listed(token, in_header=True)
            else:
                yield token
            if token.type == "SEMICOLON":
                return

    def listed(self, token: Any, in_header: bool) -> Iterator[Any]:
        """A declaration or assignment up to its `;`, or the ports of a header up to the bracket: one for each name."""
        head: list[Any] = []
        names = token.type != "ASSIGN"
        in_head, depth = True, 0
        while token is not None:
            depth += _DEPTH.get(token.type, 0)
            if depth < 0 or (depth == 0 and token.type == "SEMICOLON"):
                yield token
                return
            if in_head and token.type == "ID" and depth == 0:
                in_head = False
                if names:
                    self.declared(token.value)
            elif in_head:
                head.append(token)
            elif depth == 0 and token.type == "COMMA":
                self.pending = self.pending if not in_header else {}
                separator, token = token, self.raw()
                yield _separator(separator, in_header)
                in_head, repeated = names, head
                if token is not None and token.type in _TYPES:
                    head = repeated = []
                yield from map(copy, repeated)
                continue
            yield token
            token = self.raw()

    def declared(self, name: str) -> None:
        if "init" in self.pending and self.modules:
            self.modules[-1].initial.append((name, *self.pending["init"]))


def _open_pin(following: Any) -> Any:
    pin = copy(following)
    pin.type, pin.value = "ID", OPEN
    return pin


def _separator(comma: Any, in_header: bool) -> Any:
    separator = copy(comma)
    if not in_header:
        separator.type, separator.value = "SEMICOLON", ";"
    return separator
