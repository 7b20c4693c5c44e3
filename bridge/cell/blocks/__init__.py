"""The kinds of blocks that a cell is made of: those that the files of this folder define; a new kind is a new file."""

from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules

from bridge.arrays import Bits
from bridge.cell.blocks.automaton import Automaton, one_hot
from bridge.cell.blocks.base import BYTE, NODE, OLD, Block, Integers, Values
from bridge.cell.blocks.inputs import Input
from bridge.cell.blocks.linear import Linear
from bridge.cell.blocks.memory import Delay, Latch
from bridge.cell.blocks.pointwise import Levels, Table
from bridge.cell.blocks.products import Product
from bridge.cell.blocks.scores import Scores
from bridge.cell.blocks.selections import Luts, Maximum
from bridge.cell.blocks.tables import Embedding, Node, fill_unseen
from bridge.cell.blocks.trees import Trees
from bridge.cell.blocks.weighted import Entries, Logits, Summed, Threshold, Weighted

_FILES = [import_module(f"{__name__}.{file.name}") for file in iter_modules(__path__)]
_DEFINED = [kind for file in _FILES for kind in vars(file).values() if getattr(kind, "__module__", "") == file.__name__]
KINDS: tuple[type[Block], ...] = tuple(
    kind for kind in _DEFINED if isinstance(kind, type) and issubclass(kind, Block) and not isabstract(kind)
)

__all__ = [
    "BYTE",
    "KINDS",
    "NODE",
    "OLD",
    "Automaton",
    "Bits",
    "Block",
    "Delay",
    "Embedding",
    "Entries",
    "Input",
    "Integers",
    "Latch",
    "Levels",
    "Linear",
    "Logits",
    "Luts",
    "Maximum",
    "Node",
    "Product",
    "Scores",
    "Summed",
    "Table",
    "Threshold",
    "Trees",
    "Values",
    "Weighted",
    "fill_unseen",
    "one_hot",
]
