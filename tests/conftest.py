"""Fixtures for everyone, and the two switches: CI=true turns skips for missing things into failures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("aigbridge", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("aigbridge")


def skip_or_fail(reason: str) -> None:
    """Skip on a developer's machine; fail where CI promises that everything is there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the checkout (or AIGBRIDGE_SHARED)."""
    folder = Path(os.environ.get("AIGBRIDGE_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        skip_or_fail(f"no shared data at {folder}")
    return folder
