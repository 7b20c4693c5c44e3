"""The grammar of signal names: round trips, groups, and names that follow no grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.aig import names
from bridge.aig.names import Name, parse

BLOCKS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", fullmatch=True).filter(
    lambda block: block.split(".")[0] not in names.RESERVED
)
INDEX = st.none() | st.integers(0, 10**6)
NUMBER = st.integers(0, 10**6)
SYMBOL = st.integers(0, 255).map(str)
LABELS = st.text(st.characters(exclude_characters="[]'", exclude_categories=["Cs"]), min_size=1).filter(
    lambda label: "@node." not in label
)
NAMES = st.one_of(
    st.builds(
        Name, st.sampled_from(["byte", "node", "argmax", "greedy", "score", "state", "logit"]), st.just(""), INDEX
    ),
    st.builds(Name, st.sampled_from(["state", "value"]), BLOCKS, INDEX, INDEX),
    st.builds(Name, st.just("old"), BLOCKS),
    st.builds(Name, st.sampled_from(["logit", "probability", "score"]), SYMBOL, INDEX),
    st.builds(Name, st.just("class"), LABELS, INDEX),
    st.builds(Name, st.sampled_from(["state", "value"]), BLOCKS, NUMBER, INDEX, NUMBER),
)


@given(NAMES)
def test_parsing_is_the_inverse_of_writing(name: Name) -> None:
    assert parse(str(name)) == name


@given(st.text() | st.from_regex(r"(byte|state\.h|logit\.9|score|old)[.\[\]0-9'a]*", fullmatch=True))
def test_every_text_is_a_name(text: str) -> None:
    assert str(parse(text)) == names.plain(text)


@given(BLOCKS, st.integers(0, 1000), st.integers(0, 255))
def test_builders_and_parser_agree(block: str, index: int, symbol: int) -> None:
    assert parse(names.state(block, index)) == Name("state", block, index)
    assert parse(names.element(block, index)) == Name("value", block, index)
    assert parse(names.old(block)) == Name("old", block)
    assert parse(names.byte(index)) == Name("byte", "", index)
    assert parse(names.node(index)) == Name("node", "", index)
    assert parse(names.element(names.logit(symbol), index)) == Name("logit", str(symbol), index)
    assert parse(names.element(names.score(symbol), index)) == Name("score", str(symbol), index)
    assert parse(names.element(names.score(), index)) == Name("score", "", index)
    assert parse(names.at_node(names.element(block, index), symbol)) == Name("value", block, index, symbol)
    assert parse(names.bit(names.element(block, index), symbol)) == Name("value", block, index, bit=symbol)
    assert parse(names.bit(names.state(block, index), symbol)).group == f"state.{block}"
    assert parse(names.element(names.label("a cat"), index)) == Name("class", "a cat", index)
    assert parse(names.element("class.'a cat'", index)).group == "class.a cat"


@given(st.characters(max_codepoint=255))
def test_a_symbol_may_be_its_character(character: str) -> None:
    assert parse(f"logit.'{character}'[3]") == parse(f"logit.{ord(character)}[3]")
    assert parse(f"probability.'{character}'") == parse(f"probability.{ord(character)}")


@given(st.characters(max_codepoint=255).filter(lambda c: not c.isdigit()))
def test_a_shell_takes_the_quotes_of_a_character(character: str) -> None:
    assert parse(names.quoted(f"logit.{character}[3]")) == parse(f"logit.{ord(character)}[3]")
    assert names.quoted(f"probability.{character}") == f"probability.'{character}'"
    assert not any(map(names.quoted, (f"logit.'{character}'", f"h.{character}", "logit.7", "logit", "logit.ab")))


@pytest.mark.parametrize(
    ("name", "group", "block"),
    [
        ("state.layer0.memory[2]", "state.layer0.memory", "state.layer0.memory"),
        ("layer1.neurons[5]", "layer1.neurons", "layer1.neurons"),
        ("logit.97[0]", "logit.97", "logit"),
        ("score.3[1]", "score.3", "score"),
        ("score[1]", "score", "score"),
        ("byte[7]", "byte", "byte"),
        ("G17", "G17", "G17"),
        ("mem[3][1]", "mem[3]", "mem[3]"),
        ("a[01]", "a[01]", "a[01]"),
    ],
)
def test_groups_and_blocks(name: str, group: str, block: str) -> None:
    assert (names.group_of(name), names.block_of(name)) == (group, block)


KNOWN = ["byte[0]", "byte[1]", "state.m[0]", "state.m[1]", "state.m.past[0]", "m[0]", "m.past[0]", "logit.97[0]", "G1"]


def test_where_every_code_node_is_asked_about() -> None:
    known = ["h[0]@node.0", "h[0]@node.1", "h[1]@node.0", "score.0[0]", "score.0[1]", "score.1[0]"]
    for name, places in [
        ("h", [0, 1, 2]),
        ("h[0]", [0, 1]),
        ("h[0]@node.1", [1]),
        ("score[0]", [3, 5]),
        ("score.0", [3, 4]),
    ]:
        assert names.members(name, known) == [known[place] for place in places]
    assert names.members("score[1]", ["score[0]", "score[1]"]) == ["score[1]"]
    assert names.group_of("h[0]@node.1") == "h"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("state.m", ["state.m[0]", "state.m[1]"]),
        ("state.m.*", ["state.m[0]", "state.m[1]", "state.m.past[0]"]),
        ("state", ["state.m[0]", "state.m[1]", "state.m.past[0]"]),
        ("m", ["m[0]"]),
        ("m[0]", ["m[0]"]),
        ("logit.'a'", ["logit.97[0]"]),
        ("logit", ["logit.97[0]"]),
        ("byte", ["byte[0]", "byte[1]"]),
        ("G1", ["G1"]),
        ("G", []),
        ("", []),
    ],
)
def test_a_name_stands_for_its_block_exactly(name: str, expected: list[str]) -> None:
    assert names.members(name, KNOWN) == expected


def test_an_element_is_all_its_bits() -> None:
    known = ["h[1].0", "h[1].1", "h[10].0", "h[2]", "class.cat[0]", "class.cat[1]", "class.cats[0]"]
    assert names.members("h[1]", known) == known[:2]
    assert names.members("h[1].1", known) == known[1:2]
    assert names.members("h", known) == known[:4]
    assert names.members("class.'cat'", known) == known[4:6]
    assert names.members("class", known) == known[4:]
