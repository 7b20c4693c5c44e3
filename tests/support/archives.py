"""Archives that nobody should believe."""

from __future__ import annotations

import hashlib
import random
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO

from bridge.coding.archive import MAGIC
from bridge.coding.cell_code import MAGIC as CELL
from bridge.coding.folded_code import MAGIC as FOLDED
from bridge.coding.sections import CHECK, Sink

CHANGES: list[Callable[[random.Random, bytes, bytes], bytes]] = [  # of a stretch, by one of another archive
    lambda rng, part, _: bytes(byte ^ 1 << rng.randrange(8) for byte in part),
    lambda rng, part, _: rng.randbytes(len(part)),
    lambda rng, part, _: rng.randbytes(rng.choice([1, 4, 50])),
    lambda rng, part, _: b"\xff" * len(part),
    lambda rng, part, _: bytes(len(part)),
    lambda rng, part, _: part * 2,
    lambda rng, _, other: other,
    lambda rng, _, other: b"",
]


def mutant(seeds: Sequence[bytes], seed: int) -> bytes:
    """One of the archives with something done to it, often near its start; the same seed gives the same."""
    rng = random.Random(seed)
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        start = rng.randrange(len(data) + 1) if rng.random() < 0.7 else rng.randrange(min(len(data), 40) + 1)
        end = min(len(data), start + rng.choice([0, 1, 2, 8, 100]))
        other = rng.choice(seeds)
        taken = rng.randrange(len(other))
        data[start:end] = rng.choice(CHANGES)(rng, bytes(data[start:end]), other[taken : taken + end - start + 1])
    return bytes(data)


def resealed(archive: bytes, seed: int) -> bytes:
    """An archive with something done to the code of the model inside, and the checksums of it as if nothing were."""
    start = len(MAGIC) + 5
    end = start + int.from_bytes(archive[start - 4 : start], "little")
    kind = CELL if archive.startswith(CELL, start) else FOLDED
    code = mutant([archive[start + len(kind) + 4 : end]], seed)
    model = kind + zlib.crc32(code).to_bytes(4, "big") + code
    out = BytesIO()
    sink = Sink(out.write)
    sink.put(archive[: start - 4], len(model).to_bytes(4, "little"), model)
    sink.seal()
    return out.getvalue() + archive[end + CHECK :]


def lying(method: int, length: int, code: bytes, text: bytes = b"") -> Callable[[Sink], None]:
    """Writes an archive without a model, of one block that says so, with right checksums."""

    def write(sink: Sink) -> None:
        sink.put(MAGIC, bytes(5))
        sink.seal()
        sink.put(bytes([method]), length.to_bytes(4, "little"), len(code).to_bytes(4, "little"), code)
        sink.seal(text)
        sink.put(b"\0", hashlib.sha256(text).digest())
        sink.seal()

    return write
