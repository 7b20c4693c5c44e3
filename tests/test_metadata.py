"""The JSON line in a netlist's comment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import Aig, Output
from bridge.errors import InputError
from bridge.metadata import (
    Metadata,
    comment_with_points,
    join_comment,
    read_metadata,
    split_comment,
    split_points,
    with_metadata,
)
from bridge.readout import Readout
from bridge.readout.codetree import CodeTree

EMPTY = Aig(("a",), (), np.empty((0, 2)), ())
FULL = Metadata(Readout(b"\n ab", 0.25), "00ff", ("shrink", "polish"), effort=7)


def test_metadata_round_trips_and_leaves_other_lines_alone() -> None:
    aig = with_metadata(replace(EMPTY, comment="first\nsecond\n"), FULL)
    assert read_metadata(aig) == FULL
    assert aig.comment.split("\n")[1:] == ["first", "second", ""]
    assert with_metadata(aig, Metadata()).comment == "first\nsecond\n"


def test_codes_round_trip() -> None:
    coded = Metadata(Readout(b"abc", 0.5, CodeTree(((1, -1), (-2, -3)))))
    assert read_metadata(with_metadata(EMPTY, coded)) == coded


def test_no_metadata() -> None:
    assert read_metadata(EMPTY) == Metadata()
    assert read_metadata(replace(EMPTY, comment='{"aigbridge":2,"cell":"x"}\n{not json\n[1]')) == Metadata()


@pytest.mark.parametrize(
    "line",
    [
        '{"aigbridge":1,"symbols":[1,2]}',
        '{"aigbridge":1,"symbols":[300],"scale":1}',
        '{"aigbridge":1,"symbols":"ab","scale":1}',
        '{"aigbridge":1,"symbols":[65],"scale":"much"}',
        '{"aigbridge":1,"symbols":[66,65],"scale":1}',
        '{"aigbridge":1,"symbols":[65],"scale":-1}',
        '{"aigbridge":1,"history":5}',
        '{"aigbridge":1,"symbols":[65,66],"scale":1,"code":5}',
        '{"aigbridge":1,"symbols":[65,66],"scale":1,"code":[[-1]]}',
        '{"aigbridge":1,"symbols":[65,66],"scale":1,"code":[[-1,-2],[3]]}',
        '{"aigbridge":1,"symbols":[65,66],"scale":1,"code":[[-1,-1]]}',
        '{"aigbridge":1,"ranges":[[1,0,1]]}',
        '{"aigbridge":1,"ranges":{"h":[[1,0]]}}',
        '{"aigbridge":1,"ranges":{"h":[[0,0,1]]}}',
        '{"aigbridge":1,"ranges":{"h":[[2,1,0]]}}',
        '{"aigbridge":1,"ranges":{"h":[[1,0,1e9]]}}',
        '{"aigbridge":1,"ranges":{"h":[[1,0,36893488147419103232]]}}',
        '{"aigbridge":1,"ranges":{"h":[[16777216,0,1],[1,0,1]]}}',
        '{"aigbridge":1,"ranges":{"h":7}}',
        '{"aigbridge":1,"edits":5}',
        '{"aigbridge":1,"effort":-1}',
        '{"aigbridge":1,"effort":1000000}',
        '{"aigbridge":1,"effort":"all"}',
        '{"aigbridge":1,"edits":[["h=1",-1,false]]}',
        '{"aigbridge":1,"edits":[["h=1",null]]}',
        '{"aigbridge":1,"edits":[[1,null,false]]}',
        '{"aigbridge":1,"edits":[["h=1",true,false]]}',
    ],
)
def test_malformed_metadata(line: str) -> None:
    with pytest.raises(InputError):
        read_metadata(replace(EMPTY, comment=line))


def test_points_and_name_travel_in_the_comment() -> None:
    aig = with_metadata(replace(EMPTY, name="cell", points=(Output("h[0]", 3), Output("b a", 0))), FULL)
    comment = comment_with_points(aig)
    assert '"points":{"h[0]":3,"b a":0}' in comment
    assert split_points(comment) == (aig.points, "cell", aig.comment)


@pytest.mark.parametrize("facts", ['"points":[1]', '"points":{"a":"b"}', '"points":{"a":true}', '"name":7'])
def test_malformed_points(facts: str) -> None:
    with pytest.raises(InputError, match="the netlist's aigbridge comment line must"):
        split_points(f'{{"aigbridge":1,{facts}}}')


@given(st.text(alphabet="ab {\n\r\x0b"), st.dictionaries(st.text(), st.integers()))
def test_comments_keep_every_character(text: str, facts: dict[str, int]) -> None:
    lines = text.split("\n") if text else []
    facts.pop("aigbridge", None)
    assert split_comment(join_comment(facts, lines)) == (facts, lines)


def test_deep_json_is_no_metadata() -> None:
    assert split_comment("{" + '"a":{' * 100_000)[0] == {}
