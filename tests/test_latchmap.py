"""What became of removed latches: composition, the one line, the JSON form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig.latchmap import Image, followed, from_json, removal, to_json

NAMES = ["a", "b", "c", "~d"]
IMAGES = st.one_of(st.none(), st.integers(0, 1), st.tuples(st.sampled_from(NAMES), st.booleans()))


def value(image: Image, values: dict[str, int | None]) -> int | None:
    if isinstance(image, tuple):
        found = values[image[0]]
        return None if found is None else found ^ image[1]
    return image


@given(
    st.dictionaries(st.sampled_from(["x", "y"]), IMAGES),
    IMAGES.filter(lambda i: not isinstance(i, tuple) or i[0] != "a"),
)
def test_two_removals_in_a_row_are_one(first: dict[str, Image], second: Image) -> None:
    values: dict[str, int | None] = {"b": 1, "c": 0, "~d": 1}
    between = values | {"a": value(second, values)}
    both = followed(first, {"a": second})
    assert {name: value(image, values) for name, image in both.items()} == {
        name: value(image, between) for name, image in {**first, "a": second}.items()
    }


def test_the_line() -> None:
    latches: dict[str, Image] = {"a": 0, "b": 1, "c": ("x", False), "d": ("x", True), "e": None}
    assert removal(latches, 1752) == (
        "removed 5 of 1,752 latches: 2 constant, 1 equivalent, 1 complementary, 1 unobservable"
    )
    assert removal({}, 9) == ""


@given(st.dictionaries(st.text(), IMAGES))
def test_json(latches: dict[str, Image]) -> None:
    assert from_json(to_json(latches)) == latches


@pytest.mark.parametrize("facts", [[], {"x": 2}, {"x": True}, {"x": ["y"]}, {"x": ["y", 2]}, {"x": [1, 0]}, {"x": "y"}])
def test_what_is_no_map(facts: object) -> None:
    with pytest.raises(ValueError, match="latch"):
        from_json(facts)
