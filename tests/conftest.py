"""Fixtures for everyone, and the two switches: CI=true turns skips for missing things into failures."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither see nor fill the cache of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIGBRIDGE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the checkout (or AIGBRIDGE_SHARED)."""
    folder = Path(os.environ.get("AIGBRIDGE_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        skip_or_fail(f"no shared data at {folder}")
    return folder
