"""A page in headless Firefox, driven by its own WebDriver BiDi over a websocket: no program between."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.processes import PATIENCE, eventually, until
from support.tools import skip_or_fail

LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
PREFERENCES = """\
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutConfig.showWarning", false);
"""


class Firefox:
    """One tab. `complaints`: what the console said that is no plain message."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.count, self.complaints = socket, 0, list[str]()
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **parameters: Any) -> Any:
        """The result of a command."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            told = json.loads(self.socket.recv())
            if told.get("method") == "log.entryAdded" and told["params"]["level"] in ("warn", "error"):
                self.complaints.append(str(told["params"]["text"]))
            if told.get("id") == self.count:
                assert told["type"] == "success", told
                return told["result"]
        raise AssertionError(f"{method} was not answered")

    def run(self, script: str) -> Any:
        """What an expression is, by way of JSON."""
        target = {"context": self.tab}
        found = self.call("script.evaluate", expression=f"JSON.stringify({script})", target=target, awaitPromise=True)
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return json.loads(found["result"].get("value", "null"))

    def until(self, script: str) -> Any:
        return eventually(lambda: self.run(script), script)

    def open(self, path: Path, address: str = "") -> None:
        self.call("browsingContext.navigate", context=self.tab, url=f"{path.as_uri()}{address}", wait="complete")
        self.until("document.documentElement.dataset.ready ?? null")

    def press(self, keys: str) -> None:
        """Keys to whatever has the focus."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": strokes}
        self.call("input.performActions", context=self.tab, actions=[source])


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """A browser with an empty profile in this folder; without Firefox a skip, or a failure where it was promised."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        skip_or_fail("no firefox (Debian: firefox-esr)")
        raise AssertionError
    import websocket

    profile.mkdir(parents=True)
    (profile / "user.js").write_text(PREFERENCES)
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with (profile / "told.txt").open("w") as told:
        process = subprocess.Popen([*command, "about:blank"], stdout=told, stderr=told)
    try:
        address = until(process, lambda: LISTENING.search((profile / "told.txt").read_text()))
        assert address is not None
        socket = websocket.create_connection(f"{address[1]}/session", timeout=PATIENCE, suppress_origin=True)
        try:
            yield Firefox(socket)
        finally:
            socket.close()
    finally:
        process.kill()
        process.wait()
