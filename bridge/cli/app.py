"""All commands in one place, in the order in which people meet them."""

from __future__ import annotations

from collections.abc import Callable

import typer

from bridge.cli.bench import bench_app
from bridge.cli.cache import cache
from bridge.cli.demo import demo
from bridge.cli.diff import diff
from bridge.cli.doctor import doctor
from bridge.cli.flows import flows_app, repro, run
from bridge.cli.netlists import check, convert, lower, stats
from bridge.cli.simplify import simplify
from bridge.cli.sweep import sweep_all
from bridge.cli.texts import evaluate_text, generate
from bridge.cli.train import train

app = typer.Typer(
    name="aigbridge",
    help="Quantized neural cell -> logic -> smaller logic, proven equal -> text and insight.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "doctor": doctor,
    "train": train,
    "lower": lower,
    "run": run,
    "repro": repro,
    "sweep": sweep_all,
    "simplify": simplify,
    "diff": diff,
    "stats": stats,
    "check": check,
    "eval": evaluate_text,
    "generate": generate,
    "convert": convert,
    "cache": cache,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(flows_app, name="flows")
app.add_typer(bench_app, name="bench")
