"""Sets of bytes that have a name, and the shortest words for any set: "vowels", "capitals", "a-z without q".

`described` is exact. A description is a list of bytes and runs (`a-f`), or one or two named sets, `or` a list,
`without` a list, or `all but` one of these; it takes the one of the fewest words, bytes and ends of runs.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from types import MappingProxyType

NAMED: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        name: frozenset(text.encode())
        for name, text in {
            "letter": string.ascii_letters,
            "capital": string.ascii_uppercase,
            "small": string.ascii_lowercase,
            "vowel": "aeiouAEIOU",
            "consonant": "".join(c for c in string.ascii_letters if c not in "aeiouAEIOU"),
            "digit": string.digits,
            "space": " \t\n\r\v\f",
            "punctuation": string.punctuation,
        }.items()
    }
)

EVERY = frozenset(range(256))
ANY, NONE = "any byte", "no byte"
_WORDS = {9: "tab", 10: "newline", 13: "return", 32: "space", 39: '"\'"'}
_PLURAL = {"small": "a-z", "space": "white space", "punctuation": "punctuation"}
_SHORTEST_RUN, _BUT = 3, "all but"


def described(some: Iterable[int], among: Iterable[int] = EVERY) -> str:
    """The shortest words for a set of bytes; what it says of bytes outside `among` does not count."""
    universe = _mask(among)
    return _described(_mask(some) & universe, universe)


@dataclass(frozen=True)
class _Phrase:
    """`lead`, then `or` the bytes of one mask, `without` those of the other."""

    lead: str
    more: int
    less: int = 0

    @cached_property
    def items(self) -> int:
        """How many bytes, ends of runs and words of names a reader has to take in; the fewest are the shortest."""
        return len(self.lead.replace(" or ", " ").split()) + (self.less > 0) + _written(self.more) + _written(self.less)

    def __str__(self) -> str:
        if not self.less and self.lead in ("", _BUT):
            words = _listed(self.more)
            return " ".join(filter(None, [self.lead, (" or " if len(words) == 2 else " ").join(words)]))
        parts = [(word, _listed(mask)) for word, mask in (("or", self.more), ("without", self.less)) if mask]
        return " ".join([self.lead, *(f"{word} {' '.join(words)}" for word, words in parts)])


@lru_cache(maxsize=4096)
def _described(some: int, among: int) -> str:
    if some == 0 or some == among:
        return ANY if some else NONE
    phrases = [*_phrases(some, among), *_phrases(among & ~some, among, _BUT)]
    fewest = min(phrase.items for phrase in phrases)
    return min((str(phrase) for phrase in phrases if phrase.items == fewest), key=lambda text: (len(text), text))


def _phrases(some: int, among: int, lead: str = "") -> Iterator[_Phrase]:
    """A list of its bytes; or one or two named sets, `or` some bytes, `without` some."""
    yield _Phrase(lead, some)
    named = [(name, mask & among) for name, mask in _MASKS.items() if mask & among]
    pairs = ((f"{a} or {b}", one | other) for (a, one), (b, other) in combinations(named, 2))
    for name, mask in (*named, *pairs):
        missing, extra = some & ~mask, mask & ~some
        if missing.bit_count() + extra.bit_count() < some.bit_count():
            yield _Phrase(f"{lead} {name}".strip(), missing, extra)


def _written(some: int) -> int:
    """How many bytes are written to list these."""
    run = some & _IN_RUNS
    inner = run & run << 1 & run >> 1
    longs = (inner << 1 | inner >> 1 | inner) & run  # of at least three
    return some.bit_count() + 2 * (longs & ~(longs << 1)).bit_count() - longs.bit_count()


def _listed(some: int) -> list[str]:
    """Single bytes, and runs of letters, of digits, or of bytes that are not ASCII."""
    words, byte = list[str](), 0
    while some >> byte:
        end = byte
        while some & _IN_RUNS & 1 << end:
            end += 1
        if end - byte >= _SHORTEST_RUN:
            words.append(f"{shown(byte)}-{shown(end - 1)}")
            byte = end
        else:
            words += [shown(byte)] if some >> byte & 1 else []
            byte += 1
    return words


def shown(byte: int) -> str:
    """A byte as one word: a letter or digit as it is, other visible ones in quotes."""
    char = chr(byte)
    if byte in _WORDS or char in string.ascii_letters or char in string.digits:
        return _WORDS.get(byte, char)
    return f"'{char}'" if 32 < byte < 127 else f"\\x{byte:02x}"


def _mask(some: Iterable[int]) -> int:
    return sum(1 << byte for byte in {*some})


def _named_masks() -> dict[str, int]:
    plural = {_PLURAL.get(name, f"{name}s"): _mask(some) for name, some in NAMED.items()}
    ascii_bytes = _mask(range(128))
    parts = {
        "small vowels": plural["vowels"] & plural["a-z"],
        "capital vowels": plural["vowels"] & plural["capitals"],
        "small consonants": plural["consonants"] & plural["a-z"],
        "capital consonants": plural["consonants"] & plural["capitals"],
        "ASCII": ascii_bytes,
        "not ASCII": _mask(EVERY) & ~ascii_bytes,
    }
    return plural | parts


_MASKS = _named_masks()
# No two kinds of runs are neighbours, so none goes on in another.
_IN_RUNS = _mask({*NAMED["digit"], *NAMED["letter"], *range(32), *range(128, 256)})
