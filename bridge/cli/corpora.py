"""The command data: larger texts to train on, made of packages."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.output import AsJson, emit, table, text
from bridge.corpus import PACKAGED, packaged, text_of
from bridge.errors import InputError
from bridge.files import write_atomic


def data(
    name: Annotated[str | None, typer.Argument(help="Which text to make. Default: list them.")] = None,
    package: Annotated[Path | None, typer.Argument(help="The package that the command in the list downloads.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The text to write, for train --corpus.")] = None,
    as_json: AsJson = False,
) -> None:
    """List larger texts (10-40 MB) that packages hold, or make one of its package; nothing is downloaded."""
    if name is None:
        columns = ("text", "bytes", "what", "licence", "package")
        rows = [(each.name, each.bytes, each.about, each.licence, each.source.get) for each in PACKAGED]
        emit(as_json, {"texts": [asdict(each) for each in PACKAGED]}, table(columns, rows))
        return
    wanted = packaged(name)
    if package is None or out is None:
        raise InputError(
            f"{name} is made of a package: `{wanted.source.get}`, then `aigbridge data {name} FILE -o {name}.txt`"
        )
    content = text_of(wanted, package)
    write_atomic(out, content)
    facts = {"out": str(out), "bytes": len(content), "sha256": wanted.sha256}
    emit(as_json, facts, f"{out}: {text(len(content))} bytes, sha256 {wanted.sha256}")
