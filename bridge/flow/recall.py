"""What the cache may answer for a run: the netlist that a step makes of another, and that two netlists were proven.

Both for the very bytes of the netlists' files and the very programs; whatever is not there is done and put there.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bridge.aig import Aig
from bridge.equivalence import Verdict, check_equivalence
from bridge.files import write_atomic
from bridge.flow.cache import key_of
from bridge.flow.schema import Step
from bridge.flow.steps import Bench, Rewritten, rewrite, script_of
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger

STEP_NETLIST = "netlist.aig"
_NOTE = "taken from the cache: the same program was given the same script and netlist before\n"


@dataclass(frozen=True)
class File:
    """A netlist with the bytes of its file."""

    aig: Aig
    data: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def make(before: File, step: Step, folder: Path, bench: Bench) -> tuple[File, Rewritten]:
    """Run the step, or remember its result; `netlist.aig` in `folder` holds it. Raises ToolRunError as `rewrite`."""
    stored = bench.cache.get(step_key(before, step, bench)) if bench.cache else None
    if stored is None:
        made = rewrite(before.aig, step, folder, bench)
        file = File(made.aig, format_aiger(made.aig))
    else:
        file = File(parse_aiger(stored, STEP_NETLIST), stored)
        made = Rewritten(file.aig, cached=True)
        (folder / "log.txt").write_text(_NOTE)
    write_atomic(folder / STEP_NETLIST, file.data)
    return file, made


def remember(before: File, step: Step, after: File, bench: Bench) -> None:
    """Put the result of a step, not known to be wrong, into the cache."""
    if bench.cache:
        bench.cache.put(step_key(before, step, bench), after.data)


def prove(before: File, after: File, bench: Bench, seconds: float) -> Verdict:
    """As `check_equivalence`; only proofs that they are equivalent are remembered."""
    cache, abc, started = bench.cache, bench.tools["abc"], time.monotonic()
    key = key_of("proof", abc.sha256, before.sha256, after.sha256)
    method = cache.get(key) if cache else None
    if method is not None:
        return Verdict("equivalent", f"{method.decode()}, cached", time.monotonic() - started)
    proof = check_equivalence(before.aig, after.aig, seconds=seconds, abc=abc)
    if cache and proof.answer == "equivalent":
        cache.put(key, proof.method.encode())
    return proof


def step_key(before: File, step: Step, bench: Bench) -> str:
    """All that the result of a step depends on."""
    script = "\n".join([step.scope or "", *script_of(step)])
    return key_of("step", step.tool, bench.tools[step.tool].sha256, script, before.sha256)
