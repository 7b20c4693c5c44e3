"""The frontier: baselines against plain definitions, members that are measured once, runs that go on."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bench.learning import frontier
from bridge.bench.learning.baselines import adaptive_witten_bell, gzipped, ppmd, witten_bell, xzipped
from bridge.bench.learning.family import load_family
from bridge.bench.learning.frontier import bench_frontier
from bridge.bench.learning.gru import GruOptions, train_gru
from bridge.bench.learning.picture import MARKS, draw_frontier
from bridge.corpus import Corpus, load_corpus
from bridge.errors import InputError
from bridge.printable import Progress
from bridge.resources import netlist_path
from support.command_line import Call

pytestmark = pytest.mark.heavy

LAYER = "{neurons: 8, latches: 4, fan_in: 4, embeddings: 2}"
NET = f"embedding_bits: 8, window: 2, layers: [{LAYER}], head_fan_in: 8, head_embeddings: 1, batch: 4, sequence: 16"
FAMILY = f"""
members:
  - {{name: trees, kind: trees, options: {{ands: 200, leaves: 32, window: 3, letters: 0}}}}
  - {{name: neurons, kind: threshold, options: {{steps: 5, {NET}}}}}
  - {{name: twin, kind: float, options: {{steps: 5, method: float, {NET}}}}}
  - {{name: GRU, kind: gru, options: {{steps: 5, width: 8, batch: 4, sequence: 16}}}}
"""


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes(b"".join(b"the %d sheep and %d goats of day %d\n" % (n * 7 % 90, n % 13, n) for n in range(700)))
    return path


def plain_chance(training: bytes, context: bytes, byte: int) -> float:
    """The recursion as it is written."""
    shorter = plain_chance(training, context[1:], byte) if context else 1 / 256
    places = range(len(training) - len(context))
    follows = Counter(training[t + len(context)] for t in places if training[t : t + len(context)] == context)
    if not follows:
        return shorter
    return (follows[byte] + len(follows) * shorter) / (follows.total() + len(follows))


@given(st.binary(min_size=2, max_size=60), st.lists(st.integers(0, 3), min_size=2, max_size=20).map(bytes))
def test_witten_bell_is_its_definition(noise: bytes, heldout: bytes) -> None:
    training = bytes(b & 3 for b in noise) + noise[:5]
    for order, bits in enumerate(witten_bell(training, heldout, 3)):
        chances = [plain_chance(training, heldout[max(t - order, 0) : t], heldout[t]) for t in range(1, len(heldout))]
        assert bits == pytest.approx(-sum(map(math.log2, chances)) / len(chances))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=60).map(bytes))
def test_adaptive_witten_bell_is_its_definition(text: bytes) -> None:
    for order, bits in enumerate(adaptive_witten_bell(text, 3)):
        chances = [plain_chance(text[:t], text[max(t - order, 0) : t], text[t]) for t in range(1, len(text))]
        assert bits == pytest.approx(-sum(map(math.log2, chances)) / len(chances))


def test_ppmd_pays_for_what_comes_after() -> None:
    text = b"".join(b"%d sheep and %d goats\n" % (n * 7 % 90, n % 13) for n in range(300))
    assert ppmd(text[:3000], text[3000:]) < ppmd(text[:3000]) < gzipped(text[:3000])


def test_baselines_of_the_king_james_text() -> None:
    corpus = load_corpus("kjv")
    found = [round(bits, 3) for bits in witten_bell(corpus.training, corpus.heldout, 5)]
    assert found == [4.362, 3.351, 2.683, 2.177, 1.94, 1.902]
    assert round(gzipped(corpus.heldout), 3) == 2.56
    assert xzipped(corpus.heldout[:9000], corpus.heldout[:9000]) < 0.1 < xzipped(corpus.heldout[:9000])


@pytest.mark.parametrize("name", ["frontier.csv", "tail-trees.checkpoint", "runs"])
def test_a_folder_that_leads_elsewhere_is_not_gone_on_with(call: Call, text: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "family.yaml").write_text(FAMILY)
    (tmp_path / "mine").write_text("of the user")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to(tmp_path / "mine")
    said = call("pareto", "--corpus", text, "--family", tmp_path / "family.yaml", "--out", tmp_path / "out")
    assert (said.code, said.out) == (2, "")
    assert f"{name}: is a symbolic link" in said.err
    assert (tmp_path / "mine").read_text() == "of the user"


def test_a_family_is_measured_once(call: Call, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "family.yaml").write_text(FAMILY)
    arguments = ["pareto", "--corpus", str(text), "--family", str(tmp_path / "family.yaml"), "--json"]
    first = call(*arguments, "--out", str(tmp_path / "out")).json
    rows = {(row["member"], row["form"]): row for row in first["rows"]}
    assert rows["trees", "parallel"]["evaluations_max"] == rows["neurons", "parallel"]["evaluations_max"] == 1
    assert {row["verdict"] for row in first["rows"] if row["ands"]} == {"equivalent"}
    assert rows["twin", ""]["ands"] is None is rows["GRU", ""]["ands"]
    assert {"gzip -9", "xz -9e", "n-gram 5", "PPMd, whole"} <= {row["member"] for row in first["rows"]}
    check_scores(first["rows"], text.stat().st_size)
    monkeypatch.setattr(frontier, "_measured", lambda *_: pytest.fail("measured twice"))
    again = call(*arguments, "--out", str(tmp_path / "out")).json
    assert again == first
    lines = (tmp_path / "out" / "frontier.jsonl").read_text().splitlines()
    assert len(lines) == len(first["rows"])
    assert {"command", "machine", "seed", "training_seconds", "sha256"} <= json.loads(lines[0]).keys()
    with (tmp_path / "out" / "frontier.csv").open() as stream:
        assert [row["member"] for row in csv.DictReader(stream)] == [row["member"] for row in first["rows"]]
    for picture in ("frontier.svg", "total.svg"):
        assert "<svg" in (tmp_path / "out" / picture).read_text()


def test_members_say_how_far_they_are(text: Path, tmp_path: Path) -> None:
    options = "{ands: 200, leaves: 32, window: 3, letters: 0}"
    (tmp_path / "family.yaml").write_text(f"members: [{{name: few, kind: trees, options: {options}}}]")
    said: list[str] = []
    family, folder = load_family(tmp_path / "family.yaml"), tmp_path / "out"
    corpus, ledger = load_corpus(str(text)), tmp_path / "ledger.jsonl"
    bench_frontier(corpus, family, folder, ledger, {}, lambda now: said.append(now.remark))
    assert said[1:3] == ["baselines: gzip, xz, PPMd", "baselines: n-grams"]
    assert any(remark.startswith("few: ") and "bits per byte" in remark for remark in said)


def check_scores(rows: list[dict[str, Any]], whole: int) -> None:
    """What of a cell, a network and a program has to be sent besides the text."""
    by_name = {row["member"]: row for row in rows}
    for row in rows:
        for bits, total in (("circuit_bits", "total"), ("coded_bits", "coded_total"), ("packed_bits", "packed_total")):
            expected = None if row[bits] is None else row["bits_per_byte"] + row[bits] / whole
            assert row[total] == (expected if expected is None else pytest.approx(expected))
    assert 0 < by_name["neurons"]["packed_bits"] < by_name["neurons"]["circuit_bits"]
    assert 0 < by_name["GRU"]["packed_bits"] < by_name["GRU"]["circuit_bits"]
    assert by_name["gzip -9, whole"]["total"] == by_name["gzip -9, whole"]["bits_per_byte"]
    assert by_name["PPMd after training"]["total"] is None is by_name["n-gram 5"]["total"]


def test_lines_of_earlier_ledgers_have_no_score() -> None:
    line = dataclasses.asdict(frontier.Row("a", "trees", "serial", 2.0, 9, ands=900))
    old = {key: value for key, value in line.items() if key not in frontier.LATER}
    row = frontier._row({**old, "corpus": "kjv"})
    assert (row.ands, row.total, row.packed_total) == (900, None, None)
    with pytest.raises(InputError, match="a line without 'levels'"):
        frontier._row({key: value for key, value in old.items() if key != "levels"})


def test_the_picture_keeps_the_heads_apart(tmp_path: Path) -> None:
    row = frontier.Row("a", "trees", "serial", 2.0, 9, ands=900, evaluations_mean=5.0, verdict="equivalent")
    wide = frontier.Row("a", "trees", "unrolled", 2.0, 9, 3000, 2900, evaluations_mean=1.0, verdict="undecided")
    assert (row.sure_ands, wide.sure_ands) == (900, 3000)
    for name in ("one.svg", "two.svg"):
        draw_frontier([row, wide, frontier.Row("gzip", "baselines", "", 3.0, 9)], "title", tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert len({mark for _, mark, _ in MARKS.values()}) == len(MARKS)


def test_a_gru_goes_on_where_it_was_killed(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.training.running.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("bridge.training.running.REPORT_SECONDS", 0.0)
    data = text.read_bytes()
    corpus, options = Corpus("t", 64 * "0", "tail", data, b""), GruOptions(steps=6, width=8, batch=4, sequence=16)
    whole = train_gru(corpus, options)

    def kill(now: Progress) -> None:
        if now.done is not None and now.done > 0.5:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        train_gru(corpus, options, checkpoint=tmp_path / "c", progress=kill)
    resumed = train_gru(corpus, options, checkpoint=tmp_path / "c")
    assert resumed.steps == whole.steps
    for one, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert one.equal(other)
    with pytest.raises(InputError, match="other options"):
        train_gru(corpus, GruOptions(steps=7, width=8, batch=4, sequence=16), checkpoint=tmp_path / "c")


@pytest.mark.parametrize(
    ("family", "complaint"),
    [
        ("members: 3", "keys flow and members"),
        ("members: [{name: a, kind: magic}]", "member 1: kind must be"),
        ("members: [{name: a, kind: gru}, {name: a, kind: gru}]", "same name"),
        ("members: [{name: 'a, b', kind: gru}]", "no comma"),
        ("members: [{kind: gru}]", "needs a name"),
        ("members: [", "not YAML"),
    ],
)
def test_bad_families(family: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "family.yaml").write_text(family)
    with pytest.raises(InputError, match=complaint):
        load_family(tmp_path / "family.yaml")


def test_the_shipped_family_reads() -> None:
    family = load_family(netlist_path("frontier.yaml"))
    with pytest.raises(InputError, match="no member 'x'"):
        family.only(["x"])
