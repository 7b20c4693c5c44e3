"""Broken inputs for every reader: `python tools/fuzz_readers.py --count 5000 [--kind verilog] [--seeds FOLDER]`.

Whatever a file holds, a reader gives a valid object or one sentence of the error tree: no other exception, no crash, no
hang, no more memory than allowed. A netlist that was read must also be the same after writing and reading it again.
Seeds are small files of our writers, the files of tools as constants, and those of a folder. Each kind runs in a
process of its own, whose last mutant is kept if it dies. Exit code 1 if anything was found; `--first` repeats a mutant.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import random
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.aig import Aig, AigBuilder, Output, Properties
from bridge.cell import Cell
from bridge.errors import BridgeError
from bridge.flow import load_flow
from bridge.formats import read_netlist, write_netlist
from bridge.formats.bristol import read_bristol
from bridge.formats.bulk import blif, verilog
from bridge.formats.bulk.read import NotBulk
from bridge.resources import flow_path, netlist_path, shipped_flows
from bridge.truth import read_truth

SECONDS, MEBIBYTES = 20, 1024

AIGER = [
    b"aag 7 2 2 2 3 1 1 1 1\n2\n4\n6 10 6\n8 14 1\n6\n12\n1\n3\n1\n4\n5\n10 2 6\n12 4 8\n14 13 3\n"
    b"i0 a b\no1\nj0 live\nc\nx\n",
    b"aag 3 2 0 1 1\r\n2\r\n4\r\n6\r\n6 4 2\r\ni0 a\r\nc\r\nby hand",
    b"aig 5 2 1 2 2\n11\n10\n6\n\x04\x02\x01\x02i0 a\nl0 q\no0 y\ncn\0\0\0\7work/s\0\nproduced by ABC\n",
    b"aig 3 2 0 2 1\n6\n2\n\x01\x03cm\0\0\0\x05abcdeq\0\0\0\1\xffn\0\0\0\2t\0\n",
    b"aig2 12 3 1 3 8\n\x0e\x0d\x10\x10\x01\x04\x04\x04\x01\x02\x04\x05\x0b\x02\x02\x09\x03\x0b\x01\x02c\nt\n",
]
VERILOG = [
    b"module t(clk, a, b, y);\n  input clk; input [3:0] a, b; output [3:0] y; wire [3:0] w; reg r;\n"
    b"  assign w = a & ~b;\n  assign y = {w[3:1], r};\n  always @(posedge clk) r <= w[0] ^ (a[1] | b[2]);\n"
    b"  initial r = 1'b0;\nendmodule\n",
    b"/* Yosys */\nmodule t(clk, d, q);\n  input clk, d; output q; wire n;\n  \\$_NOT_ u (.A(d), .Y(n));\n"
    b"  \\$_DFF_P_  \\q.reg (.C(clk), .D(n), .Q(q));\nendmodule\n",
]
BLIF = [
    b"# by hand\n.model t\n.inputs a b \\\n c\n.outputs y z\n.latch w q re c 2\n.names a b w\n1- 1\n-1 1\n"
    b".names q a y\n11 0\n.names z\n1\n.end\n"
]
TRUTH = [b"0110\n1000\n", b"10\n"]
WORDS = b"""
aag aig aig2 c 0 1 2 -1 9999999999 4294967295 18446744073709551616 i0 o0 module endmodule assign wire reg input output
always initial ~ ^ & | ( ) [ ] { } ' 1'b0 1'bx [1:0] [99999999:0] // /* */ \\ .names .latch .model .end .subckt .inputs
.exdc abc: yosys: repeat: steps: - &a *a !!python/object: "aigbridge" {"aigbridge":1} null true NaN 1e999
""".split()


@dataclass(frozen=True)
class Kind:
    """`read`: a path into anything, or an error; `seeds`: the contents of good files."""

    suffix: str
    read: Callable[[Path], object]
    seeds: Callable[[], list[bytes]]


def netlist(path: Path) -> Aig:
    return _again(read_netlist(path), path)


def plain(path: Path) -> Aig:
    """BLIF by both its readers."""
    _bulk(path, blif.read)
    return netlist(path)


def _bulk(path: Path, read: Callable[[bytes, str], Aig]) -> None:
    """What the reader of large files takes, the other must read alike."""
    try:
        aig = read(path.read_bytes(), str(path))
    except (NotBulk, BridgeError):
        return
    if aig != read_netlist(path):
        raise AssertionError("the reader of large files disagrees")


def both_readers(path: Path) -> object:
    """Verilog by all its readers; what they take must be the same."""
    _bulk(path, verilog.read)
    found: list[Aig] = []
    problems: list[BridgeError] = []
    for reader in ("pyslang", "pyverilog"):
        try:
            found.append(read_netlist(path, reader=reader))
        except BridgeError as error:
            problems.append(error)
    if len(found) == 2 and found[0] != found[1]:
        raise AssertionError("the two readers disagree")
    if not found:
        raise problems[0]
    return _again(found[0], path)


def _again(aig: Aig, path: Path) -> Aig:
    other = path.with_name(f"again{path.suffix}")
    try:
        write_netlist(aig.validate(), other)
    except BridgeError:
        return aig  # names that the format does not know
    if path.suffix != ".blif" and read_netlist(other) != aig:
        raise AssertionError("the netlist is another one after writing and reading it")
    return aig


def written(suffix: str) -> list[bytes]:
    """A few random netlists with all that a file can hold, from our writers."""
    contents = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(6):
            path = Path(folder) / f"x{suffix}"
            write_netlist(random_netlist(seed), path)
            contents.append(path.read_bytes())
    bare = [b"\n".join(line for line in text.split(b"\n") if b"aigbridge {" not in line) for text in contents]
    return contents + (bare if suffix in (".v", ".blif") else [])


def random_netlist(seed: int) -> Aig:
    rng = np.random.default_rng(seed)
    builder = AigBuilder(f"random{seed}")
    literals = [builder.input(name) for name in ("x[0]", "x[1]", "a b", "clk")[: 2 + seed % 3]]
    states = [builder.latch(name, (0, 1, None)[index]) for index, name in enumerate(("s", "t[0]", "u~")[: seed % 4])]
    literals += states

    def some() -> int:
        return int(rng.choice(literals)) ^ int(rng.integers(2))

    for _ in range(8):
        literals.append(builder.xor(some(), some()) if rng.random() < 0.3 else builder.and_(some(), some()))
    for state in states:
        builder.set_next(state, some())
    for index in range(3):
        builder.output(f"y[{index}]", some())
    builder.point("h[0]", literals[-1])
    bad = (Output("bad", some()),)
    return builder.build("made\nby hand", Properties(bad, (Output("c", some()),), (("j", (some(), some())),)))


KINDS = {
    "aag": Kind(".aag", netlist, lambda: [*AIGER[:2], *written(".aag")]),
    "aig": Kind(".aig", netlist, lambda: [*AIGER[2:], *written(".aig")]),
    "verilog": Kind(".v", both_readers, lambda: [*VERILOG, *written(".v")]),
    "blif": Kind(".blif", plain, lambda: [*BLIF, *written(".blif")]),
    "bristol": Kind(".bristol", read_bristol, lambda: written(".bristol")),
    "truth": Kind(".truth", read_truth, lambda: TRUTH),
    "cell": Kind(
        ".safetensors", lambda path: Cell.load(str(path)), lambda: [Path(netlist_path("tiny.safetensors")).read_bytes()]
    ),
    "flow": Kind(".yaml", load_flow, lambda: [Path(flow_path(name)).read_bytes() for name in shipped_flows()]),
}


def mutant(seeds: Sequence[bytes], seed: int) -> bytes:
    """A good file after a few accidents."""
    rng = random.Random(seed)
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 1, 2, 4, 16, 200)))
        accident = rng.randrange(8)
        if accident == 0:
            data[at:end] = rng.randbytes(end - at)
        elif accident == 1:
            del data[at:end]
        elif accident == 2:
            data[at:at] = data[at:end] * rng.choice((1, 2, 50))
        elif accident == 3:
            data[at:at] = b" " * rng.randrange(2) + rng.choice(WORDS) + b" " * rng.randrange(2)
        elif accident == 4:
            del data[at:]
        elif accident == 5:
            other = rng.choice(seeds)
            data[at:end] = other[rng.randrange(len(other)) :][: rng.choice((1, 8, 100))]
        elif accident == 6:
            lines = bytes(data).split(b"\n")
            rng.shuffle(lines) if rng.random() < 0.2 else lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            data = bytearray(b"\n".join(lines))
        elif at < len(data):
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def fuzz(name: str, first: int, count: int, seeds: list[bytes], folder: Path) -> Iterator[str]:
    """What is wrong, in lines; and, last, how often each outcome was seen."""
    kind, outcomes = KINDS[name], Counter[str]()
    path = folder / f"mutant{kind.suffix}"
    path.write_bytes(seeds[0])
    kind.read(path)  # what is imported and compiled now needs memory of its own
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (MEBIBYTES << 20),) * 2)
    for seed in range(first, first + count):
        path.write_bytes(mutant(seeds, seed) or b"\n")
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            kind.read(path)
            outcomes["read"] += 1
        except BridgeError as error:
            outcomes["refused"] += 1
            if "\n" in str(error):
                yield f"{name} {seed}: an error of two lines: {error}"
        except BaseException as error:
            outcomes["failed"] += 1
            yield f"{name} {seed}: {type(error).__name__}: {error}"
        finally:
            faulthandler.cancel_dump_traceback_later()
    yield f"{name}: {', '.join(f'{number} {outcome}' for outcome, number in sorted(outcomes.items()))}"


def child(name: str, first: int, count: int, seeds: list[bytes], folder: Path) -> None:
    failed = False
    for line in fuzz(name, first, count, seeds, folder):
        print(line, flush=True)
        failed |= not line.startswith(f"{name}: ")
    sys.exit(failed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="mutants of each kind")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only these readers")
    parser.add_argument("--seeds", type=Path, help="a folder whose files are seeds, too, by suffix")
    arguments = parser.parse_args()
    found = False
    for name in arguments.kind or KINDS:
        kind = KINDS[name]
        seeds = kind.seeds()
        if arguments.seeds:
            seeds += [path.read_bytes() for path in sorted(arguments.seeds.rglob(f"*{kind.suffix}"))]
        folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
        job = multiprocessing.get_context("spawn").Process(
            target=child, args=(name, arguments.first, arguments.count, seeds, folder)
        )
        job.start()
        job.join()
        if job.exitcode not in (0, 1):
            print(f"{name}: died with code {job.exitcode} on {folder / f'mutant{kind.suffix}'}")
        found |= job.exitcode != 0
    sys.exit(found)


if __name__ == "__main__":
    main()
