#!/usr/bin/env python3
"""The pages of the documentation that are made from the program, and the folder that `make docs` builds the site from.

`python tools/documentation.py commands` prints such a page. In the folder the files of the repository have their own
places, so that a link means the same on the site and on a code host.
"""

from __future__ import annotations

import argparse
import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "netlists/README.md")
NOTEBOOK = re.compile(r"(\]\([^)\s]*)\.ipynb\b")  # in a link
LINK = re.compile(r"\]\(([^)#:\s]+)|(?:src|srcset)=\"([^\":]+)\"")
GENERATED = "This page is made from the program of this version.\n"


def commands() -> str:
    """Every command with its arguments, options, exit codes and examples."""
    from typer.main import get_group

    from bridge import errors
    from bridge.cli.app import COMMANDS, app

    codes = (errors.__doc__ or "").partition("Exit codes: ")[2].strip().rstrip(".")
    told = [f"# Commands\n\n{GENERATED}\nExit codes: {' '.join(codes.split())}.\n"]
    group = get_group(app)
    for title, names in COMMANDS.items():
        told.append(f"## {title}\n")
        told += [part for name in names for part in _command(f"aigbridge {name}", group.commands[name])]
    return "\n".join(told)


def _command(name: str, command: Any) -> Iterator[str]:
    """`command`: one of click, in the private copy of typer."""
    yield f"### `{name}`\n"
    yield f"{_paragraph(command.help or '')}\n"
    if rows := [row for parameter in command.params if (row := _parameter(parameter))]:
        yield "\n".join(["| argument or option | what it is |", "|---|---|", *rows, ""])
    if command.epilog:
        yield f"```text\n{inspect.cleandoc(command.epilog).replace(chr(8), '').strip()}\n```\n"
    for part, inner in getattr(command, "commands", {}).items():
        yield from _command(f"{name} {part}", inner)


def _parameter(parameter: Any) -> str:
    record = parameter.get_help_record(_context())
    if parameter.param_type_name == "argument":
        return f"| `{parameter.name}` | {_cell(parameter.help or '')} |"
    return f"| {_code(record[0])} | {_cell(record[1])} |" if record else ""


def _context() -> Any:
    from typer._click import Context
    from typer.main import get_group

    from bridge.cli.app import app

    return Context(get_group(app))


def flow_commands() -> str:
    """What a flow may run, with options, and what to know about it."""
    from bridge.cli.flows import command_remarks
    from bridge.flow.allowed import allowed, scripts

    told = [f"# Commands that a flow may use\n\n{GENERATED}"]
    told.append(
        "`aigbridge flows commands` prints the same. A flow that has anything else is refused before it runs.\n"
    )
    for tool, names in allowed().items():
        rows = [
            f"| `{name}` | {_code(*options)} | {_cell(command_remarks(tool, name))} |"
            for name, options in names.items()
        ]
        title = {"abc": "ABC", "yosys": "Yosys", "own": "Our own"}[tool]
        told.append("\n".join([f"## {title}\n", "| command | options | remarks |", "|---|---|---|", *rows, ""]))
    rows = [f"| `{name}` | `{commands}` |" for name, commands in scripts().items()]
    told.append("\n".join(["## Scripts\n", "| name | stands for |", "|---|---|", *rows, ""]))
    return "\n".join(told)


def flow_schema() -> str:
    """The keys of a flow file, from the classes that check it."""
    from bridge.flow.schema import MAXIMAL_RUNS, Flow, Repeat, Step, StepLimits

    told = [f"# Keys of a flow file\n\n{GENERATED}\nA flow may start {MAXIMAL_RUNS:,} tool runs at most.\n"]
    for title, model in {"A flow": Flow, "A step": Step, "`repeat`": Repeat, "`limits`": StepLimits}.items():
        rows = [f"| `{name}` | {_kind(field)} | {_default(field)} |" for name, field in model.model_fields.items()]
        told.append(f"## {title}\n\n{_paragraph(inspect.getdoc(model) or '')}\n")
        told.append("\n".join(["| key | what it is | default |", "|---|---|---|", *rows, ""]))
    return "\n".join(told)


WORDS = {"Literal": "", "tuple": "a list", "bool": "true or false", "float": "a number", "int": "a whole number"}
BOUNDS = {
    "Ge": "at least {ge:,}",
    "Le": "at most {le:,}",
    "Gt": "more than {gt:,}",
    "MinLen": "at least {min_length}",
    "MaxLen": "at most {max_length}",
}


def _kind(field: Any) -> str:
    """What a key takes, with its bounds, in words."""
    annotation = str(field.annotation)
    kind = next((word for word in WORDS if re.search(rf"\b{word}\b", annotation)), "")
    told = WORDS.get(kind) or ("text" if "str" in annotation else "keys of its own, see below")
    if kind == "Literal":
        told = " or ".join(f"`{value}`" for value in re.findall(r"'(\w+)'", annotation))
    bounds = [(BOUNDS.get(type(item).__name__, ""), item) for item in field.metadata]
    limits = [bound.format(**{name: getattr(item, name) for name in item.__slots__}) for bound, item in bounds if bound]
    return ", ".join([told, *limits])


def _default(field: Any) -> str:
    value = field.get_default()
    return "required" if field.is_required() else f"`{str(value).lower()}`" if value not in (None, "") else ""


def python() -> str:
    """The names of `bridge`, in the groups of its contents page, with examples; mkdocstrings fills in the rest."""
    import bridge

    told = [f"# Python\n\n{GENERATED}\nAll names are those of `bridge`; `help(bridge)` lists them.\n"]
    contents = re.findall(r"^    (\w[\w ]*?)  +(.*(?:\n {8,}\S.*)*)", inspect.getdoc(bridge) or "", re.MULTILINE)
    examples = _examples()
    for title, names in contents:
        found = [name for name in re.findall(r"\b[A-Za-z_]+\b", names) if name in bridge.__all__]
        told += [f"## {title.capitalize()}\n"] if found else []
        for name in found:
            pages = [f"[{page}]({page})" for page in examples.get(name, [])[:4]]
            told += [f"::: {_home(getattr(bridge, name))}\n", f"Examples of `{name}`: {', '.join(pages)}\n"]
    return "\n".join(told)


def _examples() -> dict[str, list[str]]:
    """By word, the pages with programs that have it."""
    found: dict[str, list[str]] = {}
    for page in sorted((ROOT / "docs").glob("*.md")):
        blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
        for word in {word for block in blocks for word in re.findall(r"\w+", block)}:
            found.setdefault(word, []).append(page.name)
    return found


def _home(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    """Text in a cell of a table: one line, nothing that would end the cell or begin a tag."""
    return _paragraph(text).replace("|", "\\|").replace("<", "&lt;")


def _code(*words: str) -> str:
    return " ".join(f"`{word}`" for word in words).replace("|", "\\|")


MADE: dict[str, Callable[[], str]] = {
    "commands": commands,
    "flow-commands": flow_commands,
    "flow-schema": flow_schema,
    "python": python,
}


def lay_out(folder: Path) -> None:
    """All files of the site into a new folder, each where the repository has it, and those that are made."""
    pages = [*PAGES, *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md")))]
    texts = {name: (ROOT / name).read_bytes() for name in [*pages, *_linked(pages)]}
    texts = {
        name: NOTEBOOK.sub(r"\1.md", text.decode()).encode() if name in pages else text for name, text in texts.items()
    }
    texts |= {f"docs/{name}.md": make().encode() for name, make in MADE.items()} | _notebooks()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)


def _notebooks() -> dict[str, bytes]:
    """Each as a page, with the outputs that are stored in it, and their pictures."""
    from nbconvert import MarkdownExporter

    found: dict[str, bytes] = {}
    for path in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        text, more = MarkdownExporter().from_filename(str(path), {"unique_key": path.stem})
        found[f"docs/notebooks/{path.stem}.md"] = NOTEBOOK.sub(r"\1.md", text).encode()
        found |= {f"docs/notebooks/{name}": picture for name, picture in more["outputs"].items()}
    return found


def _linked(pages: list[str]) -> Iterator[str]:
    """Pictures and other files of the repository that pages link to."""
    for page in pages:
        for link in LINK.findall((ROOT / page).read_text()):
            target = (ROOT / page).parent.joinpath("".join(link)).resolve()
            if target.is_file() and target.is_relative_to(ROOT):
                yield target.relative_to(ROOT).as_posix()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "what", help=f"a page to print ({', '.join(MADE)}), or the folder to write all files of the site to"
    )
    what = parser.parse_args().what
    if what in MADE:
        print(MADE[what]())
        return
    folder = Path(what)
    if folder.exists() and not (folder / "docs" / "commands.md").exists():
        parser.error(f"{folder} is there, and was not made by this program")
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(folder)


if __name__ == "__main__":
    main()
