"""What a counterexample shows, as short as it can be said: fewer ones first, then one sentence.

with a = 1, byte = 'q' and state.h[3] = 1, output y is 0 in A and 1 in B; all else is 0
after reading 'the q' from reset, output logit.97 is 5 in A and -3 in B
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, Output
from bridge.aig.cone import all_outputs
from bridge.aig.interface import aligned, aligned_ports
from bridge.aig.latches import known_resets
from bridge.aig.names import BYTE, parse
from bridge.arrays import Bits, Ints, Words
from bridge.equivalence.constraints import ALLOWED
from bridge.equivalence.verdict import Verdict
from bridge.execution import compile_program, run
from bridge.execution.words import packed, unpacked
from bridge.printable import in_quotes

_NODES = 1 << 30  # of all simulations for one counterexample, each of up to `_CANDIDATES`
_BITS = 1 << 22  # of inputs and outputs in all steps
_CANDIDATES = 256
_ROUNDS = 400
_SHOWN = 8
_TEXT = 60
_NEXT = "the next value of "
_WORD = 64


class _Rerun:
    """Both machines from reset; `unknown`: latches of unknown reset, whose first values are further inputs."""

    def __init__(self, a: Aig, b: Aig) -> None:
        self.a = a
        self.unknown = sorted({latch.name for latch in (*a.latches, *b.latches) if latch.reset is None})
        machines = [known_resets(aig, self.unknown) for aig in (a, b)]
        self.programs = [compile_program(machine, all_outputs(machine)) for machine in machines]

    def __call__(self, inputs: Words) -> list[Words]:
        """inputs: uint64[T, inputs + unknown, W] -> uint64[T, outputs and properties, W] of each."""
        return [run(program, inputs, program.reset_state(inputs.shape[2]))[0] for program in self.programs]

    def rows(self, verdict: Verdict) -> Bits:
        """uint8[T, inputs + unknown]: the run of a verdict; one without a trace is a run of one step."""
        assert verdict.counterexample is not None
        steps = verdict.trace or (verdict.counterexample,)
        inputs = len(self.a.inputs)
        rows = np.zeros((len(steps), inputs + len(self.unknown)), np.uint8)
        rows[:, :inputs] = [[step[name] for name in self.a.inputs] for step in steps]
        rows[0, inputs:] = [verdict.counterexample.get(name, 0) for name in self.unknown]
        return rows


def shortened(a: Aig, b: Aig, verdict: Verdict) -> Verdict:
    """A "different" with a counterexample of as few steps, and then as few ones, as a greedy search finds.

    Inputs, outputs and properties are the same by name. Other verdicts are left as they are.
    """
    rerun = _rerun(a, b, verdict)
    if rerun is None:
        return verdict
    rows, inputs = rerun.rows(verdict), len(rerun.a.inputs)
    if len(rows) * (rows.shape[1] + len(all_outputs(rerun.a))) > _BITS:
        return verdict

    def first_difference(candidates: Bits) -> npt.NDArray[np.int64]:
        """uint8[n, T, inputs] -> int64[n]: the first step in which outputs differ, -1 for none."""
        ours, theirs = rerun(packed(candidates.transpose(1, 2, 0)))
        unequal = unpacked(np.bitwise_or.reduce(ours ^ theirs, axis=1, initial=np.uint64(0)), len(candidates))
        return np.where(unequal.any(axis=0), np.argmax(unequal, axis=0), -1)

    def without_steps(rows: Bits, piece: Ints) -> Bits:
        kept = np.zeros_like(rows)
        kept[: len(rows) - len(piece)] = np.delete(rows, piece, axis=0)
        kept[0, inputs:] = rows[0, inputs:]
        return kept

    def without_ones(rows: Bits, piece: Ints) -> Bits:
        kept = rows.copy()
        kept.reshape(-1)[piece] = 0
        return kept

    if first_difference(rows[None])[0] < 0:
        return verdict
    budget = min(_ROUNDS, _NODES // (_CANDIDATES // _WORD * len(rows) * (a.variables + b.variables)))
    rows = _fewest(rows, lambda rows: np.arange(len(rows) - 1), without_steps, first_difference, budget // 2)
    rows = _fewest(rows, np.flatnonzero, without_ones, first_difference, budget // 2)
    steps = tuple(dict(zip(rerun.a.inputs, row[:inputs], strict=True)) for row in rows.tolist())
    start = dict(zip(rerun.unknown, rows[0, inputs:].tolist(), strict=True))
    return replace(verdict, counterexample={**steps[-1], **start}, trace=steps if verdict.trace else ())


def _fewest(
    rows: Bits,
    places: Callable[[Bits], Ints],
    without: Callable[[Bits, Ints], Bits],
    first_difference: Callable[[Bits], npt.NDArray[np.int64]],
    budget: int,
) -> Bits:
    """Drop places in ever smaller pieces while a difference is left, and the steps after it."""
    size = len(places(rows))
    while size and budget > 0:
        budget -= 1
        every = places(rows)
        pieces = [every[start : start + size] for start in range(0, len(every), size)][:_CANDIDATES]
        candidates = np.stack([without(rows, piece) for piece in pieces])
        steps = first_difference(candidates)
        cut = (candidates[index, : steps[index] + 1] for index in np.flatnonzero(steps >= 0))
        fewer = next((found for found in cut if len(places(found)) < len(every)), None)
        if fewer is None:
            size //= 2
        else:
            rows = fewer
            size = min(size, len(places(rows)))
    return rows


def explained(a: Aig, b: Aig, verdict: Verdict) -> Verdict:
    """The verdict with a sentence for its reason, if it is a "different" with a counterexample."""
    rerun = _rerun(a, b, verdict)
    if rerun is None:
        return verdict
    rows = rerun.rows(verdict)
    ours, theirs = (unpacked(values[-1], 1)[:, 0] for values in rerun(packed(rows[:, :, None])))
    sentence = f"{_setting(a, verdict, rerun.unknown)}, {_difference(rerun.a, ours, theirs)}"
    return replace(verdict, reason=sentence) if (ours != theirs).any() else verdict


def _rerun(a: Aig, b: Aig, verdict: Verdict) -> _Rerun | None:
    """None if there is nothing to run. A state without a trace is one more input, the next state one more output."""
    if verdict.answer != "different" or verdict.counterexample is None:
        return None
    if verdict.trace or not a.latches:
        return _Rerun(a, aligned_ports(a, b))
    return _Rerun(_one_step(a), _one_step(aligned(a, b)))


def _one_step(aig: Aig) -> Aig:
    names = tuple(latch.name for latch in aig.latches)
    following = tuple(Output(_NEXT + latch.name, latch.next) for latch in aig.latches)
    return replace(aig, inputs=(*aig.inputs, *names), latches=(), outputs=(*aig.outputs, *following))


def _difference(a: Aig, ours: Bits, theirs: Bits) -> str:
    names = _result_names(a)
    places = np.flatnonzero(ours != theirs).tolist()
    for place in places:
        if names[place] == ALLOWED:
            return "the constraints hold in {}, not in {}".format(*("AB" if ours[place] else "BA"))
    group = next(key for key, members in _numbers(names).items() if places[0] in members)
    members = _numbers(names)[group]
    values = [_value(group, bits[members].tolist()) for bits in (ours, theirs)]
    others = len(places) - len({*places} & {*members})
    more = f" (and {others} more bits differ)" if others > 1 else " (and 1 more bit differs)" if others else ""
    kind = "output " if places[0] < len(a.outputs) and not group.startswith(_NEXT) else ""
    return f"{kind}{_shown(group)} is {values[0]} in A and {values[1]} in B{more}"


def _result_names(aig: Aig) -> list[str]:
    """What each of `all_outputs` is."""
    parts = aig.properties
    kinds = (("bad state", parts.bad), ("constraint", parts.constraints), ("fairness", parts.fairness))
    names = [output.name for output in aig.outputs]
    names += [f"{kind} {output.name}" for kind, outputs in kinds for output in outputs]
    return names + [f"justice {name}, literal {i}" for name, group in parts.justice for i in range(len(group))]


def _setting(a: Aig, verdict: Verdict, unknown: Sequence[str]) -> str:
    """The part of the sentence before the difference."""
    assert verdict.counterexample is not None
    if not verdict.trace:
        everything = "all inputs and latches" if a.latches else "all inputs"
        return f"with {_given(_ones(verdict.counterexample), _zeros(verdict.counterexample), everything)}"
    steps = verdict.trace
    start = {name: verdict.counterexample[name] for name in unknown}
    held = f" (unknown resets: {_given(_ones(start), _zeros(start), 'all')})" if start else ""
    if {*a.inputs} == {*BYTE}:
        return f"after reading {_read(steps)} from reset{held}"
    runs = []
    number = 1
    for ones, group in groupby(steps, key=_ones):
        count = len(list(group))
        where = f" in step {number}" if count == 1 else f" in steps {number} to {number + count - 1}"
        runs += [_joined(ones) + (where if len(steps) > 1 else "")] if ones else []
        number += count
    return f"in step {len(steps)} from reset{held}, with {_given(runs, sum(map(_zeros, steps)), 'all inputs')}"


def _read(steps: Sequence[Mapping[str, int]]) -> str:
    read = bytes(sum(step[name] << bit for bit, name in enumerate(BYTE)) for step in steps)
    return in_quotes(read) if len(read) <= _TEXT else f"{len(read)} bytes that end in {in_quotes(read[-_TEXT:])}"


def _given(ones: Sequence[str], zeros: int, everything: str) -> str:
    if not ones:
        return f"{everything} 0" if zeros else "no inputs"
    return _joined([*ones, "all else 0"] if zeros else ones)


def _joined(parts: Sequence[str]) -> str:
    if len(parts) > _SHOWN:
        half = _SHOWN // 2
        parts = [*parts[:half], f"{len(parts) - 2 * half + 1} more", *parts[1 - half :]]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _ones(values: Mapping[str, int]) -> list[str]:
    """`name = value` for all that is not 0: numbers and bytes as such, other bits one by one."""
    bits = list(values.values())
    found = {group: [bits[place] for place in places] for group, places in _numbers([*values]).items()}
    return [f"{_shown(group)} = {_value(group, part)}" for group, part in found.items() if any(part)]


def _zeros(values: Mapping[str, int]) -> int:
    return len(_numbers([*values])) - len(_ones(values))


def _numbers(names: Sequence[str]) -> dict[str, list[int]]:
    """The places of the bits of every number, lowest first, and of every other bit alone."""
    parts: dict[str, dict[int, int]] = {}
    known = [parse(name) for name in names]
    for place, name in enumerate(known):
        alone = name.kind == "state" or name.of.startswith(_NEXT) or name.group in names
        if name.index is not None and not alone:
            parts.setdefault(name.group, {})[name.index] = place
    whole = {group for group, bits in parts.items() if len(bits) > 1 and sorted(bits) == list(range(len(bits)))}
    return {
        name.group if name.group in whole else names[place]: (
            [bit for _, bit in sorted(parts[name.group].items())] if name.group in whole else [place]
        )
        for place, name in enumerate(known)
    }


def _value(group: str, bits: Sequence[int]) -> str:
    number = sum(bit << place for place, bit in enumerate(bits))
    kind = parse(group).kind
    if kind in ("logit", "score") and len(bits) > 1:
        return str(number - (bits[-1] << len(bits)))
    if kind == "byte" and len(bits) == len(BYTE):
        return repr(chr(number)) if 32 <= number < 127 else f"0x{number:02x}"
    return str(number) if len(bits) <= 16 else f"0x{number:x}"


def _shown(name: str) -> str:
    return name if name.isprintable() and name else repr(name)
