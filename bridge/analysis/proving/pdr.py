"""The claim asked of ABC's `pdr`; its runs are replayed, and its invariants checked by our own SAT."""

from __future__ import annotations

from bridge.aig import FALSE, AigBuilder
from bridge.aig.graph import Aig
from bridge.aig.latches import known_resets, normalized
from bridge.aig.literals import through
from bridge.analysis.proving.machine import Watched, start_state
from bridge.analysis.proving.search import Run
from bridge.equivalence.clock import Clock
from bridge.equivalence.invariant import proves
from bridge.equivalence.model_checking import Cube, search
from bridge.errors import ToolError
from bridge.toolchain import locate


def asked_pdr(watch: Watched, clock: Clock) -> Run | tuple[Cube, ...] | None:
    """A run that is said to break the claim, or an invariant of `never_broken` that our SAT has confirmed, or None."""
    try:
        abc = locate("abc")
    except ToolError:
        return None
    machine = never_broken(watch)
    found = search(machine, abc, clock.share(1.0))
    if found.trace is not None:
        own = len(watch.aig.inputs)
        return Run(start_state(watch.aig, found.trace[0, own:]), found.trace[:, :own])
    if found.proven and proves(machine, found.invariant, Clock(max(1.0, clock.left))):
        return found.invariant
    return None


def never_broken(watch: Watched) -> Aig:
    """Its two outputs differ where the claim is broken; every reset is 0."""
    builder, leaves = AigBuilder.like(watch.aig)
    image = builder.copy(watch.aig, leaves)
    for literal, latch in zip(leaves[len(watch.aig.inputs) :], watch.aig.latches, strict=True):
        builder.set_next(literal, through(image, latch.next))
    builder.output("broken", through(image, watch.bad))
    builder.output("never", FALSE)
    return normalized(known_resets(builder.build(), watch.free))
