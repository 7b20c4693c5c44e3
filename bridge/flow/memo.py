"""What the cache may answer for a run: the netlist that a step makes of another, and that two netlists were proven.

Both for the very bytes of the netlists' files and the very programs; whatever is not there is done and put there. What
a script answers is not remembered, since it may run anything; but what our own engine has confirmed holds whoever asks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict

from bridge.equivalence import ALONE, Verdict, base_of, check_equivalence
from bridge.files.cache import key_of
from bridge.files.folder import Folder
from bridge.flow.netlist import STEP_NETLIST, Made, Netlist, digest_of
from bridge.flow.result import Counts
from bridge.flow.rewrite import Setup, rewrite, script_of
from bridge.flow.schema import Step
from bridge.flow.sequential import prove_machine, rewrite_machine
from bridge.toolchain.process import LOG

_NOTE = "taken from the cache: the same program was given the same script and netlist before\n"


def make(before: Netlist, step: Step, folder: Folder, setup: Setup, begin: Callable[[], object] = lambda: None) -> Made:
    """Run the step (`begin` is called before), or remember its result; `netlist.aig` in the new `folder` holds it.

    Raises ToolRunError as `rewrite`.
    """
    cache = setup.cache_for(step.tool)
    stored = cache.get(step_key(before, step, setup)) if cache else None
    if stored is None:
        begin()
        run = rewrite_machine if step.sequential else rewrite
        made = run(before.aig, step, folder.path, setup)
        setup.confirmations.work(made.seconds)
    else:
        known = cache.get(key_of("counts", digest_of(stored))) if cache else None
        made = Made(Netlist(stored, None if known is None else Counts.from_json(json.loads(known))), cached=True)
        folder.write(LOG, _NOTE)
    folder.write(STEP_NETLIST, made.netlist.data)
    return made


def remember(before: Netlist, step: Step, after: Netlist, setup: Setup) -> None:
    """Put the result of a step, not known to be wrong, into the cache."""
    cache = setup.cache_for(step.tool)
    if cache:
        cache.put(key_of("counts", after.sha256), json.dumps(asdict(after.counts)).encode())
        cache.put(step_key(before, step, setup), after.data)


def prove(before: Netlist, after: Netlist, setup: Setup, seconds: float, sequential: bool = False) -> Verdict:
    """As `check_equivalence`, or in a sequential flow as `prove_machine`; only positive proofs are remembered, those by
    ABC alone for this ABC only."""
    started, kind = time.monotonic(), "machines" if sequential else "netlists"
    confirmed = setup.cache, key_of("confirmed", kind, before.sha256, after.sha256)
    alone = setup.cache_for("abc"), key_of("alone", kind, setup.tools["abc"].sha256, before.sha256, after.sha256)
    for cache, key in (confirmed, alone):
        stored = cache.get(key) if cache else None
        if stored is not None:
            method = stored.decode()
            base = base_of(method)
            told = f"{base}, cached{method.removeprefix(base)}"
            return Verdict("equivalent", told, time.monotonic() - started, alone=method.endswith(ALONE))
    if sequential:
        proof = prove_machine(before.aig, after.aig, setup, seconds)
    else:
        abc, confirmations = setup.tools["abc"], setup.confirmations
        proof = check_equivalence(before.aig, after.aig, seconds=seconds, abc=abc, confirmations=confirmations)
    cache, key = alone if proof.alone else confirmed
    if cache and proof.answer == "equivalent":
        cache.put(key, proof.method.encode())
    return proof


def step_key(before: Netlist, step: Step, setup: Setup) -> str:
    """All that the result of a step depends on."""
    script = "\n".join([step.scope or "", *script_of(step)])
    return key_of("step", step.tool, setup.tools[step.tool].sha256, script, before.sha256)
