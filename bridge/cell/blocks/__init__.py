"""The kinds of blocks that a cell is made of."""

from bridge.arrays import Bits
from bridge.cell.blocks.automaton import Automaton, one_hot
from bridge.cell.blocks.base import BYTE, NODE, OLD, Block, Integers, Values
from bridge.cell.blocks.inputs import Input
from bridge.cell.blocks.linear import Linear
from bridge.cell.blocks.memory import Delay, Latch
from bridge.cell.blocks.pointwise import Levels, Table
from bridge.cell.blocks.scores import Scores
from bridge.cell.blocks.selections import Luts, Maximum
from bridge.cell.blocks.tables import Embedding, Node, fill_unseen
from bridge.cell.blocks.trees import Trees
from bridge.cell.blocks.weighted import Logits, Threshold, Weighted

KINDS: tuple[type[Block], ...] = (
    *(Embedding, Node, Automaton, Delay, Threshold, Trees, Latch, Logits),
    *(Input, Linear, Levels, Table, Luts, Maximum, Scores),
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
    "Input",
    "Integers",
    "Latch",
    "Levels",
    "Linear",
    "Logits",
    "Luts",
    "Maximum",
    "Node",
    "Scores",
    "Table",
    "Threshold",
    "Trees",
    "Values",
    "Weighted",
    "fill_unseen",
    "one_hot",
]
