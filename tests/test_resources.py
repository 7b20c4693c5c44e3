"""Shipped files are found by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge import resources
from bridge.errors import InputError


def test_shipped_flows() -> None:
    assert {"resyn2", "compress2rs", "fraig", "shrink", "yosys"} <= set(resources.shipped_flows())
    assert resources.flow_path("resyn2").read_text().startswith("name: resyn2")


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(InputError, match=r"no shipped flow .*named 'resin2'; did you mean 'resyn2'\?"):
        resources.flow_path("resin2")
    with pytest.raises(InputError, match="no shipped netlist named 'nothing'"):
        resources.netlist_path("nothing")


def test_a_path_is_no_name() -> None:
    with pytest.raises(InputError):
        resources.flow_path("../flows/resyn2")


def test_inside_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("flows", "netlists"):
        (tmp_path / kind).mkdir()
    (tmp_path / "flows" / "mine.yaml").touch()
    (tmp_path / "netlists" / "small.aig").touch()
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    assert resources.shipped_flows() == ("mine",)
    assert resources.netlist_path("small.aig") == tmp_path / "netlists" / "small.aig"
