"""What help shows beside options: two examples of every command, and the command that naturally comes next.

The examples run in `tests/test_cli_guide.py`, in a folder that has the files which they name.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import typer

from bridge.printable import printable


@dataclass(frozen=True)
class Guide:
    """`first`, `second`: commands as one types them, without the program's name; `following`: what comes next, with the
    options of the command that was called in braces, or nothing where the command says it itself. A command that
    returns a text means that instead, where the usual one would refuse what it was given."""

    first: str
    second: str
    following: str = ""


GUIDES = {
    "demo": Guide("demo", "demo --out shown", "describe kjv"),
    "doctor": Guide("doctor", "doctor --json", "demo"),
    "data": Guide("data", "data --json", "train --corpus TEXT --kind trees --ands 20000 --out cell.safetensors"),
    "train": Guide(
        "train --corpus book.txt --kind trees --ands 4000 --out cell.safetensors",
        "train --corpus book.txt --minutes 1 --ands 8000 --out neurons.safetensors",
    ),
    "melt": Guide(
        "melt theirs.json -o theirs.safetensors --check 1000",
        "melt theirs.json -o named.safetensors --labels no,yes",
    ),
    "encoder": Guide(
        "encoder theirs.safetensors -o encode.c", "encoder theirs.safetensors -o encode.json", "lower {model} -o net.v"
    ),
    "simplify": Guide(
        "simplify tiny --text book.txt --budget 0.05 --steps 0 -o small.safetensors",
        "simplify cell.aig --text book.txt --budget 0.02 -o small.aig",
        "eval {out} --text {text}",
    ),
    "pareto": Guide(
        "pareto --corpus kjv --out frontier --members 'trees 10k'",
        "pareto --corpus book.txt --out mine --family family.yaml",
        "report {out}/*.safetensors -o family.html --live-only",
    ),
    "describe": Guide("describe kjv", "describe cell.safetensors --json", "lower {model} -o net.aig"),
    "lower": Guide("lower tiny -o tiny.aig", "lower cell.safetensors -o cell.v --objective depth", "run {out} shrink"),
    "run": Guide("run tiny shrink", "run cell.aig deep --seconds 10", "diff latest"),
    "repro": Guide("repro latest", "repro latest --json", "diff {folder}"),
    "sweep": Guide("sweep fraig resyn2 --on tiny", "sweep fraig --on tiny --on cell.aig --out swept", "diff {out}/*"),
    "flows": Guide("flows", "flows --json", "flows show shrink"),
    "flows show": Guide("flows show shrink", "flows show search --json", "flows commands"),
    "flows commands": Guide("flows commands", "flows commands --json", "flows check my.yaml"),
    "flows check": Guide("flows check shrink", "flows check my.yaml", "run MODEL {name}"),
    "flows rerun": Guide("flows rerun latest/01-abc", "flows rerun latest/01-abc --json", "repro latest"),
    "diff": Guide("diff latest", "diff tiny latest --luts --format markdown", "report {items} -o report.html --quick"),
    "stats": Guide("stats tiny", "stats cell.aig --json", "run {netlist} shrink"),
    "check": Guide("check tiny latest", "check tiny cell.aig --certificate", "eval {b} --text TEXT"),
    "convert": Guide("convert cell.aig cell.v", "convert latest small.blif", "check {source} {target}"),
    "eval": Guide(
        "eval tiny --text book.txt",
        "eval latest --text book.txt --score",
        "explain {model} --text {source} --at 100",
    ),
    "generate": Guide(
        "generate tiny --prompt 'In the '",
        "generate latest --bytes 100 --temperature 0 --do layer0.memory=0",
        "report {model} -o model.html --live-only",
    ),
    "chat": Guide("chat tiny < lines.txt", "chat latest --bytes 60 < lines.txt", "generate {model} --prompt TEXT"),
    "pack": Guide(
        "pack book.txt -o book.aigpack --model tiny", "pack book.txt -o alone.aigpack", "unpack {out} -o again.txt"
    ),
    "unpack": Guide(
        "unpack book.aigpack -o again.txt", "unpack book.aigpack -o - > again.txt", "eval tiny --text {out}"
    ),
    "affects": Guide(
        "affects tiny --from 'state.layer0.memory[3]' --to argmax",
        "affects tiny --from state.layer0.memory --to argmax -k 4 --how-often --seen-on book.txt",
        "dependence {netlist} -k 2",
    ),
    "dependence": Guide(
        "dependence tiny -k 2",
        "dependence tiny --from state.layer0.memory --to argmax --graded --text book.txt",
        "cone {netlist} argmax",
    ),
    "cone": Guide("cone tiny 'layer1.neurons[7]'", "cone tiny 'layer0.memory[3]' --fanout -k 2", "neurons {netlist}"),
    "prove": Guide(
        'prove tiny "argmax not in digit" --loop',
        "prove tiny \"argmax == 'u'\" --given \"after 'q'\"",
        "explain {netlist} --text TEXT --at 100",
    ),
    "diverge": Guide(
        "diverge tiny latest", "diverge tiny tiny --do layer0.memory=0 --text book.txt", "diff {first} {second}"
    ),
    "explain": Guide(
        "explain tiny --text book.txt --at 100",
        "explain tiny --text book.txt --at 100 --reason --seconds 30",
        "circuit {model} --text {source} --at {at}",
    ),
    "circuit": Guide(
        "circuit tiny --text book.txt --at 100",
        "circuit tiny --after 'and th' --predict e --blocks layer1.neurons",
        "neurons {netlist} --as-bytes",
    ),
    "influence": Guide(
        "influence tiny --text book.txt",
        "influence tiny --text book.txt --from state.layer0.memory -k 32",
        "states {netlist} --text {source}",
    ),
    "probe": Guide(
        "probe tiny --text book.txt --feature vowel",
        "probe tiny --text book.txt --feature 'the' --where ends --of layer0.memory",
        "affects {netlist} --from state --to argmax",
    ),
    "states": Guide("states tiny", "states tiny --text book.txt", "influence {netlist} --text TEXT"),
    "neurons": Guide(
        "neurons tiny", "neurons tiny --as-bytes --of 'layer0.neurons[0]'", "report {netlist} -o model.html --quick"
    ),
    "compare": Guide("compare tiny latest", "compare tiny latest --json", "report {after} -o report.html --quick"),
    "report": Guide("report tiny -o tiny.html --live-only", "report tiny latest -o tiny.html --text book.txt --quick"),
    "bench": Guide("bench execution tiny --peers abc --rounds 3", "bench gates tiny --routes 'plain;ours'", "doctor"),
    "bench execution": Guide(
        "bench execution tiny --peers abc", "bench execution tiny --peers abc --rounds 3 --copies 4", "stats {model}"
    ),
    "bench gates": Guide(
        "bench gates tiny --routes 'plain;ours'",
        "bench gates tiny --routes 'plain;ours, shrink' --json",
        "run {cells} shrink",
    ),
    "bench training": Guide(
        "bench training --corpus book.txt --steps 20 --seeds 1 --methods quantized",
        "bench training --corpus book.txt --steps 20 --seeds 1 --weights pow2,ternary --methods quantized",
        "train --corpus {corpus} --minutes 10 --out cell.safetensors",
    ),
    "cache": Guide("cache", "cache --clear", "run tiny shrink"),
}


def guided(name: str, command: Any) -> Any:
    """The command, of click's kind in the private copy of typer, with its examples in its help, and with a line on what
    comes next after it."""
    if guide := GUIDES.get(name):
        command.epilog = f"\b\nExamples:\n  aigbridge {guide.first}\n  aigbridge {guide.second}"
    for part, inner in getattr(command, "commands", {}).items():
        guided(f"{name} {part}", inner)
    if guide and guide.following and not hasattr(command, "commands"):
        command.callback = _followed(command.callback, guide.following)
    return command


def _followed(call: Callable[..., Any], following: str) -> Callable[..., Any]:
    @wraps(call)
    def called(**given: Any) -> Any:
        try:
            result = call(**given)
        except typer.Exit as ended:
            if ended.exit_code == 0:
                _tell(following, given)
            raise
        _tell(result if isinstance(result, str) else following, given)

    return called


def _tell(following: str, given: Mapping[str, Any]) -> None:
    """The next command, for people; what was not given is a word in capitals."""
    if at_terminal() and not given.get("as_json"):
        told = following.format_map({name: _quoted(name, value) for name, value in given.items()})
        print(f"next: aigbridge {printable(told)}", file=sys.stderr)


def at_terminal() -> bool:
    """Does a person see both what is printed and what is said beside it?"""
    return sys.stdout.isatty() and sys.stderr.isatty()


def _quoted(name: str, value: Any) -> str:
    if value is None:
        return name.upper()
    return shlex.join(map(str, value)) if isinstance(value, list | tuple) else shlex.quote(str(value))
