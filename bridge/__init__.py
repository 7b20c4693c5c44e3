"""Turn a quantized neural cell into logic, shrink it, prove it unchanged, run it, understand it.

cell = Cell.load("kjv")
aig = lower(cell)
result = run_flow(aig, "shrink")
print(result.diff())
print(bits_per_byte(result.aig, text))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.aig import Aig as Aig
    from bridge.aig import AigBuilder as AigBuilder
    from bridge.analysis.affects import affects as affects
    from bridge.analysis.influence import influence as influence
    from bridge.analysis.matrix import dependence as dependence
    from bridge.cell import Cell as Cell
    from bridge.cell import Delay as Delay
    from bridge.cell import Embedding as Embedding
    from bridge.cell import Latch as Latch
    from bridge.cell import Logits as Logits
    from bridge.cell import Threshold as Threshold
    from bridge.corpus import load_corpus as load_corpus
    from bridge.equivalence import check_equivalence as check_equivalence
    from bridge.execution import bits_per_byte as bits_per_byte
    from bridge.execution.generate import Conversation as Conversation
    from bridge.execution.generate import generate as generate
    from bridge.flow import run_flow as run_flow
    from bridge.formats import read_netlist as read_netlist
    from bridge.formats import write_netlist as write_netlist
    from bridge.lowering import lower as lower

_HOME = {
    "Aig": "aig",
    "AigBuilder": "aig",
    "Cell": "cell",
    "Delay": "cell",
    "Embedding": "cell",
    "Latch": "cell",
    "Logits": "cell",
    "Threshold": "cell",
    "affects": "analysis",
    "bits_per_byte": "execution",
    "check_equivalence": "equivalence",
    "Conversation": "execution.generate",
    "dependence": "analysis",
    "generate": "execution.generate",
    "influence": "analysis",
    "load_corpus": "corpus",
    "lower": "lowering",
    "read_netlist": "formats",
    "run_flow": "flow",
    "write_netlist": "formats",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Import on first use: the compiled parts take a second to load, which `aigbridge --help` should not cost."""
    if name not in _HOME:
        raise AttributeError(f"module 'bridge' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bridge.{_HOME[name]}"), name)
