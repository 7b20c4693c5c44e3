"""Sets of bytes that have a name: `byte in capital`, "one of the vowels"."""

from __future__ import annotations

import string
from collections.abc import Mapping
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
