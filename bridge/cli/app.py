"""All commands in one place, in the order in which people meet them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

import bridge
from bridge.cli.analysis import (
    affects_command,
    compare_command,
    cone,
    dependence_command,
    influence_command,
    neurons_command,
    states,
)
from bridge.cli.bench import bench_app
from bridge.cli.bench_training import training
from bridge.cli.cache import cache
from bridge.cli.circuit import circuit_command
from bridge.cli.demo import demo
from bridge.cli.diff import diff
from bridge.cli.diverge import diverge_command
from bridge.cli.doctor import doctor
from bridge.cli.explain import explain_command
from bridge.cli.flows import flows_app, repro, run
from bridge.cli.melt import encoder, melt_command
from bridge.cli.netlists import check, convert, lower, stats
from bridge.cli.pareto import pareto
from bridge.cli.probe import probe_command
from bridge.cli.prove import prove_command
from bridge.cli.report import report
from bridge.cli.simplify import simplify
from bridge.cli.sweep import sweep_all
from bridge.cli.texts import chat, evaluate_text, generate
from bridge.cli.train import train

app = typer.Typer(
    name="aigbridge",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "doctor": doctor,
    "train": train,
    "melt": melt_command,
    "lower": lower,
    "run": run,
    "repro": repro,
    "sweep": sweep_all,
    "pareto": pareto,
    "simplify": simplify,
    "diff": diff,
    "diverge": diverge_command,
    "stats": stats,
    "check": check,
    "eval": evaluate_text,
    "generate": generate,
    "chat": chat,
    "cone": cone,
    "affects": affects_command,
    "dependence": dependence_command,
    "prove": prove_command,
    "explain": explain_command,
    "influence": influence_command,
    "circuit": circuit_command,
    "probe": probe_command,
    "states": states,
    "neurons": neurons_command,
    "compare": compare_command,
    "report": report,
    "convert": convert,
    "encoder": encoder,
    "cache": cache,
}


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


for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(flows_app, name="flows")
bench_app.command()(training)
app.add_typer(bench_app, name="bench")
