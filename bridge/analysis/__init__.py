"""Understanding: who affects whom (proven), influence on text (measured), what state bits and neurons are about.

`signals` says what a name stands for, `places` what it is to change it, `elements` which number it is; `cones` know the
paths, `unrolling` lays out steps, `runs` are from where. `claims` reads conditions and claims, `edits` changes a model,
`predicted` adds what the head predicts. `dependences` asks who affects whom, and `invariants`, `neurons` and
`comparison` build on it; `proving` and `divergence` are about all texts, `explaining` and `circuits` about what
suffices, `words` and `probing` about what a bit is of; `text` has what is measured on one.
"""

from bridge.analysis.comparison import Comparison, compare
from bridge.analysis.cones import Cone, cone_graph, fanin_cone, fanout_cone, reaches
from bridge.analysis.dependences.affects import Dependence, affects
from bridge.analysis.dependences.matrix import DependenceMatrix, dependence
from bridge.analysis.dependences.proof import write_proof
from bridge.analysis.dependences.replay import Witness, replay
from bridge.analysis.drawing import to_dot, to_svg
from bridge.analysis.invariants import Invariants, invariants, unobservable
from bridge.analysis.neurons import Neuron, neurons
from bridge.analysis.places import placed
from bridge.analysis.predicted.outputs import meaning, with_prediction
from bridge.analysis.signals import Bit, Signal, resolve
from bridge.analysis.text.features import Features, text_features
from bridge.analysis.text.influence import Influence, influence
from bridge.analysis.text.overlap import FeatureOverlap, feature_overlap
from bridge.analysis.text.statistics import Context, TextStatistics, text_statistics
from bridge.analysis.unrolling import unroll

__all__ = [
    "Bit",
    "Comparison",
    "Cone",
    "Context",
    "Dependence",
    "DependenceMatrix",
    "FeatureOverlap",
    "Features",
    "Influence",
    "Invariants",
    "Neuron",
    "Signal",
    "TextStatistics",
    "Witness",
    "affects",
    "compare",
    "cone_graph",
    "dependence",
    "fanin_cone",
    "fanout_cone",
    "feature_overlap",
    "influence",
    "invariants",
    "meaning",
    "neurons",
    "placed",
    "reaches",
    "replay",
    "resolve",
    "text_features",
    "text_statistics",
    "to_dot",
    "to_svg",
    "unobservable",
    "unroll",
    "with_prediction",
    "write_proof",
]
