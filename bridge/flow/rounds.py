"""`{round}` in the commands of a flow: the number of the round that a repetition is in, such as for a seed."""

from __future__ import annotations

from collections.abc import Callable

ROUND = "{round}"


def in_any_round(check: Callable[[str], str]) -> Callable[[str], str]:
    """The same check of a command, for one that may say `{round}`."""

    def checked(command: str) -> str:
        check(_numbered(command, 1))
        return command

    return checked


def in_round(commands: tuple[str, ...] | None, number: int) -> tuple[str, ...] | None:
    return commands and tuple(_numbered(command, number) for command in commands)


def _numbered(command: str, number: int) -> str:
    return command.replace(ROUND, str(number))
