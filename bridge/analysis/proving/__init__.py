"""Is a claim true in every step of every run? Proven, broken with a witness that was replayed, or undecided.

`machine`: the netlist with the claim, its one output 1 where that is broken. `search` looks for runs that break it;
`steps` asks SAT about the first steps from reset, and about any state and the steps after it; `closed` follows a model
that reads what it writes; `prove` lets them work in turn. `certificate` writes down what others can check.
"""
