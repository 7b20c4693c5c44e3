"""Encoders: what they mean, and that all forms of one, JSON, C, Verilog, netlists, mean the same."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cell import Cell, Input, Linear, Scores
from bridge.cell.encoder import Encoder
from bridge.errors import InputError
from bridge.formats.encoder import write_encoder
from bridge.readout import Labelled
from support.tools import skip_or_fail

FEATURES = 5


def random_encoder(seed: int) -> Encoder:
    """Of any form: rows shared by elements, empty and infinite thresholds, equal ones, missing values, floats."""
    rng = np.random.default_rng(seed)
    rows, most, each = int(rng.integers(1, 4)), int(rng.integers(0, 5)), int(rng.integers(1, 4))
    thresholds = np.sort(np.round(rng.normal(scale=2, size=(rows, most)), int(rng.integers(0, 20))), axis=1)
    if most:
        thresholds[:, 0] = np.where(rng.random(rows) < 0.4, -np.inf, thresholds[:, 0])
        thresholds[:, -1] = rng.choice([np.inf, np.nan, 1e308], rows)
        thresholds = np.sort(thresholds, axis=1)
    low = rng.integers(-3, 4, rows * each)
    missing = low + rng.integers(0, 9, rows * each) if rng.random() < 0.7 else None
    single = bool(rng.random() < 0.5)
    columns = FEATURES if rng.random() < 0.5 else None
    encoder = Encoder(low, rng.integers(0, FEATURES, rows * each), thresholds, missing, single, columns)
    assert encoder.problem() is None
    return encoder


def random_features(encoder: Encoder, seed: int, rows: int = 60) -> np.ndarray:
    """Thresholds, their neighbours, and whatever floats there are."""
    rng = np.random.default_rng(seed)
    known = encoder.thresholds[~np.isnan(encoder.thresholds)]
    around = np.concatenate([known, np.nextafter(known, np.inf), np.nextafter(known, -np.inf), [0.0, -0.0, 1e-310]])
    raw = rng.choice(around, (rows, FEATURES))
    raw = np.where(rng.random(raw.shape) < 0.4, rng.normal(scale=3, size=raw.shape), raw)
    raw[rng.random(raw.shape) < 0.05] = np.inf
    raw[rng.random(raw.shape) < 0.05] = -np.inf
    if encoder.missing is not None:
        raw[rng.random(raw.shape) < 0.1] = np.nan
    return raw


def naively(encoder: Encoder, raw: np.ndarray) -> list[list[int]]:
    """One number after the other."""
    found = []
    with np.errstate(over="ignore"):
        values = raw.astype(np.float32) if encoder.single else raw
    for row in values.astype(np.float64).tolist():
        levels = []
        for j, low in enumerate(encoder.low.tolist()):
            value = row[encoder.features[j]]
            own = encoder.thresholds[j * len(encoder.thresholds) // len(encoder.low)].tolist()
            if value != value:
                assert encoder.missing is not None
                levels.append(int(encoder.missing[j]))
            else:
                levels.append(low + sum(value >= threshold for threshold in own))
        found.append(levels)
    return found


seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_the_meaning(seed: int) -> None:
    encoder = random_encoder(seed)
    raw = random_features(encoder, seed)
    levels = encoder.encode(raw)
    assert levels.tolist() == naively(encoder, raw)
    assert (levels >= encoder.low).all()
    assert (levels <= encoder.high).all()


def test_raw_data_of_another_width() -> None:
    encoder = Encoder(np.array([0]), np.array([1]), np.array([[0.5]]), columns=3)
    assert encoder.encode([[9.0, 1.0, 9.0]]).tolist() == [[1]]
    assert replace(encoder, columns=None).encode([[9.0, 1.0, 9.0, 9.0]]).tolist() == [[1]]
    for width in (2, 4):
        with pytest.raises(InputError, match=r"numbers \[rows, 3\], not float64\[1, "):
            encoder.encode(np.zeros((1, width)))


@given(seeds)
def test_json_and_back(seed: int) -> None:
    encoder = random_encoder(seed)
    block = Input.encoded("x", encoder).normalised()
    told = json.dumps(block.told(), allow_nan=False)
    again = Input.heard(json.loads(told))
    assert again.encoder is not None
    assert json.dumps(again.told()) == told
    raw = random_features(again.encoder, seed)
    np.testing.assert_array_equal(again.encoder.encode(raw), encoder.encode(raw))


def test_files_of_cells_keep_the_encoder(tmp_path: Path) -> None:
    encoder = random_encoder(8)
    count = len(encoder.low)
    one = Linear("one", ("x",), np.ones((1, count), int), np.zeros(1, int))
    cell = Cell((Input.encoded("x", encoder), one, Scores("score", ("one",), ("y",))))
    cell.save(tmp_path / "c.safetensors")
    again = Cell.load(tmp_path / "c.safetensors")
    assert again.digest == cell.digest
    assert again.inputs[0].told() == cell.inputs[0].told()


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[Input]], Callable[[np.ndarray], Any]]:
    if shutil.which("gcc") is None:
        skip_or_fail("gcc is not installed")
    folder = tmp_path_factory.mktemp("encoders")

    def build(inputs: list[Input]) -> Callable[[np.ndarray], Any]:
        source = folder / f"e{len(list(folder.iterdir()))}.c"
        write_encoder(source, inputs)
        library = source.with_suffix(".so")
        strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-shared", "-fPIC"]
        subprocess.run(["gcc", *strict, source, "-o", library], check=True)
        function = ctypes.CDLL(str(library)).encode
        count = sum(len(each.low) for each in inputs)

        def encode(row: np.ndarray) -> Any:
            levels, own = (ctypes.c_int * count)(), np.ascontiguousarray(row, np.float64)
            code = function(own.ctypes.data_as(ctypes.POINTER(ctypes.c_double)), levels)
            return list(levels) if code == 0 else code

        return encode

    return build


@pytest.mark.heavy
def test_c_gives_the_same(compiled: Callable[[list[Input]], Callable[[np.ndarray], Any]]) -> None:
    for seed in range(12):
        encoders = [random_encoder(2 * seed), random_encoder(2 * seed + 1)]
        inputs = [Input.encoded(name, encoder) for name, encoder in zip("xy", encoders, strict=True)]
        encode = compiled(inputs)
        for row in random_features(encoders[0], seed, 200):
            try:
                expected: Any = np.concatenate([each.encode(row[None])[0] for each in encoders]).tolist()
            except InputError:
                may_not = [f for each in encoders if each.missing is None for f in each.features.tolist()]
                expected = 1 + next(f for f in may_not if np.isnan(row[f]))
            assert encode(row) == expected


BENCH = """
module bench;
`include "e.vh"
real x, least;
integer j, k, r, level, rows;
reg [63:0] raw [0:{last}];
reg [63:0] bits;
initial begin
  $readmemh("raw.mem", raw);
  for (rows = 0; rows < {rows}; rows = rows + 1)
    for (j = 0; j < X_ELEMENTS; j = j + 1) begin
      bits = raw[{features} * rows + X_FEATURE[32*j +: 32]];
      level = X_LOW[32*j +: 32];
      r = j / (X_ELEMENTS / X_ROWS);
      if (bits[62:52] == 2047 && bits[51:0] != 0) level = X_MISSING[32*j +: 32];
      else for (k = 0; k < X_COUNT[32*r +: 32]; k = k + 1)
        if ($bitstoreal(bits) >= $bitstoreal(X_THRESHOLD[64*(r*X_MOST + k) +: 64])) level = level + 1;
      $display("%0d", level);
    end
end
endmodule
"""


@pytest.mark.heavy
def test_verilog_parameters_say_the_same(tmp_path: Path) -> None:
    if shutil.which("iverilog") is None:
        skip_or_fail("iverilog is not installed")
    for seed in range(6):
        encoder = replace(random_encoder(seed), single=False)
        raw = random_features(encoder, seed)
        write_encoder(tmp_path / "e.vh", [Input.encoded("x", encoder)])
        (tmp_path / "raw.mem").write_text("\n".join(f"{each:016x}" for each in raw.ravel().view(np.uint64).tolist()))
        text = BENCH.format(last=raw.size - 1, rows=len(raw), features=FEATURES)
        (tmp_path / "bench.v").write_text(text)
        subprocess.run(["iverilog", "-g2005", "-o", "bench.vvp", "bench.v"], cwd=tmp_path, check=True)
        done = subprocess.run(["vvp", "-n", "bench.vvp"], cwd=tmp_path, check=True, capture_output=True, text=True)
        assert list(map(int, done.stdout.split())) == encoder.encode(raw).ravel().tolist()


def test_json_tells_what_comes_out_too(tmp_path: Path) -> None:
    block = Input.encoded("x", random_encoder(3))
    write_encoder(tmp_path / "e.json", [block], Labelled(("a", "b"), 0.5))
    told = json.loads((tmp_path / "e.json").read_text())
    assert (told["labels"], told["scale"]) == (["a", "b"], 0.5)
    assert Input.heard(told["inputs"][0]).told() == block.told()


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no encoder"):
        write_encoder(tmp_path / "e.c", [Input("x", np.zeros(2, int), np.ones(2, int))])
    with pytest.raises(InputError, match=r"ends in \.json, \.c or \.vh"):
        write_encoder(tmp_path / "e.txt", [Input.encoded("x", random_encoder(3))])
    wide = Encoder(np.array([2**31 - 1]), np.array([0]), np.array([[0.0]]))
    with pytest.raises(InputError, match="32 bits"):
        write_encoder(tmp_path / "e.c", [Input.encoded("x", wide)])
    assert not list(tmp_path.iterdir())


TOLD = Input.encoded("x", Encoder(np.array([0, 1]), np.array([0, 1]), np.array([[0.5, 1.5]]))).told()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a b"},
        {"name": 7},
        {"low": [0.5, 1]},
        {"low": ["0", "1"]},
        {"low": [0]},
        {"low": [0, 1 << 70]},
        {"high": [0, 0]},
        {"high": None},
        {"features": [0, -1]},
        {"features": [0, 1 << 40]},
        {"features": [0]},
        {"thresholds": []},
        {"thresholds": [[1.5, 0.5]]},
        {"thresholds": [["NaN"]]},
        {"thresholds": [["0.5"]]},
        {"thresholds": [[True]]},
        {"thresholds": [[0.5], [0.5], [0.5]]},
        {"thresholds": [[0.0] * 20_000, *[[]] * 20_000]},
        {"missing": [-1, 0]},
        {"missing": [5, 5]},
        {"missing": [0]},
        {"single": 1},
        {"columns": 1},
        {"columns": 2.0},
        {"columns": True},
    ],
)
def test_malformed_encoders(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, OverflowError)):
        Input.heard({**TOLD, **change})
