"""All commands in one place, by what they are for, in the order in which people meet them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import bridge
from bridge.cli.affects import affects_command
from bridge.cli.bench import bench_app
from bridge.cli.bench_training import training
from bridge.cli.cache import cache
from bridge.cli.circuit import circuit_command
from bridge.cli.cone import cone
from bridge.cli.corpora import data
from bridge.cli.demo import demo
from bridge.cli.dependence import dependence_command
from bridge.cli.diff import diff
from bridge.cli.diverge import diverge_command
from bridge.cli.doctor import doctor
from bridge.cli.explain import explain_command
from bridge.cli.flows import flows_app, repro, run
from bridge.cli.melt import encoder, melt_command
from bridge.cli.netlists import check, convert, lower, stats
from bridge.cli.neurons import compare_command, neurons_command
from bridge.cli.pack import pack_command, unpack_command
from bridge.cli.pareto import pareto
from bridge.cli.probe import probe_command
from bridge.cli.prove import prove_command
from bridge.cli.report import report
from bridge.cli.simplify import simplify
from bridge.cli.states import influence_command, states
from bridge.cli.sweep import sweep_all
from bridge.cli.texts import chat, evaluate_text, generate
from bridge.cli.train import train

SENTENCE = 200  # characters of help for each command
COMMANDS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "First steps": {"demo": demo, "doctor": doctor},
    "Make a model": {
        "data": data,
        "train": train,
        "melt": melt_command,
        "encoder": encoder,
        "simplify": simplify,
        "pareto": pareto,
    },
    "Turn it into logic, make that smaller, prove it equal": {
        "lower": lower,
        "run": run,
        "repro": repro,
        "sweep": sweep_all,
        "flows": flows_app,
        "diff": diff,
        "stats": stats,
        "check": check,
        "convert": convert,
    },
    "Run it": {
        "eval": evaluate_text,
        "generate": generate,
        "chat": chat,
        "pack": pack_command,
        "unpack": unpack_command,
    },
    "Ask what it does, and why": {
        "affects": affects_command,
        "dependence": dependence_command,
        "cone": cone,
        "prove": prove_command,
        "diverge": diverge_command,
        "explain": explain_command,
        "circuit": circuit_command,
        "influence": influence_command,
        "probe": probe_command,
        "states": states,
        "neurons": neurons_command,
        "compare": compare_command,
    },
    "Show and measure": {"report": report, "bench": bench_app, "cache": cache},
}


class _Sections(TyperGroup):
    """Help that lists the commands by what they are for, each with its first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # types of the private copy of click in typer
        for title, commands in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(SENTENCE)) for name in commands])


app = typer.Typer(
    cls=_Sections,
    name="aigbridge",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"aigbridge {bridge.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Quantized neural cell -> logic -> smaller logic, proven equal -> text and insight."""


bench_app.command()(training)
for name, command in (entry for section in COMMANDS.values() for entry in section.items()):
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)
