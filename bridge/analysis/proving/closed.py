"""A model that reads what it writes, from reset: every run is followed until it comes to a state where one has been.

That is exact for all time: from there on it does what was seen already. The states seen are an inductive invariant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.aig import Aig
from bridge.aig.literals import through
from bridge.aig.names import BYTE, element
from bridge.analysis.dependences.replay import values_in
from bridge.analysis.proving.machine import WRITTEN, Watched
from bridge.analysis.proving.search import Run
from bridge.arrays import Bits, Ints, Words
from bridge.equivalence.clock import Clock
from bridge.execution import compile_program, run
from bridge.execution.words import packed, stream_of, unpacked

_CHUNK = 64  # steps taken at a time
_MOST = 1 << 26  # bytes of states held


@dataclass(frozen=True, eq=False)
class Followed:
    """`broken`: the shortest run that breaks the claim, if any does; `over`: was every run followed to its end;
    `steps`: how many steps all of them took; `states`: uint8[n, bytes], all latches of the part, the lowest bit first,
    as they were before a step; `met`: in how many steps of them the condition held."""

    broken: Run | None
    over: bool
    steps: int
    states: Bits
    met: int
    why: str = ""


def starts_of(watch: Watched, prompt: Bits | None, lead: Bits | None = None) -> Words:
    """uint64[latches, W]: the states before the first step: with every byte to begin with, or as `lead`, the state
    after all but the last byte of a prompt, uint8[latches of the whole], says."""
    aig = watch.aig
    names = [latch.name for latch in aig.latches]
    first = np.arange(256, dtype=np.uint8) if prompt is None else prompt[-1:]
    state = np.zeros((len(names), len(first)), np.uint8)
    for place, latch in enumerate(aig.latches):
        state[place] = latch.reset or 0
    if lead is not None:
        held = dict(zip((latch.name for latch in watch.whole.latches), lead.tolist(), strict=True))
        state[:] = np.array([held[name] for name in names], np.uint8)[:, None]
    for bit in range(len(BYTE)):
        if element(WRITTEN, bit) in names:
            state[names.index(element(WRITTEN, bit))] = first >> bit & 1
    return packed(state)


def after_prompt(whole: Aig, prompt: Bits) -> Bits:
    """uint8[latches], from reset, when the loop has read all bytes of a prompt but the last, uint8[n], and reads that
    one next, whatever it would have written."""
    names = [latch.name for latch in whole.latches]
    places = [names.index(element(WRITTEN, bit)) for bit in range(len(BYTE))]
    state = np.array([latch.reset or 0 for latch in whole.latches], np.uint8)
    for place, byte in enumerate(prompt.tolist()):
        if place:
            state = through(values_in(whole, state, state[:0], ()), whole.next_literals()).astype(np.uint8)
        state[places] = byte >> np.arange(8) & 1
    return state


def followed(watch: Watched, start: Words, streams: int, clock: Clock) -> Followed:
    """Every latch without a reset has its value in `start`, uint64[latches, W], of which so many streams count."""
    aig = watch.aig
    asked = [watch.bad, watch.met]
    program = compile_program(aig, np.concatenate([asked, 2 * np.arange(aig.first_latch, aig.first_and)]))
    seen: dict[bytes, None] = {}
    met = 0
    active: Ints = np.arange(streams, dtype=np.int64)
    state, steps = start, 0
    while len(active):
        if clock.over or len(seen) * (len(aig.latches) // 8 + 1) > _MOST:
            why = clock.why if clock.over else f"more than {_MOST >> 20} MiB of states"
            return Followed(None, False, steps, _table(seen), met, why)
        rows, after = run(program, np.zeros((_CHUNK, 0, state.shape[1]), np.uint64), state)
        for row in rows:
            broken, holds = unpacked(row[:2])[:, active]
            met += int(holds.sum())
            if broken.any():
                stream = int(active[np.flatnonzero(broken)[0]])
                found = Run(stream_of(start, stream), np.zeros((steps + 1, 0), np.uint8))
                return Followed(found, True, steps + 1, _table(seen), met)
            active = _fresh(row[2:], active, seen)
            steps += 1
            if not len(active):
                break
        state = after
    return Followed(None, True, steps, _table(seen), met)


def _fresh(state: Words, active: Ints, seen: dict[bytes, None]) -> Ints:
    """Those of the streams whose state was not seen yet; it is now."""
    rows = np.packbits(unpacked(state)[:, active].T, axis=1, bitorder="little")
    kept = []
    for stream, row in zip(active.tolist(), rows, strict=True):
        key = row.tobytes()
        if key not in seen:
            seen[key] = None
            kept.append(stream)
    return np.array(kept, np.int64)


def _table(seen: dict[bytes, None]) -> Bits:
    return np.array([np.frombuffer(key, np.uint8) for key in seen], np.uint8)


def bytes_read(aig: Aig, start: Bits, steps: int) -> bytes:
    """What a closed loop reads in its steps, and what it writes in the last of them."""
    names = [latch.name for latch in aig.latches]
    places = [names.index(element(WRITTEN, bit)) for bit in range(len(BYTE))]
    program = compile_program(aig, 2 * (aig.first_latch + np.array(places)))
    rows, _ = run(program, np.zeros((steps + 1, 0, 1), np.uint64), start[:, None].astype(np.uint64))
    return bytes(((rows[:, :, 0] & np.uint64(1)).astype(np.int64) @ (1 << np.arange(8))).tolist())
