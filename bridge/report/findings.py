"""Everything a page tells, computed once: proofs, dependence, influence, statistics, passages.

What cannot be had is None, with one sentence in `missing` saying why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridge.analysis.comparison import Comparison
from bridge.analysis.dependences.matrix import DependenceMatrix
from bridge.analysis.invariants import Invariants
from bridge.analysis.neurons import Neuron
from bridge.analysis.text.influence import Influence
from bridge.analysis.text.statistics import TextStatistics
from bridge.equivalence import Verdict
from bridge.execution import Evaluation
from bridge.printable.notebook import Framed
from bridge.report.passages import Passage


@dataclass(repr=False)
class Findings(Framed):
    """`missing`: what the page leaves out, and why; `neurons`, `dependence`, `invariants`: of the netlist;
    `evaluation`, `passages`, `statistics`, `influence`: on the text; `lowering`: the certificate of cell -> plain
    netlist; `comparison`: of that and `Subject.aig`, as all else is; `designed`: state bits that repeat others by
    design, None without the cell; `more`: what parts of the page found that nothing else asks for, by their names."""

    missing: dict[str, str] = field(default_factory=dict)
    lowering: Verdict | None = None
    neurons: tuple[Neuron, ...] = ()
    dependence: DependenceMatrix | None = None
    invariants: Invariants | None = None
    designed: frozenset[str] | None = None
    comparison: Comparison | None = None
    evaluation: Evaluation | None = None
    passages: tuple[Passage, ...] = ()
    statistics: TextStatistics | None = None
    influence: Influence | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Findings: {', '.join(self.missing) or 'nothing'} left out>"

    def columns(self) -> dict[str, list[str]]:
        """A row for each part that the page leaves out: `missing why`."""
        return {"missing": [*self.missing], "why": [*self.missing.values()]}
