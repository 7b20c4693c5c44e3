"""A netlist of a run, as an Aig and as the bytes of its file, and what it took to make it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from bridge.aig import Aig
from bridge.flow.result import BlockRecord, Counts, count
from bridge.formats.aiger import parse_aiger
from bridge.formats.aiger_write import format_aiger

STEP_NETLIST = "netlist.aig"


def digest_of(data: bytes) -> str:
    """The sha256 of a file, as records name it."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Netlist:
    """`given`: the netlist, or its file; what else is asked for is then made of it, once. `known`: its counts, if they
    are known."""

    given: Aig | bytes
    known: Counts | None = None

    @cached_property
    def aig(self) -> Aig:
        return self.given if isinstance(self.given, Aig) else parse_aiger(self.given, STEP_NETLIST)

    @cached_property
    def data(self) -> bytes:
        return format_aiger(self.given) if isinstance(self.given, Aig) else self.given

    @cached_property
    def counts(self) -> Counts:
        return self.known or count(self.aig)

    @cached_property
    def sha256(self) -> str:
        return digest_of(self.data)


@dataclass(frozen=True)
class Made:
    """A netlist that a step made; nothing is proven yet. `seconds`, `memory` (peak bytes): what the tool took, nothing
    if the result was `cached`; `blocks`: for a step of `scope: block`."""

    netlist: Netlist
    seconds: float = 0.0
    memory: int = 0
    cached: bool = False
    blocks: tuple[BlockRecord, ...] = ()
