"""How fast binary AIGER is read and written: ours, ABC, aigverse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bridge.aig import Aig
from bridge.bench.contender import REPEATS, Absent, Contender, Factory, child_seconds, own_seconds
from bridge.formats import read_netlist, write_netlist
from bridge.toolchain import locate, run_tool

TIMES = 40  # in one process of ABC, which tells 10 ms apart


def file_factories(aig: Aig, peers: list[str]) -> dict[str, Factory]:
    """Reading and writing the netlist, each as a contender."""
    makers: dict[str, Callable[[Aig, bool, Path], Contender]] = {"aigbridge": _ours}
    makers |= {name: maker for name, maker in {"abc": _abc, "aigverse": _aigverse}.items() if name in peers}
    actions = {"reads": False, "writes": True}
    return {
        f"{name} {action}": partial(maker, aig, writes)
        for name, maker in makers.items()
        for action, writes in actions.items()
    }


def _ours(aig: Aig, writes: bool, folder: Path) -> Contender:
    path = folder / "netlist.aig"
    write_netlist(aig, path)
    if writes:
        return Contender("aigbridge writes", 0.0, _best(lambda: write_netlist(aig, path)))
    return Contender("aigbridge reads", 0.0, _best(lambda: read_netlist(path)))


def _abc(aig: Aig, writes: bool, folder: Path) -> Contender:
    tool = locate("abc")
    write_netlist(aig, folder / "netlist.aig")

    def seconds(count: int) -> float:
        commands = ["&r netlist.aig", *(count * ["&w copy.aig" if writes else "&r netlist.aig"])]
        return child_seconds(lambda: run_tool(tool, commands, {}, step="AIGER", folder=folder))

    name = f"ABC {'&w' if writes else '&r'}"
    return Contender(name, 0.0, lambda: max(seconds(1 + TIMES) - seconds(1), 1e-4) / TIMES)


def _aigverse(aig: Aig, writes: bool, folder: Path) -> Contender:
    if find_spec("aigverse") is None:
        raise Absent("aigverse is not installed")
    import aigverse.io  # type: ignore[import-not-found]

    module: Any = aigverse.io
    path, copy = str(folder / "netlist.aig"), str(folder / "copy.aig")
    write_netlist(aig, path)
    read = module.read_aiger_into_sequential_aig if aig.latches else module.read_aiger_into_aig
    if writes:
        network = read(path)
        return Contender("aigverse writes", 0.0, _best(lambda: module.write_aiger(network, copy)))
    return Contender("aigverse reads", 0.0, _best(lambda: read(path)))


def _best(call: Callable[[], object]) -> Callable[[], float]:
    return lambda: min(own_seconds(call) for _ in range(REPEATS))
