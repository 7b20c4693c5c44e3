"""What every kind of block is: a frozen record of names and integer arrays that knows itself.

A kind says which arrays it has, what it reads, how wide it is and what its elements can be, what makes it well-formed,
what its values are in a step (the oracle) and what it holds for the next one. What it means elsewhere (lowering,
certificate, lanes, the page) is registered by kind there.
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
from bridge.cell.ranges import Ranges
from bridge.errors import InputError

Integers: TypeAlias = npt.NDArray[Any]
Values: TypeAlias = dict[str, npt.NDArray[Any]]
WidthOf: TypeAlias = Callable[[str], int]
RangesOf: TypeAlias = Callable[[str], Ranges]

BYTE, NODE = "byte", "node"  # what is read and asked, among the values of a step

INT32 = -(2**31), 2**31 - 1


@dataclass(frozen=True)
class Array:
    """What an array of a block must be. `low`, `high`: bounds of its entries; `wider`: types of an array whose entries
    pass these, the narrowest that holds them is taken; `since`: the first format of cell files that has it."""

    dtype: Any
    dimensions: int
    low: int
    high: int
    optional: bool = False
    wider: tuple[Any, ...] = ()
    since: int = 1

    def fitting(self, low: int, high: int) -> Any:
        """The type for entries of low..high; None if there is none."""
        if self.low <= low and high <= self.high:
            return self.dtype
        limits = ((wide, np.iinfo(wide)) for wide in self.wider)
        return next((wide for wide, info in limits if info.min <= low and high <= info.max), None)

    @property
    def bounds(self) -> tuple[int, int]:
        """Of what any of its types holds."""
        if not self.wider:
            return self.low, self.high
        return int(np.iinfo(self.wider[-1]).min), int(np.iinfo(self.wider[-1]).max)


class Surroundings(Protocol):
    """The cell that a block is checked in."""

    def read_width(self, block: Block) -> int:
        """How many elements a block reads; InputError unless its sources come before it and are not too wide."""

    def read_ranges(self, block: Block) -> Ranges:
        """What the elements that a block reads can be."""

    def check_source(self, reader: Block, source: str) -> None:
        """InputError unless the block may read that source."""

    def width(self, source: str) -> int:
        """Elements of a source; InputError if it has none."""

    def ranges(self, source: str) -> Ranges:
        """What the elements of a source can be; InputError if that has no end."""

    def gives_bits(self, name: str) -> bool:
        """Is there such a block, and is it not the head?"""


@dataclass(frozen=True, eq=False, repr=False)
class Block(ABC):
    """`ARRAYS`: its array fields. `STATEFUL`: it holds values from one step to the next; `AT_START`: its values in a
    step are those that it held before; `HAS_OLD`: others may read what it held as `old.NAME`. `NEURAL`: gradients and
    lossy simplification know it. `HEAD`: it ends a cell. `READS_BYTE`: it asks for the byte that is read.
    `INTEGERS`: see `integers`. `ONE_HOT`: what it holds says in which of some states it is, see `Automaton`."""

    name: str

    ARRAYS: ClassVar[Mapping[str, Array]] = {}
    STATEFUL: ClassVar[bool] = False
    AT_START: ClassVar[bool] = False
    HAS_OLD: ClassVar[bool] = False
    NEURAL: ClassVar[bool] = False
    HEAD: ClassVar[bool] = False
    READS_BYTE: ClassVar[bool] = False
    INTEGERS: ClassVar[bool] = False
    ONE_HOT: ClassVar[bool] = False

    def __repr__(self) -> str:
        shapes = [f"{key} {'x'.join(map(str, np.shape(value)))}" for key, value in self.tensors().items()]
        facts = [f"{key}={getattr(self, key)!r:.60}" for key in self.fact_names()[1:]]
        return f"<{self.kind} {self.name!r}: {', '.join([*facts, *shapes])}>"

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self).__name__

    @property
    def integers(self) -> bool:
        """Does it give, or ask about, more than bits? Programs that know bits alone cannot read it."""
        return self.INTEGERS

    @property
    def since(self) -> int:
        """The first format of cell files that has it; INTEGERS apart."""
        return max((self.ARRAYS[key].since for key in self.tensors()), default=1)

    @property
    def nodes(self) -> int | None:
        """How many code nodes it can be asked about, if its bits depend on that by itself."""
        return None

    @property
    def compared_with(self) -> Integers | None:
        """int[rows, k]: if all that it asks of an element is how many of some constants it reaches, those constants;
        element j of n has row `j // (n // rows)`."""
        return None

    @property
    def leaf_width(self) -> int | None:
        """Of trees: how many elements each of them gives, side by side."""
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
        """How many elements it gives (a head: numbers)."""

    def ranges(self, width: int, ranges_of: RangesOf) -> Ranges:
        """What its elements, of which there are `width`, can be; bits unless a kind says otherwise."""
        return Ranges.of_bits(width)

    def held(self, own: Ranges) -> Ranges:
        """What it holds from step to step, given what its elements can be."""
        return own if self.STATEFUL else Ranges.of_bits(0)

    @abstractmethod
    def check(self, cell: Surroundings) -> None:
        """InputError unless it is well-formed in that cell."""

    def check_ranges(self, cell: Surroundings) -> None:
        """InputError unless it can take all that its sources can be. By then all blocks have passed `check`."""
        cell.read_ranges(self)

    @abstractmethod
    def bits(self, values: Values) -> npt.NDArray[Any]:
        """The oracle: [batch, width] from the values of what it reads, uint8 for bits, else int64 (a head: int64[batch,
        rows])."""

    def next_state(self, values: Values) -> Integers:
        """What it holds after the step, [batch, held], from the values of all blocks in it."""
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
        """Its fields that are no arrays."""
        return [field.name for field in fields(cls) if field.name not in cls.ARRAYS]

    @classmethod
    def parsed(cls, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of a file as the fields of a block; InputError for those of a wrong type."""
        return dict(facts)


@dataclass(frozen=True, eq=False, repr=False)
class Reader(Block):
    """A block that reads the elements of its sources side by side."""

    sources: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        return self.sources

    def read(self, values: Values) -> Integers:
        """[batch, in]: the elements of all sources, uint8 if all are bits."""
        return np.concatenate([values[source] for source in self.sources], axis=1)

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
    floats = np.dtype(rule.dtype).kind == "f"
    if array.dtype.kind not in ("iubf" if floats else "iub") or array.ndim != rule.dimensions:
        wanted = f"an array of {'numbers' if floats else 'integers'} of {rule.dimensions} dimensions"
        raise InputError(f"{place} must be {wanted}, not {array.dtype}{array.shape}")
    dtype = rule.dtype if floats or not array.size else rule.fitting(int(array.min()), int(array.max()))
    if dtype is None:
        low, high = rule.bounds
        raise InputError(f"{place} must lie in {low}..{high}, but spans {array.min()}..{array.max()}")
    frozen = np.array(array, dtype, order="C")
    frozen.flags.writeable = False
    return frozen
