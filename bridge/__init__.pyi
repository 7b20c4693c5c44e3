# The public names, listed once: `bridge/__init__.py` reads this file, and imports each on first use.
from .aig import Aig as Aig
from .aig import AigBuilder as AigBuilder
from .analysis.affects import affects as affects
from .analysis.influence import influence as influence
from .analysis.invariants import invariants as invariants
from .analysis.matrix import dependence as dependence
from .analysis.neurons import neurons as neurons
from .analysis.statistics import text_statistics as text_statistics
from .cell import Automaton as Automaton
from .cell import Cell as Cell
from .cell import Delay as Delay
from .cell import Embedding as Embedding
from .cell import Latch as Latch
from .cell import Logits as Logits
from .cell import Node as Node
from .cell import Threshold as Threshold
from .cell import Trees as Trees
from .corpus import load_corpus as load_corpus
from .equivalence import Verdict as Verdict
from .equivalence import check_equivalence as check_equivalence
from .equivalence import check_netlists as check_netlists
from .equivalence.certificate import certify as certify
from .errors import BridgeError as BridgeError
from .errors import InputError as InputError
from .errors import MissingExtra as MissingExtra
from .errors import ToolError as ToolError
from .execution.generate import Conversation as Conversation
from .execution.generate import generate as generate
from .execution.text import bits_per_byte as bits_per_byte
from .execution.text import evaluate as evaluate
from .flow import FlowResult as FlowResult
from .flow import run_flow as run_flow
from .formats import read_netlist as read_netlist
from .formats import write_netlist as write_netlist
from .lossy import simplify as simplify
from .lowering import lower as lower
from .report import write_report as write_report
from .training import TrainingOptions as TrainingOptions
from .training import train as train

__version__: str
__all__: list[str]
