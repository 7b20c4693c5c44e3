"""Comparison on some bytes only, for netlists that may do anything after any other: `lower --care alphabet`.

Both machines are given an alphabet's byte in the place of any other one, by the same small table before their inputs.
Whatever is proven of these machines holds for the first two in every run over the alphabet. (Two lowerings of one cell
for different bytes add in another order: only the certificate can prove both of them.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.aig import Aig, AigBuilder
from bridge.aig.names import BYTE
from bridge.cell import fill_unseen
from bridge.equivalence.verdict import Verdict
from bridge.errors import InputError
from bridge.lowering.embedding import lower_table
from bridge.metadata import read_metadata

Check = Callable[[Aig, Aig], Verdict]


def check_where_cared(a: Aig, b: Aig, check: Check) -> Verdict:
    """`check` on the bytes that both netlists care for, see `Metadata.alphabet`; then its method says on how many.

    Raises InputError as `check`, and when a netlist cares for some bytes but reads none.
    """
    alphabets = [set(found) for found in (read_metadata(aig).alphabet for aig in (a, b)) if found is not None]
    if not alphabets:
        return check(a, b)
    common = sorted(set.intersection(*alphabets))
    if not common:
        raise InputError("the netlists cannot be compared: there is no byte that both of them care for")
    named = f"for {len(common)} of 256 bytes"
    if all(found == set(common) for found in alphabets) and len(alphabets) == 2:
        verdict = check(a, b)
        if verdict.answer == "equivalent":
            return replace(verdict, method=f"{verdict.method}; {named}")
    stand_ins = fill_unseen(np.arange(256)[:, None], bytes(common))[:, 0]
    verdict = check(_behind_table(a, stand_ins), _behind_table(b, stand_ins))
    witness = None if verdict.counterexample is None else _translated(verdict.counterexample, stand_ins)
    trace = tuple(_translated(step, stand_ins) for step in verdict.trace)
    return replace(verdict, method=f"{verdict.method}; {named}", counterexample=witness, trace=trace)


def _behind_table(aig: Aig, stand_ins: npt.NDArray[np.int64]) -> Aig:
    """The same machine, reading for every byte the one that stands in for it."""
    if not set(BYTE) <= set(aig.inputs):
        raise InputError(
            f"the netlist says that it cares for some bytes only, but it has no inputs {BYTE[0]} .. {BYTE[7]}"
        )
    builder, leaves = AigBuilder.like(aig)
    places = [aig.inputs.index(name) for name in BYTE]
    table = (stand_ins[:, None] >> np.arange(8) & 1).astype(np.uint8)
    read = np.array(leaves, np.int64)
    read[places] = lower_table(builder, read[places].tolist(), table)
    return builder.build_like(aig, builder.copy(aig, read))


def _translated(values: Mapping[str, int], stand_ins: npt.NDArray[np.int64]) -> dict[str, int]:
    byte = int(stand_ins[sum(values[name] << bit for bit, name in enumerate(BYTE))])
    return {**values, **{name: byte >> bit & 1 for bit, name in enumerate(BYTE)}}
