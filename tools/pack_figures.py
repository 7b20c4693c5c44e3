"""What `pack` makes of texts, beside other compressors: `python tools/pack_figures.py kjv FILE [--ands N] ...`.

Bytes of gzip -9, xz -9e, PPMd at its best order (variant H, needs pyppmd), zpaq -m5 (where it is installed), and of
archives by trees of `--ands` ANDs (by default what `pack` would take), their model counted, or by a cell that is there
already. Seconds and KB/s are those of one processor, all that others do on the machine apart; what is compiled on the
first run is not counted.
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from bridge import Cell, evaluate, lower
from bridge.cli.pack import suited, trained
from bridge.coding.archive import pack_stream, unpack_stream
from bridge.corpus import NAMED, read_text

ORDERS = (4, 5, 6, 8, 12, 16, 24)
MEMORY = 1 << 28  # bytes, of PPMd


def others(text: bytes) -> Iterator[tuple[str, int]]:
    yield "gzip -9", len(gzip.compress(text, 9, mtime=0))
    yield "xz -9e", len(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    try:
        from pyppmd import compress
    except ImportError:
        pass
    else:
        found = {order: len(compress(text, max_order=order, mem_size=MEMORY, variant="H")) for order in ORDERS}
        best = min(found, key=lambda order: found[order])
        yield f"PPMd, order {best}", found[best]
    if shutil.which("zpaq"):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "text").write_bytes(text)
            subprocess.run(["zpaq", "a", "x.zpaq", "text", "-m5", "-t1"], cwd=folder, check=True, capture_output=True)
            yield "zpaq -m5", Path(folder, "x.zpaq").stat().st_size


def ours(text: bytes, cell: Cell, inside: bool) -> str:
    """Bytes, and what they are made of; there and back."""
    spent = []
    for _ in range(2):  # the first run compiles
        out, back = BytesIO(), BytesIO()
        start = time.process_time()
        tally = pack_stream([text], out.write, cell, inside=inside)
        middle = time.process_time()
        unpack_stream(BytesIO(out.getvalue()).read, back.write, None if inside else cell)
        spent = [middle - start, time.process_time() - middle]
        assert back.getvalue() == text
    ideal = evaluate(lower(cell), text).bits_per_byte * len(text) / 8
    speed = ", ".join(
        f"{way} {len(text) / 1000 / each:,.0f} KB/s" for way, each in zip(("packed", "unpacked"), spent, strict=True)
    )
    coded = f"{tally.code / ideal - 1:+.3%} beside `eval`"
    if tally.with_model is not None:
        coded = f"the model is left out, {tally.with_model:,} with it"
    return (
        f"{tally.archive:>12,}  {8 * tally.archive / len(text):.3f}  {' '.join(tally.methods)}: model {tally.model:,}, "
        f"code {tally.code:,} ({coded}), {speed}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+", help="Files, or kjv, pydoc.")
    parser.add_argument("--ands", type=int, action="append", default=[])
    parser.add_argument("--model", action="append", default=[])
    options = parser.parse_args()
    for name in options.texts:
        text = read_text(name) if name in NAMED else Path(name).read_bytes()
        print(f"{name}: {len(text):,} bytes", flush=True)
        for known, size in others(text):
            print(f"  {known:<24}{size:>12,}  {8 * size / len(text):.3f}", flush=True)
        for model in options.model:
            print(f"  {model + ', named':<24}{ours(text, Cell.load(model), False)}", flush=True)
        for ands in options.ands or [suited(len(text))]:
            start = time.process_time()
            cell = trained(text, ands)
            seconds = time.process_time() - start
            made = f"trees, {len(lower(cell).ands):,} ANDs"
            print(f"  {made:<24}{ours(text, cell, True)}, trained in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
