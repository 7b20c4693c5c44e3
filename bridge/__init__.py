"""Turn a quantized neural cell into logic, shrink it, prove it unchanged, run it, understand it.

    cell = Cell.load("kjv")                      # a shipped cell, or a file
    aig = lower(cell)
    result = run_flow(aig, "shrink")
    print(result.diff())
    print(bits_per_byte(result.aig, load_corpus("kjv").heldout[:20_000]))

    cells       Cell and its blocks Embedding, Node, Automaton, Delay, Threshold, Trees, Latch, Logits;
                of integers: Input, Linear, Levels, Table, Luts, Maximum, Product, Scores
    texts       load_corpus
    training    train, TrainingOptions (needs torch)
    logic       lower, Aig, AigBuilder, read_netlist, write_netlist
    smaller     run_flow, FlowResult; simplify (lossy)
    proofs      check_equivalence, check_netlists, certify, Verdict
    running     bits_per_byte, evaluate, generate, Conversation; run, predict (rows of numbers)
    packing     pack, unpack (texts, by the logic of a cell)
    networks    melt (of other people)
    questions   affects, dependence (yes or no), graded, shares (how often), invariants, neurons
    for texts   prove (for all of them), diverge (two models); influence, probe, text_statistics (on one)
    why         explain, Explainer (one prediction), circuit (what suffices), as_bytes, picture (in words)
    what if     edit (a model with something done to it), activations
    a page      write_report
    a notebook  progress_bar; results show themselves, and have columns() and to_frame() (pandas); some plot()
    errors      BridgeError, and its kinds InputError, MissingExtra, ToolError

All names are imported on first use, since the compiled parts take a second to load.
"""

from __future__ import annotations

from typing import Any

import lazy_loader

from bridge.errors import MissingExtra

__version__ = "0.1.0"

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _load(name)
    except MissingExtra as error:
        raise AttributeError(str(error)) from error
