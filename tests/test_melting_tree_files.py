"""Files of trees: every version is read alike, and what is wrong with one is said in a sentence."""

from __future__ import annotations

import json
import math
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.cell import Cell
from bridge.errors import InputError
from bridge.melting import melt
from bridge.melting.xgboost.ubjson import parse_ubjson
from support.tree_files import LIGHTGBM, mutant, ubjson, xgboost_facts, xgboost_json

MODELS = {"json": xgboost_json(), "ubj": ubjson(xgboost_facts()), "txt": LIGHTGBM.encode()}
OLD = Path(__file__).parent / "support" / "old_xgboost.zip"


def melted(folder: Path, data: bytes | str, **options: Any) -> Cell:
    path = folder / "model"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return melt(path, **options)


def scores(cell: Cell, raw: Any) -> np.ndarray:
    """float64[rows, scores], as the library counts."""
    encoder = cell.inputs[0].encoder
    assert encoder is not None
    rows = np.array(raw, np.float64)
    return cell.step(cell.reset(len(rows)), encoder.encode(rows))[1] * cell.last.scale


def test_xgboost_by_hand(tmp_path: Path) -> None:
    """Less goes left, members of the set go right, missing values where the node says; codes lose their fraction."""
    rows = [[-2, 0.4, 0], [-1.25, 0.4, 0], [0, 0.5, 2.9], [0, 0.5, 1], [0, 0.5, -1], [0, 0.5, math.nan]]
    rows += [[-2, math.nan, 0], [math.nan, 0, 0]]
    leaves = [-0.5, 0.25, -0.125, 0.75, 0.75, -0.125, -0.5, 0.25]
    for kind in ("json", "ubj"):
        cell = melted(tmp_path, MODELS[kind])
        np.testing.assert_array_equal(scores(cell, rows)[:, 1], leaves)
        assert cell.last.labels == ("0", "1")
        assert cell.record["melt"]["bound"] == 0


def test_lightgbm_by_hand(tmp_path: Path) -> None:
    """Up to a step goes left, and members of the set; missing values go left where that is said."""
    rows = [[-1.25, 0.5, 0], [-1, 0.5, 0], [0, 0.6, 2.9], [0, 0.6, 1], [0, 0.6, -0.5], [0, 0.6, math.nan]]
    rows += [[math.nan, math.nan, 0]]
    leaves = [-0.5, 0.25, 0.75, -0.125, 0.75, -0.125, 0.25]
    cell = melted(tmp_path, LIGHTGBM)
    np.testing.assert_array_equal(scores(cell, rows)[:, 1], leaves)


def test_json_and_ubjson_say_the_same(tmp_path: Path) -> None:
    assert melted(tmp_path, MODELS["json"]).digest == melted(tmp_path, MODELS["ubj"]).digest


@pytest.mark.heavy
def test_xgboost_of_earlier_years(tmp_path: Path) -> None:
    """Models and their margins, written by XGBoost 1.0, 1.7 and 2.1."""
    with zipfile.ZipFile(OLD) as stored:
        facts = json.loads(stored.read("margins.json"))
        names = [name for name in stored.namelist() if name != "margins.json"]
        assert {name.split("-")[0] for name in names} == {"1.0.2", "1.7.6", "2.1.4"}
        rows = np.array(facts["rows"], np.float64)
        for name in names:
            expected = np.array(facts["margins"][name.rpartition(".")[0]])
            cell = melted(tmp_path, stored.read(name))
            found = scores(cell, rows)[:, -expected.shape[1] :]
            assert np.abs(found - expected).max() <= cell.record["melt"]["bound"] + 1e-5, name


def changed(path: str, value: Any) -> bytes:
    """The model with another value at a place."""
    facts = xgboost_facts()
    *way, last = path.split("/")
    place: Any = facts["learner"]
    for key in way:
        place = place[int(key) if key.isdigit() else key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(facts).encode()


TREE = "gradient_booster/model/trees/0"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (changed("gradient_booster/name", "gblinear"), "the booster 'gblinear' has no trees"),
        (changed(f"{TREE}/left_children", None), "tree 0 has no 'left_children'"),
        (changed(f"{TREE}/left_children", [1, 3, 5, -1, -1, -1, 0]), "tree 0: node 0 is reached twice"),
        (changed(f"{TREE}/right_children", [2, 4, 9, -1, -1, -1, -1]), "tree 0: a node leads to node 9"),
        (changed(f"{TREE}/right_children", [2, 4]), "'right_children' has 2 entries, not 7"),
        (changed(f"{TREE}/split_indices", [1, 7, 2, 0, 0, 0, 0]), r"a feature outside 0\.\.2"),
        (changed(f"{TREE}/split_conditions", ["x"] * 7), "'split_conditions' must be a list of numbers"),
        (changed(f"{TREE}/split_conditions", [1e39] * 7), "tree 0: a leaf is not a finite number"),
        (changed(f"{TREE}/categories_sizes", [3]), "'categories_sizes' must lie in -1..2"),
        (changed(f"{TREE}/categories_nodes", [1]), "node 2 asks for categories, but has no set"),
        (changed("learner_model_param/base_score", "1.5"), "does not fit the objective binary:logistic"),
        (changed("learner_model_param/base_score", "[1,2]"), "2 numbers for 1 scores"),
        (changed("learner_model_param/num_class", "99999"), r"'num_class' is 99999, outside 0\.\.4096"),
        (changed("gradient_booster/model/trees", []), "has 0 trees"),
        (changed("objective", []), "'objective' must be a record"),
        (b'{"learner": {"attributes": NaN}}', "NaN is no number of JSON"),
        (MODELS["ubj"][:-30], "is no XGBoost model in JSON or UBJSON: it ends at byte"),
        (LIGHTGBM.replace("end of trees", ""), "ends before its 'end of trees'"),
        (LIGHTGBM.replace("is_linear=0", "is_linear=1"), "tree 0: leaves that are linear models are not supported"),
        (LIGHTGBM.replace("left_child=1", "left_child=0"), "tree 0: node 0 is reached twice"),
        (LIGHTGBM.replace("decision_type=10", "decision_type=14"), "a missing type of 3"),
        (LIGHTGBM.replace("threshold=0.5", "threshold=nan"), "a step of nan"),
        (LIGHTGBM.replace("leaf_value=-0.5", "leaf_value=-1e300"), "a leaf is not a finite number up to 1e"),
        (LIGHTGBM.replace("cat_boundaries=0 1", "cat_boundaries=0 7"), "lies outside those that are listed"),
        (LIGHTGBM.replace("num_leaves=4", "num_leaves=5"), "'leaf_value' has 4 entries, not 5"),
        (LIGHTGBM.replace("shrinkage=1", "shrinkage=1\nshrinkage=1"), "tree 0: the key 'shrinkage' comes twice"),
        (LIGHTGBM.replace("split_feature=1", "split_feature=x"), "'split_feature' must be numbers"),
        (LIGHTGBM.replace("max_feature_idx=2", "max_feature_idx=1"), r"a feature outside 0\.\.1"),
    ],
)
def test_what_is_wrong_is_said(data: bytes | str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as raised:
        melted(tmp_path, data)
    assert str(tmp_path / "model") in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[$Z#L" + struct.pack(">q", 1 << 60), "entries of an unknown type"),
        (b"[#L" + struct.pack(">q", 1 << 60), "is longer than the file"),
        (b"[$d#L" + struct.pack(">q", 1 << 60), "it ends at byte"),
        (b"[$d#L" + struct.pack(">q", -4), "it ends at byte"),
        (b"[" * 1000, "nested more than"),
        (b"{i\x01aTi\x01aF}", "comes twice"),
        (b"TT", "more after its end"),
        (b"?", "starts nothing that is known"),
        (b"[$i", "should start a length"),
    ],
)
def test_ubjson_is_held_against_its_bytes(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_ubjson(data)


def test_ubjson_of_every_kind() -> None:
    assert parse_ubjson(b"[Zi\xffU\xffCaSi\x02hiTFI\x01\x00]") == [None, -1, 255, "a", "hi", True, False, 256]
    found = parse_ubjson(b"[$I#i\x02\x00\x01\x01\x00")
    assert found.tolist() == [1, 256]


@pytest.mark.parametrize("options", [{"leaf_bits": 0}, {"leaf_bits": "8"}, {"rounds": 0}, {"rounds": True}])
def test_options_are_held_against_what_they_can_be(options: dict[str, Any], tmp_path: Path) -> None:
    for data in MODELS.values():
        with pytest.raises(InputError, match="must be a whole number"):
            melted(tmp_path, data, **options)


def crooked(make: Callable[[], Cell]) -> str | None:
    """What is said, if something is."""
    try:
        make()
    except InputError as error:
        return str(error)
    return None


@pytest.mark.heavy
@pytest.mark.parametrize("kind", MODELS)
def test_mutants_are_read_or_refused_in_a_sentence(kind: str, tmp_path: Path) -> None:
    said = [crooked(lambda seed=seed: melted(tmp_path, mutant(MODELS[kind], seed))) for seed in range(150)]
    refused = [sentence for sentence in said if sentence is not None]
    assert len(refused) > 20
    assert all("\n" not in sentence and len(sentence) < 500 for sentence in refused)
