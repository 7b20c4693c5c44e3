"""Random small netlists, by brute force, through every reproducible flow: `python tools/fuzz_flows.py --count 500`.

Half of the netlists have latches; truth tables are whole numbers with a bit for every input vector. Then single gates
are broken, and every method of proof is asked for the difference. Exit code 1 if any answer is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import count, islice, product

import numpy as np

from bridge.aig import Aig, AigBuilder
from bridge.aig.cut import core
from bridge.equivalence import check_equivalence, second_opinion
from bridge.equivalence.clock import Clock
from bridge.equivalence.engines import ENGINES, ask, replay, simulate_apart
from bridge.equivalence.sweep import sweep
from bridge.flow import load_flow, run_flow
from bridge.resources import shipped_flows
from bridge.toolchain import Tool, locate

SECONDS = 30.0
State = tuple[int, ...]


def random_netlist(seed: int) -> Aig:
    """Up to 8 inputs and, for odd seeds, 3 latches; 10 to 120 gates, some points in both polarities."""
    rng = np.random.default_rng(seed)
    builder = AigBuilder(f"random{seed}")
    literals = [builder.input(f"x[{index}]") for index in range(int(rng.integers(2, 9)))]
    states = [builder.latch(f"s[{index}]", (0, 1, None)[index]) for index in range(3 * (seed % 2))]
    literals += states

    def some() -> int:
        return literals[int(rng.integers(len(literals)))] ^ int(rng.integers(2))

    for _ in range(int(rng.integers(10, 120))):
        a, b = some(), some()
        literals.append(builder.xor(a, b) if rng.random() < 0.3 else builder.and_(a, b))
    for state in states:
        builder.set_next(state, some())
    for index in range(int(rng.integers(1, 6))):
        builder.output(f"y[{index}]", some())
    for index in range(int(rng.integers(0, 8))):
        builder.point(f"h[{index}]", some())
    return builder.build()


def truth(aig: Aig) -> dict[str, int]:
    """Every output and next state by name: bit k is its value where input and latch i have bit i of k."""
    leaves = aig.leaves
    rows = 1 << len(leaves)
    everything = (1 << rows) - 1
    table = {name: sum(1 << k for k in range(rows) if k >> index & 1) for index, name in enumerate(sorted(leaves))}
    values = [0, *(table[name] for name in leaves)]

    def of(literal: int) -> int:
        return values[literal >> 1] ^ (everything if literal & 1 else 0)

    for a, b in aig.ands.tolist():
        values.append(of(a) & of(b))
    named = [(f"output {output.name}", output.literal) for output in aig.outputs]
    return {name: of(literal) for name, literal in [*named, *((f"latch {s.name}", s.next) for s in aig.latches)]}


def same_interface(a: Aig, b: Aig) -> bool:
    """Names, order, resets and output names; what a flow must give back."""
    latches = [[(latch.name, latch.reset) for latch in aig.latches] for aig in (a, b)]
    outputs = [[output.name for output in aig.outputs] for aig in (a, b)]
    return a.inputs == b.inputs and latches[0] == latches[1] and outputs[0] == outputs[1]


def fewer_latches(a: Aig, b: Aig) -> bool:
    """What a sequential flow must give back: the same names, order and resets but for latches that are gone, and the
    same outputs in every step from every reset state."""
    kept = {latch.name for latch in b.latches}
    remaining = replace(a, latches=tuple(latch for latch in a.latches if latch.name in kept))
    unknown = [latch.name for latch in a.latches if latch.reset is None]
    starts = [dict(zip(unknown, bits, strict=True)) for bits in product((0, 1), repeat=len(unknown))]
    waiting = [tuple(_started(aig, start) for aig in (a, b)) for start in starts]
    seen, tables = set(waiting), (truth(a), truth(b))
    while waiting:
        states = waiting.pop()
        for inputs in product((0, 1), repeat=len(a.inputs)):
            (ours, s), (theirs, t) = (
                _stepped(aig, table, state, inputs) for aig, table, state in zip((a, b), tables, states, strict=True)
            )
            if ours != theirs:
                return False
            if (s, t) not in seen:
                seen.add((s, t))
                waiting.append((s, t))
    return same_interface(remaining, b)


def _started(aig: Aig, start: dict[str, int]) -> State:
    return tuple(start[latch.name] if latch.reset is None else latch.reset for latch in aig.latches)


def _stepped(aig: Aig, table: dict[str, int], state: State, inputs: State) -> tuple[State, State]:
    """The outputs, and the next state."""
    leaves = dict(zip(aig.leaves, [*inputs, *state], strict=True))
    row = sum(leaves[name] << index for index, name in enumerate(sorted(leaves)))
    outputs = tuple(table[f"output {output.name}"] >> row & 1 for output in aig.outputs)
    return outputs, tuple(table[f"latch {latch.name}"] >> row & 1 for latch in aig.latches)


def through_flows(seed: int, flows: Iterable[str]) -> Counter[str]:
    """How many flows gave a result that is right (and proven)."""
    aig = random_netlist(seed)
    expected = truth(aig)
    found: Counter[str] = Counter()
    for flow in flows:
        result = run_flow(aig, flow, cached=False)
        if result.flow.preserves == "sequential":
            right = fewer_latches(aig, result.aig)
        else:
            right = same_interface(aig, result.aig) and truth(result.aig) == expected
        found[f"{flow}: {'right' if right else f'WRONG (seed {seed})'}"] += 1
        found[f"{flow}: {result.verdict.answer}"] += 1
    return found


def with_fault(aig: Aig, seed: int) -> Aig | None:
    """One fanin of one AND complemented, so that the function changes; None if no such fault was met."""
    rng = np.random.default_rng(seed)
    for _ in range(100 if len(aig.ands) else 0):
        ands = aig.ands.copy()
        ands[int(rng.integers(len(ands))), 0] ^= 1
        bad = replace(aig, ands=np.sort(ands, axis=1)[:, ::-1])
        if truth(bad) != truth(aig):
            return bad
    return None


def methods_on_a_fault(aig: Aig, bad: Aig, abc: Tool) -> Counter[str]:
    """What each method says of a netlist and one with a fault; anything but "different" or "no answer" is wrong."""
    ours, theirs = core(aig), core(bad)
    vectors = {
        "simulation": simulate_apart(ours, theirs),
        "iprove": ask("iprove", ours, theirs, abc, SECONDS).vector,
        "SAT sweeping": sweep(ours, theirs, Clock(SECONDS)).vector,
    }
    found: Counter[str] = Counter()
    for method, vector in vectors.items():
        shown = vector is not None and replay(ours, theirs, vector) is not None
        found[f"{method}: {'different' if shown else 'no answer'}"] += 1
    for engine in ENGINES:
        claim = ask(engine, ours, theirs, abc, SECONDS)
        found[f"{engine}: {claim.answer if claim.answer != 'equivalent' else f'WRONG ({aig.name})'}"] += 1
    for method, verdict in (
        ("check_equivalence", check_equivalence(aig, bad, abc=abc, seconds=SECONDS)),
        ("second_opinion", second_opinion(aig, bad, seconds=SECONDS)),
    ):
        found[f"{method}: {verdict.answer if verdict.answer != 'equivalent' else f'WRONG ({aig.name})'}"] += 1
    return found


def main() -> int:
    """Print one line per flow or method and answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500, help="netlists")
    parser.add_argument("--faults", type=int, default=100, help="netlists with a fault")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    every = [name for name in shipped_flows() if load_flow(name).reproducible]
    parser.add_argument("--flows", nargs="+", default=every, metavar="FLOW", help=f"of {', '.join(every)}")
    options = parser.parse_args()
    started, found, abc = time.monotonic(), Counter[str](), locate("abc")
    for seed in range(options.first, options.first + options.count):
        found += through_flows(seed, options.flows)
    pairs = ((aig, with_fault(aig, seed)) for seed, aig in enumerate(map(random_netlist, count(options.first))))
    for aig, bad in islice(((aig, bad) for aig, bad in pairs if bad is not None), options.faults):
        found += methods_on_a_fault(aig, bad, abc)
    for answer, times in sorted(found.items()):
        print(f"{times:6,}  {answer}")
    print(f"{options.count} netlists, {options.faults} faults, {time.monotonic() - started:.0f} s")
    return int(any("WRONG" in answer for answer in found))


if __name__ == "__main__":
    sys.exit(main())
