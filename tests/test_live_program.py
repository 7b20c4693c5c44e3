"""What the page is given to run: handles that do nothing until they are used, and a program that is small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import Aig, Cell, lower
from bridge.aig.literals import through
from bridge.analysis.places import placed
from bridge.errors import InputError
from bridge.execution.compile.operations import INPUTS, OPERATIONS, OUTPUTS
from bridge.report.live import facts
from bridge.report.live.facts import live_of
from bridge.report.live.handles import with_handles
from bridge.report.live.program import Packed, pack_program
from bridge.report.packing import pack
from bridge.resources import netlist_path
from support.cells import random_cell, random_tree_cell
from support.integer_cells import random_integer_cell


def naive(aig: Aig, leaves: dict[int, int]) -> list[int]:
    """The bit of every variable."""
    found = [0] * aig.variables
    for variable, bit in leaves.items():
        found[variable] = bit
    for place, (a, b) in enumerate(aig.ands.tolist(), aig.first_and):
        found[place] = (found[a >> 1] ^ a & 1) & (found[b >> 1] ^ b & 1)
    return found


def unpacked(packed: Packed, leaves: list[int]) -> list[int]:
    """What was asked for, computed operation by operation; `leaves`: inputs and latches."""
    values, code, at = [0, *leaves], packed.code, packed.operations
    operations = list(code[:at])
    distances: list[list[int]] = [[] for _ in operations]
    for operand in range(3):
        told = [place for place, number in enumerate(operations) if operand < INPUTS[number]]
        other = at + len(told)  # where what does not fit into first bytes goes on
        for place, byte in zip(told, code[at:other], strict=True):
            distance, shift = byte & 127, 7
            while byte > 127:
                byte, other = code[other], other + 1
                distance, shift = distance | (byte & 127) << shift, shift + 7
            distances[place].append(distance)
        at = other
    assert at == len(code)
    for number, back in zip(operations, distances, strict=True):
        results = OPERATIONS[number].results(*(values[len(values) - distance] for distance in back))
        assert len(results) == OUTPUTS[number]
        values += [result & 1 for result in results]
    return [values[literal >> 1] ^ literal & 1 for literal in packed.literals.tolist()]


@pytest.mark.heavy
@given(
    seed=st.integers(0, 2**32 - 1),
    make=st.sampled_from([random_cell, random_tree_cell, lambda seed: random_integer_cell(seed, state=True)]),
)
def test_a_packed_program_computes_every_literal(seed: int, make: type[Cell]) -> None:
    rng, aig = np.random.default_rng(seed), lower(make(seed))
    leaves = rng.integers(0, 2, aig.first_and - 1).tolist()
    found = naive(aig, dict(enumerate(leaves, 1)))
    literals = rng.integers(0, 2 * aig.variables, 50)
    wanted = [found[literal >> 1] ^ literal & 1 for literal in literals.tolist()]
    assert unpacked(pack_program(aig, literals), leaves) == wanted


@given(seed=st.integers(0, 2**32 - 1), latches=st.booleans())
def test_what_reads_a_handle_reads_what_is_kept_and_turned(seed: int, latches: bool) -> None:
    rng, aig = np.random.default_rng(seed), lower(random_cell(seed, latches=latches))
    some = np.flatnonzero(rng.random(aig.variables) < 0.2)
    handles = some[some > 0]
    handled, image = with_handles(aig, handles)
    keep, turn = rng.integers(0, 2, (2, len(handles)))
    leaves = rng.integers(0, 2, aig.first_and - 1).tolist()
    first = len(aig.inputs)
    ways = np.stack([keep, turn], axis=1).ravel().tolist()
    found = naive(handled, dict(enumerate([*leaves[:first], *ways, *leaves[first:]], 1)))
    done = dict(zip(handles.tolist(), zip(keep.tolist(), turn.tolist(), strict=True), strict=True))
    read = [0] * aig.variables
    for variable in range(1, aig.variables):
        own = leaves[variable - 1] if variable < aig.first_and else _and(read, aig.ands[variable - aig.first_and])
        kept, turned = done.get(variable, (1, 0))
        read[variable] = own & kept ^ turned
    asked = rng.integers(0, 2 * aig.variables, 50)
    assert [found[new >> 1] ^ new & 1 for new in through(image, asked).tolist()] == [
        read[old >> 1] ^ old & 1 for old in asked.tolist()
    ]


def _and(read: list[int], pair: np.ndarray) -> int:
    a, b = pair.tolist()
    return (read[a >> 1] ^ a & 1) & (read[b >> 1] ^ b & 1)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["tiny", "kjv", "serial"])
def test_the_logic_takes_less_than_4_bytes_an_and(name: str) -> None:
    """As it stands in the page, handles and all; the more sums there are, the less."""
    cell = Cell.load(str(netlist_path(f"{name}.safetensors")))
    size, ands = len(pack(live_of(cell).code.tobytes())), len(placed(cell).ands)
    assert size < 3.5 * ands, f"{size} bytes for {ands} ANDs"


def test_what_is_too_large_for_a_page_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    aig = lower(random_cell(1))
    monkeypatch.setattr(facts, "MOST", len(aig.ands) - 1)
    with pytest.raises(InputError, match=f"'random1' has {len(aig.ands):,} ANDs, and a page runs at most"):
        live_of(aig)
