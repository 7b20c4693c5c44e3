"""A step of `scope: block`: the points and next states of every named block are optimized and proven alone.

A block whose tool fails, or whose result is not proven, stays as it was; the others are kept. A result is remembered
for each block, so one that did not change costs nothing the next time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bridge.aig import Aig, AigBuilder
from bridge.aig.cone import cone
from bridge.aig.cut import cut, cut_names
from bridge.aig.join import join
from bridge.aig.names import block_of
from bridge.equivalence import Verdict
from bridge.files.folder import Folder
from bridge.flow.memo import make, prove, remember
from bridge.flow.netlist import STEP_NETLIST, Made, Netlist
from bridge.flow.rerun import write_step
from bridge.flow.result import LEFT_OUT, BlockRecord
from bridge.flow.rewrite import Setup
from bridge.flow.schema import Step
from bridge.toolchain import ToolRunError
from bridge.toolchain.process import NotTaken, OutOfTime

_LONGEST_NAME = 40


def make_by_block(before: Netlist, step: Step, folder: Folder, setup: Setup, seconds: float) -> Made:
    """As `make`, with a record of every block; a proof may take `seconds`. Raises ToolRunError if all blocks fail,
    OutOfTime if one does for want of time."""
    form = cut(before.aig)
    blocks: dict[str, list[int]] = {}
    for index, name in enumerate(cut_names(before.aig)):
        blocks.setdefault(block_of(name), []).append(index)
    pieces = [cone(form, indices) for indices in blocks.values()]
    places = [
        folder.anew(f"{n:02d}-{re.sub('[^A-Za-z0-9_-]', '_', name)[:_LONGEST_NAME]}") for n, name in enumerate(blocks)
    ]
    works = [
        partial(_one, name, piece, step, place, setup, seconds)
        for name, piece, place in zip(blocks, pieces, places, strict=True)
    ]
    done = setup.jobs.each(works)
    records = tuple(record for _, record in done)
    tried = [record for record in records if record.before]
    if tried and all(record.failure for record in tried):
        seconds = max(record.seconds for record in tried)
        kind, what = (ToolRunError, "failed") if any(record.failed for record in tried) else (NotTaken, "is left out")
        raise kind(step.tool, step.label, f"{what} in every block, first in {tried[0]}", seconds=seconds)
    netlist = Netlist(join(before.aig, _merged(form, list(blocks.values()), [piece for piece, _ in done])))
    folder.write(STEP_NETLIST, netlist.data)
    took, memory = sum(record.seconds for record in records), max((r.memory for r in records), default=0)
    cached = all(record.cached for record in records)
    return Made(netlist, took, memory, cached, records)


def _one(name: str, piece: Aig, step: Step, folder: Folder, setup: Setup, seconds: float) -> tuple[Aig, BlockRecord]:
    """The netlist to go on with, and what happened."""
    write_step(folder, step, setup, given=cut(piece))
    before = Netlist(piece)
    with setup.jobs.slots:
        try:
            made = make(before, step, folder, setup)
        except OutOfTime:
            raise
        except ToolRunError as error:
            proof = Verdict("undecided", "none", 0.0, reason="the tool left no netlist")
            failure = (LEFT_OUT if isinstance(error, NotTaken) else "") + error.fault
            return piece, BlockRecord(name, len(piece.ands), len(piece.ands), proof, error.seconds, failure=failure)
        proof = prove(before, made.netlist, setup, seconds)
    ands = made.netlist.counts.ands
    record = BlockRecord(name, len(piece.ands), ands, proof, made.seconds, made.memory, cached=made.cached)
    if proof.answer != "equivalent":
        return piece, replace(record, after=record.before, failure=f"is {proof.answer} ({proof.reason})")
    if not made.cached:
        remember(before, step, made.netlist, setup)
    return made.netlist.aig, record


def _merged(form: Aig, groups: Sequence[Sequence[int]], pieces: Sequence[Aig]) -> Aig:
    """One netlist of the form's shape. groups: which outputs of the form each piece computes, by index."""
    builder = AigBuilder(form.name, form.variables + sum(len(piece.ands) for piece in pieces))
    inputs = dict(zip(form.inputs, builder.inputs(form.inputs), strict=True))
    literals: dict[int, int] = {}
    for group, piece in zip(groups, pieces, strict=True):
        results = builder.instance(piece, [inputs[name] for name in piece.inputs])
        literals |= zip(group, results, strict=True)
    builder.outputs((output.name for output in form.outputs), (literal for _, literal in sorted(literals.items())))
    return builder.build()
