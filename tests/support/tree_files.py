"""Files of trees by hand: small models as XGBoost and LightGBM write them, UBJSON, and mutants of any of these."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

LIGHTGBM = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:1
feature_names=a b c
feature_infos=[0:1] [0:1] 0:1:2

Tree=0
num_leaves=4
num_cat=1
split_feature=1 0 2
split_gain=4 3 2
threshold=0.5 -1.25 0
decision_type=10 8 1
left_child=1 -1 -3
right_child=2 -2 -4
leaf_value=-0.5 0.25 0.75 -0.125
cat_boundaries=0 1
cat_threshold=5
is_linear=0
shrinkage=1


end of trees

parameters:
[boosting: gbdt]
end of parameters
"""


def xgboost_facts() -> dict[str, Any]:
    """A tree of three splits, one of them about the categories 0 and 2."""
    tree = {
        "categories": [0, 2],
        "categories_nodes": [2],
        "categories_segments": [0],
        "categories_sizes": [2],
        "default_left": [1, 0, 0, 0, 0, 0, 0],
        "left_children": [1, 3, 5, -1, -1, -1, -1],
        "right_children": [2, 4, 6, -1, -1, -1, -1],
        "split_conditions": [0.5, -1.25, 0.0, -0.5, 0.25, 0.75, -0.125],
        "split_indices": [1, 0, 2, 0, 0, 0, 0],
        "split_type": [0, 0, 1, 0, 0, 0, 0],
        "tree_param": {"num_nodes": "7", "size_leaf_vector": "1"},
    }
    model = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"},
        "iteration_indptr": [0, 1],
        "tree_info": [0],
        "trees": [tree],
    }
    parameters = {"base_score": "[5E-1]", "num_class": "0", "num_feature": "3", "num_target": "1"}
    learner = {
        "attributes": {},
        "gradient_booster": {"model": model, "name": "gbtree"},
        "learner_model_param": parameters,
        "objective": {"name": "binary:logistic"},
    }
    return {"learner": learner, "version": [3, 2, 0]}


def xgboost_json() -> bytes:
    return json.dumps(xgboost_facts()).encode()


def ubjson(value: Any) -> bytes:
    """As XGBoost writes it: lists of numbers of one type with type and length, all others with length."""
    if isinstance(value, dict):
        return b"{" + b"".join(_key(key) + ubjson(each) for key, each in value.items()) + b"}"
    if isinstance(value, str):
        return b"S" + _key(value)
    if isinstance(value, int):
        return b"l" + struct.pack(">i", value)
    if isinstance(value, float):
        return b"d" + struct.pack(">f", value)
    assert isinstance(value, list)
    for kind, marker, code in ((int, b"l", "i"), (float, b"d", "f")):
        if value and all(type(each) is kind for each in value):
            return b"[$" + marker + b"#" + _length(len(value)) + struct.pack(f">{len(value)}{code}", *value)
    return b"[#" + _length(len(value)) + b"".join(map(ubjson, value))


def _length(count: int) -> bytes:
    return b"L" + struct.pack(">q", count)


def _key(text: str) -> bytes:
    return _length(len(text.encode())) + text.encode()


_WORDS = [b"-1", b"99999999999", b"1e400", b"nan", b"[]", b"{}", b'""', b"null", b"2147483647", b"\x00\xff", b"=", b"L"]


def mutant(data: bytes, seed: int) -> bytes:
    """Up to three places changed, cut out, doubled, or replaced by something nasty; or the end is missing."""
    rng, changed = np.random.default_rng(seed), bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(1, max(len(changed), 2)))
        length = int(rng.integers(1, 12))
        match int(rng.integers(6)):
            case 0:
                changed[at : at + 1] = bytes([int(rng.integers(256))])
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case 3:
                changed[at : at + int(rng.integers(0, 4))] = _WORDS[int(rng.integers(len(_WORDS)))]
            case 4:
                digits = [place for place, byte in enumerate(changed) if 48 <= byte <= 57]
                if digits:
                    changed[digits[int(rng.integers(len(digits)))]] = 48 + int(rng.integers(10))
            case _:
                if rng.random() < 0.2:
                    del changed[at:]
    return bytes(changed)
