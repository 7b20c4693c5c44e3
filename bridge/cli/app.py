"""All commands in one place, by what they are for, in the order in which people meet them.

Only the command that is called is imported: all together take seconds. Help finds their first sentences in the text of
their files.
"""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

import bridge
from bridge.cli.guide import guided
from bridge.cli.plain import take_plain

SENTENCE = 200  # characters of help for each command
COMMANDS = {
    "First steps": {"demo": "demo:demo", "describe": "describe:describe", "doctor": "doctor:doctor"},
    "Make a model": {
        "data": "corpora:data",
        "train": "train:train",
        "melt": "melt:melt_command",
        "encoder": "melt:encoder",
        "simplify": "simplify:simplify",
        "pareto": "pareto:pareto",
    },
    "Turn it into logic, make that smaller, prove it equal": {
        "lower": "netlists:lower",
        "run": "flows:run",
        "repro": "flows:repro",
        "sweep": "sweep:sweep_all",
        "flows": "flows:flows_app",
        "diff": "diff:diff",
        "stats": "netlists:stats",
        "check": "check:check",
        "convert": "netlists:convert",
    },
    "Run it": {
        "eval": "texts:evaluate_text",
        "generate": "texts:generate",
        "chat": "texts:chat",
        "pack": "pack:pack_command",
        "unpack": "pack:unpack_command",
    },
    "Ask what it does, and why": {
        "affects": "affects:affects_command",
        "dependence": "dependence:dependence_command",
        "cone": "cone:cone",
        "prove": "prove:prove_command",
        "diverge": "diverge:diverge_command",
        "explain": "explain:explain_command",
        "circuit": "circuit:circuit_command",
        "influence": "states:influence_command",
        "probe": "probe:probe_command",
        "states": "states:states",
        "neurons": "neurons:neurons_command",
        "compare": "neurons:compare_command",
    },
    "Show and measure": {"report": "report:report", "bench": "bench:bench_app", "cache": "cache:cache"},
}
HOMES = {
    name: home for commands in COMMANDS.values() for name, home in commands.items()
}  # file:function in this folder
_plain = partial(typer.Typer, pretty_exceptions_enable=False, rich_markup_mode=None, add_completion=False)


class _Commands(Mapping[str, Any]):
    """The command of a name, made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        file, function = HOMES[name].split(":")
        found = getattr(_imported(f"bridge.cli.{file}"), function)
        around = _plain()
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=name)
        else:
            around.command(name)(found)
        return guided(name, get_group(around).commands[name])

    def __iter__(self) -> Iterator[str]:
        return iter(HOMES)

    def __len__(self) -> int:
        return len(HOMES)


def _imported(name: str) -> ModuleType:
    """What the first command brings stays until the end: searching it for cycles, now and at the end, takes a quarter
    of the time of a small command. Not what later ones find: some libraries complain of objects that are kept."""
    if name in sys.modules or gc.get_freeze_count():
        return import_module(name)
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


class _Sections(TyperGroup):
    """Help that lists the commands by what they are for, each with its first sentence."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment]  # nobody adds one later

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # types of the private copy of click in typer
        for title, commands in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(name, _sentence(home)) for name, home in commands.items()])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Names of commands, without importing them."""
        from typer._click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=_sentence(HOMES[name])) for name in HOMES if name.startswith(incomplete)]
        return found or super().shell_complete(ctx, incomplete)


def _sentence(home: str) -> str:
    """What the command does; of a group, what its callback says."""
    file, name = home.split(":")
    tree = ast.parse((Path(__file__).parent / f"{file}.py").read_text(encoding="utf-8"))
    said = {
        caller: ast.get_docstring(made)
        for made in tree.body
        if isinstance(made, ast.FunctionDef)
        for caller in (made.name, *(ast.unparse(decorator) for decorator in made.decorator_list))
    }
    described = TyperCommand(name, help=said.get(name) or said[f"{name}.callback()"])
    return described.get_short_help_str(SENTENCE)


take_plain()
app = _plain(cls=_Sections, name="aigbridge", no_args_is_help=True, add_completion=True)


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
