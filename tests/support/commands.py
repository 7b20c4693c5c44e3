"""`aigbridge` for scripts: each command is a process of its own, which has its libraries from the start.

Importing them takes longer than most commands do. So one process imports them and listens at a socket; for a command it
splits in two, and the new one takes over the arguments, streams, folder and environment of who asked for it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 1 << 20  # of arguments and environment
TESTS = Path(__file__).parents[1]


@contextlib.contextmanager
def offered(folder: Path) -> Iterator[str]:
    """The function `aigbridge`, for bash."""
    place = folder / "commands"
    environment = os.environ | {"PYTHONPATH": f"{TESTS.parent}:{TESTS}"}
    call = [sys.executable, "-m", "support.commands", "serve", str(place)]
    with subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout
            assert serving.stdout.readline() == "ready\n"
            yield f'aigbridge() {{ "{sys.executable}" -I -S "{__file__}" ask "{place}" "$@"; }}\n'
        finally:
            serving.terminate()


def ask(place: str, *arguments: str) -> int:
    """The exit code of the command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.connect(place)
        asked = json.dumps([["aigbridge", *arguments], os.getcwd(), dict(os.environ)])
        socket.send_fds(asking, [asked.encode()], [0, 1, 2])
        return int(asking.recv(MOST_BYTES))


def prepare() -> None:
    """Imports what commands do, and lowers, which most of them do: what is compiled is read in then."""
    from importlib import import_module

    from bridge import Cell, lower
    from bridge.cli.app import HOMES

    for home in HOMES.values():
        import_module(f"bridge.cli.{home.split(':')[0]}")
    lower(Cell.load("tiny"))
    gc.collect()
    gc.freeze()  # looking through all that again would take each command longer than its work


def serve(place: str) -> None:
    """Returns in a process that has become a command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(place)
        listening.listen()
        print("ready", flush=True)
        while True:
            asked, _ = listening.accept()
            if os.fork() == 0:
                break
            asked.close()
            with contextlib.suppress(ChildProcessError):  # none is left
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
    with asked:
        message, streams, _, _ = socket.recv_fds(asked, MOST_BYTES, 3)
        if child := os.fork():
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            asked.send(str(code if code >= 0 else 128 - code).encode())
            os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", 1)
    sys.argv, folder, environment = json.loads(message)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


if __name__ == "__main__":
    role, place, *arguments = sys.argv[1:]
    if role == "ask":
        sys.exit(ask(place, *arguments))
    prepare()
    serve(place)
    from bridge.cli import main

    main()
