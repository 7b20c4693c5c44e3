"""What every kind of block is: a frozen record of names and integer arrays that knows itself.

A kind says which arrays it has, what it reads, how wide it is, what makes it well-formed, what its bits are in a step
(the oracle) and what it holds for the next one. What it means elsewhere (lowering, certificate, lanes, the page) is
registered by kind there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from bridge.aig.names import OLD as OLD
from bridge.arrays import Bits
from bridge.errors import InputError

Integers: TypeAlias = npt.NDArray[Any]
Values: TypeAlias = dict[str, npt.NDArray[Any]]
WidthOf: TypeAlias = Callable[[str], int]

BYTE, NODE = "byte", "node"  # what is read and asked, among the values of a step

INT32 = -(2**31), 2**31 - 1


@dataclass(frozen=True)
class Array:
    """What an array of a block must be. `low`, `high`: bounds of its entries."""

    dtype: Any
    dimensions: int
    low: int
    high: int
    optional: bool = False


class Surroundings(Protocol):
    """The cell that a block is checked in."""

    def read_width(self, block: Block) -> int:
        """Bits of all sources of a block; InputError unless they come before it and are neither none nor too many."""

    def check_source(self, reader: Block, source: str) -> None:
        """InputError unless the block may read that source."""

    def width(self, source: str) -> int:
        """Bits of a source; InputError if it has none."""

    def gives_bits(self, name: str) -> bool:
        """Is there such a block, and is it not the head?"""


@dataclass(frozen=True, eq=False, repr=False)
class Block(ABC):
    """`ARRAYS`: its array fields. `STATEFUL`: it holds bits
    from one step to the next; `AT_START`: its bits in a step are those that it held before; `HAS_OLD`: others may read
    what it held as `old.NAME`. `NEURAL`: gradients and lossy simplification know it. `HEAD`: it ends a cell."""

    name: str

    ARRAYS: ClassVar[Mapping[str, Array]] = {}
    STATEFUL: ClassVar[bool] = False
    AT_START: ClassVar[bool] = False
    HAS_OLD: ClassVar[bool] = False
    NEURAL: ClassVar[bool] = False
    HEAD: ClassVar[bool] = False

    def __repr__(self) -> str:
        shapes = [f"{key} {'x'.join(map(str, np.shape(value)))}" for key, value in self.tensors().items()]
        facts = [f"{key}={getattr(self, key)!r:.60}" for key in self.fact_names()[1:]]
        return f"<{self.kind} {self.name!r}: {', '.join([*facts, *shapes])}>"

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def nodes(self) -> int | None:
        """How many code nodes it can be asked about, if its bits depend on that by itself."""
        return None

    @property
    def patterns(self) -> Bits | None:
        """uint8[n, width]: if its bits only depend on one number below n, such as the byte, its bits for each."""
        return None

    @property
    def reads(self) -> tuple[str, ...]:
        """Sources of this step."""
        return ()

    @property
    def keeps(self) -> tuple[str, ...]:
        """Blocks whose bits of this step it may hold for later ones."""
        return ()

    @abstractmethod
    def width(self, width_of: WidthOf) -> int:
        """How many bits it gives (a head: numbers)."""

    def held(self, width: int) -> int:
        """State bits of a block of so many bits."""
        return width if self.STATEFUL else 0

    @abstractmethod
    def check(self, cell: Surroundings) -> None:
        """InputError unless it is well-formed in that cell."""

    @abstractmethod
    def bits(self, values: Values) -> npt.NDArray[Any]:
        """The oracle: uint8[batch, width] from the values of what it reads (a head: int64[batch, rows])."""

    def next_state(self, values: Values) -> Bits:
        """What it holds after the step, uint8[batch, held], from the values of all blocks in it."""
        raise TypeError(f"{self.kind} holds nothing")

    def normalised(self) -> Self:
        """The same block with checked, frozen arrays of the right types."""
        arrays: dict[str, Any] = {key: array for key in self.ARRAYS if (array := _checked(self, key)) is not None}
        return replace(self, **arrays)

    def facts(self) -> dict[str, Any]:
        """The JSON part: kind, name, sources, numbers."""
        return {"kind": self.kind} | {key: getattr(self, key) for key in self.fact_names()}

    def tensors(self) -> dict[str, Integers]:
        """The array part by field name."""
        return {key: value for key in self.ARRAYS if (value := getattr(self, key)) is not None}

    @classmethod
    def fact_names(cls) -> list[str]:
        return [field.name for field in fields(cls) if field.name not in cls.ARRAYS]

    @classmethod
    def parsed(cls, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of a file as the fields of a block; InputError for those of a wrong type."""
        return dict(facts)


@dataclass(frozen=True, eq=False, repr=False)
class Reader(Block):
    """A block that reads the bits of its sources side by side."""

    sources: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        return self.sources

    def read(self, values: Values) -> Bits:
        """uint8[batch, in]: the bits of all sources."""
        bits: Bits = np.concatenate([values[source] for source in self.sources], axis=1)
        return bits

    def normalised(self) -> Self:
        return replace(super().normalised(), sources=tuple(self.sources))

    @classmethod
    def parsed(cls, facts: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(facts["sources"], list):
            raise InputError(f"block {facts['name']!r}: sources must be a list of names")
        return {**super().parsed(facts), "sources": tuple(facts["sources"])}


def _checked(block: Block, key: str) -> Integers | None:
    rule, given = block.ARRAYS[key], getattr(block, key)
    if given is None and rule.optional:
        return None
    array, place = np.asarray(given), f"block {block.name!r}: {key}"
    if array.dtype.kind not in "iub" or array.ndim != rule.dimensions:
        wanted = f"an integer array of {rule.dimensions} dimensions"
        raise InputError(f"{place} must be {wanted}, not {array.dtype}{array.shape}")
    if array.size and (int(array.min()) < rule.low or int(array.max()) > rule.high):
        raise InputError(f"{place} must lie in {rule.low}..{rule.high}, but spans {array.min()}..{array.max()}")
    frozen = np.array(array, rule.dtype, order="C")
    frozen.flags.writeable = False
    return frozen
