"""A page in a real browser: headless Chromium, driven by selenium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.processes import eventually
from support.tools import skip_or_fail

FLAGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900")


class Browser:
    """A page in headless Chromium."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, script: str) -> Any:
        """What the script returns once it is true."""
        return eventually(lambda: self.run(f"return {script}"), script)

    def open(self, path: Path, address: str = "") -> None:
        self.driver.get("about:blank")
        self.driver.get(f"{path.as_uri()}{address}")
        self.until("document.documentElement.dataset.ready")

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).textContent", selector))

    def press(self, *keys: str) -> None:
        """Keys to whatever has the focus."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def emulate(self, **media: Any) -> None:
        features = [{"name": "prefers-color-scheme", "value": media.get("scheme", "light")}]
        facts = {"media": media.get("media", "screen"), "features": features}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", facts)

    @contextmanager
    def phone(self, width: int = 390) -> Iterator[None]:
        """A narrow window."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        try:
            self.until(f"innerWidth == {width}")
            yield
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def complaints(self) -> list[str]:
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]


@contextmanager
def chromium(*flags: str) -> Iterator[Any]:
    """A selenium driver; without Chromium a skip, or a failure where it was promised."""
    program, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not chromedriver:
        skip_or_fail("no chromium and chromedriver (Debian: chromium chromium-driver)")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(program)
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()
