"""One sequential tool run of a flow: give ABC the machine with its latches, take it back with fewer of them.

ABC only ever sees latches that reset to 0: those that reset to 1 are complemented, and those of unknown reset stay on
our side as pairs of an input and an output, and so do points, as outputs. It may drop the names of latches or give them
to others, so what comes back is matched by behaviour, and what it did to the others is found by ourselves; all of that
is a claim, written into the netlist's metadata, which the proof of the step must confirm.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from bridge.aig import FALSE, Aig, AigBuilder, Latch, Output, default_names
from bridge.aig.latches import opened, reset_to_one, without_latches
from bridge.aig.latchmap import Image, LatchMap, followed
from bridge.aig.literals import through
from bridge.aig.renumber import renumbered, with_leaves
from bridge.equivalence import Verdict, alike, check_removal, classes_of
from bridge.errors import InputError
from bridge.flow.netlist import Made, Netlist
from bridge.flow.rewrite import Setup, rewrite_form
from bridge.flow.schema import Step
from bridge.metadata import read_metadata, with_metadata

_CLASSES_SECONDS = 60.0


def rewrite_machine(aig: Aig, step: Step, folder: Path, setup: Setup) -> Made:
    """Run the commands of one step on the machine; script, log and both AIGER files stay in `folder`.

    Raises ToolRunError when the tool fails, or when what it wrote is no such machine.
    """
    if not aig.latches:
        return Made(Netlist(aig))
    made = rewrite_form(handed(aig), step, folder, setup)
    named = taken_back(aig, made.netlist.aig)
    kept = {latch.name for latch in named.latches}
    classes, _ = classes_of(aig, _CLASSES_SECONDS)
    result, unseen = without_latches(named, {})
    own = followed(_images(aig, classes.tolist(), kept), unseen)
    facts = read_metadata(aig)
    named = with_metadata(result, replace(facts, latches=followed(facts.latches, own)))
    return replace(made, netlist=Netlist(named))


def handed(aig: Aig) -> Aig:
    """What ABC is given: every reset 0, plain names, points as outputs after all others.

    Where no reset is known no latch is left, which ABC's sequential commands refuse: then the last input, the only
    latch and the last output are an anchor, apart from the machine, that nothing can remove.
    """
    form, known = opened(aig)
    literals = [output.literal for output in (*form.outputs, *form.points)]
    names = [f"l{index}" for index in np.flatnonzero(known)]
    plain = replace(
        form,
        inputs=default_names("i", len(form.inputs)),
        latches=tuple(replace(latch, name=name) for latch, name in zip(form.latches, names, strict=True)),
        outputs=tuple(map(Output, default_names("o", len(literals)), literals)),
        points=(),
    )
    return plain if plain.latches else _anchored(plain)


def taken_back(aig: Aig, result: Aig) -> Aig:
    """Undo `handed(aig)` on a rewritten machine: names, order, resets, polarity and points are those of `aig`."""
    anchored = all(latch.reset is None for latch in aig.latches)
    places = [] if anchored else _places(handed(aig), result)
    ones = reset_to_one(aig)
    builder = AigBuilder(aig.name, result.variables + len(aig.latches))
    leaves = builder.inputs(aig.inputs)
    taken = {} if anchored else dict(zip(places, result.latches, strict=True))
    kept = {
        index: builder.latch(latch.name, latch.reset)
        for index, latch in enumerate(aig.latches)
        if latch.reset is None or index in taken
    }
    leaves += [kept[index] for index, latch in enumerate(aig.latches) if latch.reset is None]
    leaves += [kept[place] ^ int(ones[place]) for place in places]
    leaves += [FALSE] * (result.first_and - 1 - len(leaves))  # of the anchor
    image = builder.copy(result, leaves)
    roots = iter(through(image, result.output_literals()).tolist())
    for output in aig.outputs:
        builder.output(output.name, next(roots))
    moved = {literal: next(roots) for literal in aig.properties.literals()}
    for index, own in kept.items():
        if index in taken:
            following = taken[index].next
            builder.set_next(own, through(image, following) ^ int(ones[index]))
        else:
            builder.set_next(own, next(roots))
    for point in aig.points:
        builder.point(point.name, next(roots))
    return builder.build(aig.comment, aig.properties.mapped(moved.__getitem__))


def _anchored(form: Aig) -> Aig:
    """The same netlist, which has no latches, with one between an input and an output of its own."""
    inputs, outputs = (default_names(kind, len(of) + 1) for kind, of in (("i", form.inputs), ("o", form.outputs)))
    wider = with_leaves(form, inputs, [])
    image = 2 * np.arange(wider.variables)
    anchor = 2 * wider.first_and
    image[wider.first_and :] += 2
    literals = [*through(image, wider.output_literals()).tolist(), anchor]
    latch = Latch("l0", anchor - 2, 0)
    return replace(renumbered(wider, image), latches=(latch,), outputs=tuple(map(Output, outputs, literals)))


def own_removal(before: Aig, after: Aig) -> LatchMap:
    """What the metadata of `after` claims about latches of `before`."""
    names = {latch.name for latch in before.latches}
    return {name: image for name, image in read_metadata(after).latches.items() if name in names}


def prove_machine(before: Aig, after: Aig, setup: Setup, seconds: float) -> Verdict:
    """The proof of a step of a sequential flow, of all that the metadata of `after` claims about latches, too."""
    try:
        claims = own_removal(before, after)
        abc, confirmations = setup.tools["abc"], setup.confirmations
        return check_removal(before, after, claims, seconds=seconds, abc=abc, confirmations=confirmations)
    except InputError as error:
        return Verdict("different", "comparison of the interfaces", 0.0, reason=str(error))


def _images(aig: Aig, classes: list[int], kept: set[str]) -> dict[str, Image]:
    """What the latches that were not kept have become: their class, by number of its first latch, says it."""
    ones = reset_to_one(aig)
    first_kept: dict[int, int] = {}
    for index, latch in enumerate(aig.latches):
        if latch.name in kept:
            first_kept.setdefault(classes[index], index)
    images: dict[str, Image] = {}
    for index, latch in enumerate(aig.latches):
        if latch.name in kept:
            continue
        other = first_kept.get(classes[index])
        if classes[index] < 0:
            images[latch.name] = int(ones[index])
        elif other is not None:
            images[latch.name] = aig.latches[other].name, bool(ones[index] ^ ones[other])
        else:
            images[latch.name] = None
    return images


def _places(form: Aig, result: Aig) -> list[int]:
    """Which latch of `aig` each latch of the result is: of those that behaved alike the one of its name, or the first.

    One that behaves like none gets what is left; the proof will say what is wrong with it.
    """
    names = [latch.name for latch in form.latches]
    free = dict.fromkeys(names)
    chosen: dict[str, str] = {}
    found = alike(result, form)
    # Names first: what ABC kept in place must not be taken by another one.
    for latch in result.latches:
        if latch.name in found[latch.name] and latch.name in free:
            chosen[latch.name] = latch.name
            del free[latch.name]
    for latch in result.latches:
        if latch.name not in chosen:
            name = next((name for name in found[latch.name] if name in free), None) or next(iter(free))
            chosen[latch.name] = name
            del free[name]
    return [int(chosen[latch.name][1:]) for latch in result.latches]
