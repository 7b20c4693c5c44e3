"""Truth tables become netlists of every shape, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.aig import AigBuilder
from bridge.errors import InputError
from bridge.truth import read_truth, table_of
from bridge.truth.starts import from_table


def test_the_first_character_is_for_all_ones(tmp_path: Path) -> None:
    path = tmp_path / "and.truth"
    path.write_text("1000\n0010\n")
    assert read_truth(path).tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]
    outputs = table_of(from_table(read_truth(path)))
    assert outputs.tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [("10a0\n", ":1: a truth table"), ("100\n", ":1: 3 values"), ("10\n\n1000\n", ":3: 4 values"), (" \n", "holds no")],
)
def test_malformed_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.truth"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_truth(path)


def test_wrong_use() -> None:
    builder = AigBuilder()
    latch = builder.latch("s")
    builder.set_next(latch, latch)
    builder.output("o", latch)
    with pytest.raises(InputError, match="combinational"):
        table_of(builder.build())
