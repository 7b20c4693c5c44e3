"""What the cache may answer for a run: the netlist that a step makes of another, and that two netlists were proven.

Both for the very bytes of the netlists' files and the very programs; whatever is not there is done and put there. What
a script answers is not remembered, since it may run anything; but what our own engine has confirmed holds whoever asks.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property

from bridge.aig import Aig
from bridge.equivalence import ALONE, Verdict, base_of, check_equivalence
from bridge.files.cache import key_of
from bridge.files.folder import Folder
from bridge.flow.result import Counts, count
from bridge.flow.rewrite import Bench, BlockRecord, rewrite, script_of
from bridge.flow.schema import Step
from bridge.flow.sequential import prove_machine, rewrite_machine
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger
from bridge.toolchain.process import LOG

STEP_NETLIST = "netlist.aig"
_NOTE = "taken from the cache: the same program was given the same script and netlist before\n"


@dataclass(frozen=True)
class File:
    """The bytes of a netlist's file; what is in them is only found out when it is asked for."""

    data: bytes

    @classmethod
    def of(cls, aig: Aig) -> File:
        """The file of that netlist."""
        file = cls(format_aiger(aig))
        vars(file)["aig"] = aig
        return file

    @cached_property
    def aig(self) -> Aig:
        return parse_aiger(self.data, STEP_NETLIST)

    @cached_property
    def counts(self) -> Counts:
        return count(self.aig)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Made:
    """A netlist that a step made; nothing is proven yet. `seconds`, `memory` (peak bytes): what the tool took, nothing
    if the result was `cached`; `blocks`: for a step of `scope: block`."""

    file: File
    seconds: float = 0.0
    memory: int = 0
    cached: bool = False
    blocks: tuple[BlockRecord, ...] = ()


def make(before: File, step: Step, folder: Folder, bench: Bench, begin: Callable[[], object] = lambda: None) -> Made:
    """Run the step (`begin` is called before), or remember its result; `netlist.aig` in the new `folder` holds it.

    Raises ToolRunError as `rewrite`.
    """
    cache = bench.cache_for(step.tool)
    stored = cache.get(step_key(before, step, bench)) if cache else None
    if stored is None:
        begin()
        run = rewrite_machine if step.sequential else rewrite
        rewritten = run(before.aig, step, folder.path, bench)
        bench.confirmations.work(rewritten.seconds)
        made = Made(File.of(rewritten.aig), rewritten.seconds, rewritten.memory)
    else:
        made = Made(File(stored), cached=True)
        known = cache.get(key_of("counts", made.file.sha256)) if cache else None
        if known is not None:
            vars(made.file)["counts"] = Counts.from_json(json.loads(known))
        folder.write(LOG, _NOTE)
    folder.write(STEP_NETLIST, made.file.data)
    return made


def remember(before: File, step: Step, after: File, bench: Bench) -> None:
    """Put the result of a step, not known to be wrong, into the cache."""
    cache = bench.cache_for(step.tool)
    if cache:
        cache.put(key_of("counts", after.sha256), json.dumps(asdict(after.counts)).encode())
        cache.put(step_key(before, step, bench), after.data)


def prove(before: File, after: File, bench: Bench, seconds: float, sequential: bool = False) -> Verdict:
    """As `check_equivalence`, or in a sequential flow as `prove_machine`; only positive proofs are remembered, those by
    ABC alone for this ABC only."""
    started, kind = time.monotonic(), "machines" if sequential else "netlists"
    confirmed = bench.cache, key_of("confirmed", kind, before.sha256, after.sha256)
    alone = bench.cache_for("abc"), key_of("alone", kind, bench.tools["abc"].sha256, before.sha256, after.sha256)
    for cache, key in (confirmed, alone):
        stored = cache.get(key) if cache else None
        if stored is not None:
            method = stored.decode()
            base = base_of(method)
            told = f"{base}, cached{method.removeprefix(base)}"
            return Verdict("equivalent", told, time.monotonic() - started, alone=method.endswith(ALONE))
    if sequential:
        proof = prove_machine(before.aig, after.aig, bench, seconds)
    else:
        abc, confirmations = bench.tools["abc"], bench.confirmations
        proof = check_equivalence(before.aig, after.aig, seconds=seconds, abc=abc, confirmations=confirmations)
    cache, key = alone if proof.alone else confirmed
    if cache and proof.answer == "equivalent":
        cache.put(key, proof.method.encode())
    return proof


def step_key(before: File, step: Step, bench: Bench) -> str:
    """All that the result of a step depends on."""
    script = "\n".join([step.scope or "", *script_of(step)])
    return key_of("step", step.tool, bench.tools[step.tool].sha256, script, before.sha256)
