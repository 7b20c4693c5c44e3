"""What the command line takes as it stands is what typer would have made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from typer._coercion import build_runtime_param
from typer.main import get_group

from bridge.cli.app import app
from bridge.cli.plain import UNFIT, taken
from support.command_line import Call

Choice = Literal["one", "two"]
TEXTS = ["tiny", "", "-", "1", "1.5", "a b", "é", "heldout", "area", "text", "missing/file"]


def parameters(command: Any) -> Iterator[Any]:
    yield from command.params
    for inner in getattr(command, "commands", {}).values():
        yield from parameters(inner)


@pytest.mark.heavy
def test_every_parameter_is_as_typer_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("it")
    seen = 0
    for param in parameters(get_group(app)):
        many, kind = param.multiple or param.nargs == -1, param.type_descriptor.annotation
        for value in [None, param.default, *([text, text] if many else text for text in TEXTS)]:
            plain = taken(value, kind, many)
            if plain is not UNFIT:
                made = build_runtime_param(param.type_descriptor).coerce(value, param=param, ctx=None)  # type: ignore[arg-type]
                assert (type(plain), plain) == (type(made), made), f"{param.name}: {value!r}"
                seen += 1
    assert seen > 1000


@pytest.mark.parametrize(
    ("value", "kind", "many"),
    [
        ("12", int, False),
        ("1.5", float, False),
        ("three", Choice, False),
        ("\udcff", str, False),
        ("a\nb", str, False),
        (["12"], list[int], True),
        ("text", list[str], True),
        ("dangling", Path, False),
    ],
)
def test_what_must_be_checked_is_left_to_typer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object, kind: object, many: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dangling").symlink_to("nowhere")
    assert taken(value, kind, many) is UNFIT


def test_faults_are_told_as_before(call: Call) -> None:
    assert "--reader" in call("stats", "tiny", "--reader", "ours").err
    assert "--bytes" in call("generate", "tiny", "--bytes", "many").err
    assert "Missing argument" in call("stats").err
