"""`{round}` in the commands of a flow: the number of the round that a repetition is in, such as for a seed."""

from __future__ import annotations

from collections.abc import Callable

ROUND = "{round}"


def in_first_round(check: Callable[[str], str]) -> Callable[[str], str]:
    """The same check of a command, for one that may say `{round}`; what later rounds make of it is checked by who runs
    it."""

    def checked(command: str) -> str:
        check(_numbered(command, 1))
        return command

    return checked


def in_round(commands: tuple[str, ...] | None, number: int) -> tuple[str, ...] | None:
    """The commands, if there are any, with that number for `{round}`."""
    return commands and tuple(_numbered(command, number) for command in commands)


def _numbered(command: str, number: int) -> str:
    return command.replace(ROUND, str(number))
