"""Understanding: who affects whom (proven), influence on text (measured), what state bits and neurons are about.

`signals` says what a name stands for, `places` what it is to change it; `prediction` adds what the head predicts (by
`heads`, `arithmetic`, `serial`). `affects` asks about two signals: `question` poses it, `cones` know the paths,
`interventions` try `runs` and `text_runs`, `cofactors` ask SAT about steps that `unrolling` lays out, `affects_on_text`
and `affects_reachable` ask about fewer states; `replay` checks every witness, `proof` writes down a no. `matrix` asks
about all pairs, `invariants`, `neurons` and `comparison` by it. `influence` and `statistics` measure on a text.
"""

from bridge.analysis.affects import Dependence, affects
from bridge.analysis.comparison import Comparison, compare
from bridge.analysis.cones import Cone, cone_graph, fanin_cone, fanout_cone, reaches
from bridge.analysis.drawing import to_dot, to_svg
from bridge.analysis.features import Features, text_features
from bridge.analysis.influence import Influence, influence
from bridge.analysis.information import Superposition
from bridge.analysis.invariants import Invariants, invariants, unobservable
from bridge.analysis.matrix import DependenceMatrix, dependence
from bridge.analysis.neurons import Neuron, neurons
from bridge.analysis.places import placed
from bridge.analysis.prediction import meaning, with_prediction
from bridge.analysis.proof import write_proof
from bridge.analysis.replay import Witness, replay
from bridge.analysis.signals import Bit, Signal, resolve
from bridge.analysis.statistics import Context, TextStatistics, superposition_in, text_statistics
from bridge.analysis.unrolling import unroll

__all__ = [
    "Bit",
    "Comparison",
    "Cone",
    "Context",
    "Dependence",
    "DependenceMatrix",
    "Features",
    "Influence",
    "Invariants",
    "Neuron",
    "Signal",
    "Superposition",
    "TextStatistics",
    "Witness",
    "affects",
    "compare",
    "cone_graph",
    "dependence",
    "fanin_cone",
    "fanout_cone",
    "influence",
    "invariants",
    "meaning",
    "neurons",
    "placed",
    "reaches",
    "replay",
    "resolve",
    "superposition_in",
    "text_features",
    "text_statistics",
    "to_dot",
    "to_svg",
    "unobservable",
    "unroll",
    "with_prediction",
    "write_proof",
]
