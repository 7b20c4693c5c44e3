"""What the public functions give back."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import bridge
from bridge import Aig, Cell
from bridge.analysis.words.pictures import Picture
from bridge.boosting import train as train_trees
from bridge.melting.check import check as check_melted
from bridge.printable.notebook import Chart

THEMSELVES: set[type] = {Aig, Cell, Chart, Picture}  # models and pictures show what they are, and are no tables


def results() -> set[type]:
    """All kinds of results, alone or in a list, and what their methods give back: nobody has to list a new one."""
    public = [getattr(bridge, name) for name in bridge.__all__]
    asked = [*filter(inspect.isfunction, public), *_methods(bridge.Explainer), train_trees, check_melted]
    found: set[type] = set()
    while asked:
        new = _given_by(asked.pop()) - found
        found |= new
        asked += [method for kind in new - THEMSELVES for method in _methods(kind)]
    return found


def _given_by(function: object) -> set[type]:
    given = get_type_hints(function, localns={"pandas": SimpleNamespace(DataFrame=object)})["return"]
    kinds = {kind for kind in (given, *get_args(given)) if inspect.isclass(kind)}
    return {kind for kind in kinds if kind.__module__.startswith("bridge")}


def _methods(kind: type) -> list[Any]:
    return [part for name, part in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]
