"""The grammar of claims and conditions, and what is said of a text that does not follow it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, Tree, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from bridge.aig.names import parse
from bridge.analysis.bytesets import NAMED
from bridge.analysis.claims.formula import (
    SIGNS,
    All,
    Atom,
    Claim,
    Comparison,
    Formula,
    Membership,
    Not,
    Operand,
    Some,
    Term,
)
from bridge.errors import InputError

LONGEST = 4096  # characters of a claim
DEEPEST = 64  # parts within parts
FARTHEST = 1024  # steps that may be looked back
LARGEST = 1 << 62  # a number, up or down

GRAMMAR = r"""
?start: claim
?claim: some | some "implies" claim -> implies
?some: all ("or" all)* -> some
?all: part ("and" part)* -> all
?part: "not" part -> negated
     | "(" claim ")"
     | operand SIGN operand -> comparison
     | term "in" set -> inside
     | term "not" "in" set -> outside
     | term -> bit
     | "after" STRING -> after
?operand: term | constant
term: (NAME | QUOTED) (AGO | AT)?
constant: NUMBER -> number
     | STRING -> string
set: STRING -> characters
     | NAME -> named
     | "(" constant ("," constant)* ","? ")" -> listed
     | "{" constant ("," constant)* ","? "}" -> listed

SIGN: "==" | "!=" | "<=" | ">=" | "<" | ">"
NAME: /[A-Za-z_]\w*(\.(\w+|'(\\.|[^'\\])+')|\[[0-9]+\])*(@node\.[0-9]+)?/
QUOTED: /`[^`]+`/
AGO: /@-[0-9]+/
AT: /@[0-9]+/
NUMBER: /-?(0x[0-9a-fA-F]+|[0-9]+)/
STRING: /'(\\.|[^'\\])*'|"(\\.|[^"\\])*"/
%ignore /\s+/
"""

_MENDS = {
    "=": "write == for equal",
    "&": "write and",
    "|": "write or",
    "!": "write not, or != for unequal",
    "~": "write not",
    "-": "steps ago are written NAME@-1, and nothing is added or subtracted",
    "+": "nothing is added or subtracted",
    ".": "numbers are whole, and the parts of a name stand without spaces",
    "@": "write NAME@-1 for one step ago",
    "'": "a quote is missing",
    '"': "a quote is missing",
    "`": "a quote is missing",
}


_LABEL = re.compile(r"'(?:\\.|[^'\\])+'")
_PIECE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)|([^\\])", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", "'": "'", '"': '"'}


def parse_claim(text: Claim | str) -> Claim:
    """Read it; one that is read stays what it is. InputError says where it is no claim, and what could be meant."""
    if isinstance(text, Claim):
        return text
    if len(text) > LONGEST:
        raise InputError(f"a claim of {len(text):,} characters is too long; at most {LONGEST:,} are read")
    if any("\ud800" <= char <= "\udfff" for char in text):  # what Python makes of bytes that are no UTF-8
        raise InputError(f"claim {shown(text)} is not valid UTF-8; write other bytes as '\\xff' say")
    if not text.strip():
        raise InputError("a claim is empty: write one such as argmax == 'u'")
    try:
        tree = _parser().parse(text)
        _check_depth(tree, text)
        formula: Formula = _Reader().transform(tree)
    except UnexpectedInput as error:
        raise InputError(_unread(text, error)) from None
    except VisitError as error:
        if isinstance(error.orig_exc, InputError):
            raise InputError(f"claim {shown(text)}: {error.orig_exc}") from None
        raise
    return Claim(text.strip(), formula)


def shown(text: str) -> str:
    """In a sentence."""
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


def _check_depth(tree: Tree[Any], text: str) -> None:
    layer, depth = [tree], 0
    while layer:
        layer = [child for each in layer for child in each.children if isinstance(child, Tree)]
        depth += 1
        if depth > DEEPEST:
            raise InputError(f"claim {shown(text)}: more than {DEEPEST} parts stand within parts")


def _unread(text: str, error: UnexpectedInput) -> str:
    place = error.pos_in_stream
    ends = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    if ends or place is None or place < 0:
        return f"claim {shown(text)}: it ends where more is needed"
    rest = text[place:].split()[0] if text[place:].split() else text[place:]
    mend = _MENDS.get(text[place : place + 1], "") if isinstance(error, UnexpectedCharacters) else ""
    mend = mend or (_wrong_word(rest) if isinstance(error, UnexpectedToken) else "")
    return f"claim {shown(text)}: cannot read {shown(rest)} at position {place + 1}{f'; {mend}' if mend else ''}"


def _wrong_word(word: str) -> str:
    if word.lower() in ("and", "or", "not", "in", "implies", "after") and not word.islower():
        return f"write {word.lower()}"
    if word[:1] == ".":
        return _MENDS["."]
    if word[:1] in "<>=!":
        return "comparisons are not chained: join two of them with and"
    return ""


def unescaped(quoted: str) -> bytes:
    """What stands between quotes, characters beyond ASCII in UTF-8; InputError for an escape that there is not."""
    found = b""
    for escape, plain in _PIECE.findall(quoted[1:-1]):
        if escape and escape[0] != "x" and escape not in _ESCAPES:
            raise InputError(rf"\{escape} is no escape; known are \n \t \r \0 \\ \' \" and \x41")
        if escape == "x":
            raise InputError(r"\x needs two digits, as in \x41")
        found += bytes([int(escape[1:], 16)]) if escape[:1] == "x" else (_ESCAPES.get(escape) or plain).encode()
    return found


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """From the parse tree to a formula."""

    def implies(self, one: Formula, two: Formula) -> Formula:
        return Some((Not(one), two))

    def some(self, *parts: Formula) -> Formula:
        return parts[0] if len(parts) == 1 else Some(parts)

    def all(self, *parts: Formula) -> Formula:
        return parts[0] if len(parts) == 1 else All(parts)

    def negated(self, part: Formula) -> Formula:
        return Not(part)

    def comparison(self, left: Operand, sign: Token, right: Operand) -> Atom:
        if not isinstance(left, Term) and not isinstance(right, Term):
            raise InputError(f"{left!r} {sign} {right!r} compares two constants; name a signal on one side")
        return Comparison(left, next(known for known in SIGNS if known == sign), right)

    def inside(self, term: Term, members: tuple[int | bytes, ...]) -> Atom:
        return Membership(term, members)

    def outside(self, term: Term, members: tuple[int | bytes, ...]) -> Formula:
        return Not(Membership(term, members))

    def bit(self, term: Term) -> Atom:
        return Comparison(term, "!=", 0)

    def after(self, quoted: Token) -> Formula:
        read = unescaped(quoted)
        if not read:
            raise InputError('after "" says nothing; give what was just read')
        parts = tuple(Comparison(Term("byte", ago), "==", value) for ago, value in enumerate(reversed(read)))
        return parts[0] if len(parts) == 1 else All(parts)

    def term(self, name: Token, when: Token | None = None) -> Term:
        if when is None:
            return Term(_named(name))
        steps = int(when.removeprefix("@").removeprefix("-")) if len(when) < 20 else LARGEST
        if when.type == "AT":
            return Term(_named(name), at=steps)
        if steps > FARTHEST:
            raise InputError(f"{name}{when} looks back too far; at most {FARTHEST:,} steps are kept")
        return Term(_named(name), steps)

    def number(self, digits: Token) -> int:
        value = int(digits, 0 if "0x" in digits else 10) if len(digits) < 24 else LARGEST
        if abs(value) >= LARGEST:
            raise InputError(f"{shown(str(digits))} is too large a number")
        return value

    def string(self, quoted: Token) -> bytes:
        return unescaped(quoted)

    def characters(self, quoted: Token) -> tuple[int, ...]:
        found = tuple(unescaped(quoted))
        if not found:
            raise InputError("nothing is in an empty set; write the characters that are meant")
        return found

    def named(self, name: Token) -> tuple[int, ...]:
        if str(name) not in NAMED:
            raise InputError(f'{name} is no set of bytes; write "aeiou", or one of {", ".join(NAMED)}')
        return tuple(sorted(NAMED[str(name)]))

    def listed(self, *members: int | bytes) -> tuple[int | bytes, ...]:
        return members


def _named(token: Token) -> str:
    """As `bridge.aig.names` has it: symbols as numbers, but what may be the label of a class in quotes."""
    if token.type == "QUOTED":
        return token[1:-1]
    kind = parse(token).kind
    return _LABEL.sub(lambda found: _label(found[0], kind), token)


def _label(quoted: str, kind: str) -> str:
    inside = unescaped(quoted)
    ambiguous = kind in ("margin", "class") and (len(inside) > 1 or (chr(inside[0]).isprintable() and inside < b"\x7f"))
    if ambiguous and inside != b"'":
        return f"'{inside.decode('utf-8', 'replace')}'"
    return str(inside[0]) if len(inside) == 1 else f"'{inside.decode('utf-8', 'replace')}'"
