"""A regular expression matched in a process of its own, since its search cannot be interrupted; started as a script.

A message of int32, see `bridge.toolchain.served`: how many bytes the expression has, these bytes, those of the text.
The answer: where each match begins and ends.
"""

from __future__ import annotations

import re
import sys
import warnings
from array import array

HEAD = 8


def main() -> None:
    size, *rest = _received()
    expression, text = bytes(rest[:size]), bytes(rest[size:])
    warnings.simplefilter("ignore")
    spans = array("i")
    for found in re.compile(expression).finditer(text):
        if found.end() > found.start():
            spans.extend(found.span())
    sys.stdout.buffer.write(array("i", [0, len(spans)]).tobytes() + spans.tobytes())
    sys.stdout.buffer.flush()


def _received() -> list[int]:
    head = array("i")
    head.frombytes(sys.stdin.buffer.read(HEAD))
    numbers = array("i")
    numbers.frombytes(sys.stdin.buffer.read(4 * head[1]))
    return numbers.tolist()


if __name__ == "__main__":
    main()
