"""Claims and conditions: statements about one step of a machine, in one small language.

    margin.'e'.'z' > 0                          a number of the head, in its units
    argmax in vowel implies not after " q"      what is predicted, what was read
    byte@-1 == '\\n' and state.m[3]              one step ago; a bit that the step reads

`parsing` knows the grammar, `formula` what a claim is once it is read, `terms` which bits a name stands for and what
number they are. `monitor` adds a claim to a netlist as logic, `on_text` says where on a text it is true.

Before the first byte `byte@-1` has no value, and what rests on it alone is unknown: a *condition* holds where it is
true, a *claim* is broken where it is false. `and`, `or` and `not` follow Kleene: `unknown and false` is false.
"""

from bridge.analysis.claims.formula import FALSE, TRUE, UNKNOWN, Claim
from bridge.analysis.claims.monitor import monitor
from bridge.analysis.claims.on_text import truth
from bridge.analysis.claims.parsing import parse_claim

__all__ = ["FALSE", "TRUE", "UNKNOWN", "Claim", "monitor", "parse_claim", "truth"]
