"""The page: the text's cost, and answers that can be read off it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import Cell, lower, run_flow
from bridge.aig import Aig, AigBuilder, Output
from bridge.analysis.dependences.answer import NO, YES
from bridge.analysis.dependences.matrix import dependence
from bridge.errors import InputError
from bridge.formats import read_netlist
from bridge.metadata import Metadata, with_metadata
from bridge.readout import Readout
from bridge.report import Findings, write_report
from bridge.report.packing import byte_shares, pack, pack_json
from bridge.report.page import byte_entropy
from bridge.report.parts.gates import step_axis
from bridge.report.parts.memory import NO_NULL
from bridge.report.passages import SHOWN, generated_passage, heldout_passage
from bridge.report.subject import subject_of, text_of
from bridge.resources import netlist_path
from support.cells import random_cell, random_tree_cell
from support.command_line import Call
from support.small_netlists import small_netlist
from support.texts import VERSES

pytestmark = pytest.mark.heavy

MOST_BYTES = 5_000_000


@pytest.fixture(scope="module")
def tiny() -> Cell:
    return Cell.load(str(netlist_path("tiny.safetensors")))


@pytest.fixture(scope="module")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes(VERSES)
    return str(path)


@pytest.fixture(scope="module")
def written(tiny: Cell, text_file: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Findings]:
    """A page about the tiny cell and a run of a flow on it."""
    folder = tmp_path_factory.mktemp("report")
    run = run_flow(lower(tiny), "resyn2", folder / "runs")
    assert run.folder is not None
    return folder / "page.html", write_report([tiny, run.folder], folder / "page.html", text=text_file)


# Passages


def test_a_passage_costs_what_the_oracle_says(tiny: Cell) -> None:
    text = VERSES[:600]
    found = heldout_passage(lower(tiny), "the text", text)
    assert "".join(found.pieces) == text[1:].decode()
    state, total = tiny.reset(1), 0.0
    for now, following in pairwise(text):
        state, logits = tiny.step(state, np.array([now], np.uint8))
        total += float(tiny.readout.code_lengths(logits, np.array([following], np.uint8))[0])
    assert sum(found.bits) == pytest.approx(total)
    assert found.mean == pytest.approx(total / (len(text) - 1))
    assert found.dearest(1)[0][2] == max(found.bits)


def test_a_passage_knows_all_that_was_read_before() -> None:
    builder = AigBuilder("sticky")
    byte = [builder.input(f"byte[{bit}]") for bit in range(8)]
    seen = builder.latch("state.seen[0]")
    sharp = builder.and_(byte[0], builder.and_(byte[1], builder.and_(byte[5], byte[6] ^ 1)))
    builder.set_next(seen, builder.or_(seen, sharp))
    for name, literal in (("logit.97[0]", seen), ("logit.97[1]", 0), ("logit.98[0]", 0), ("logit.98[1]", 0)):
        builder.output(name, literal)
    aig = with_metadata(builder.build(), Metadata(Readout(b"ab", 3.0)))
    costs = [heldout_passage(aig, "text", start + b"a" * 9000).mean for start in (b"#", b"b")]
    assert costs[0] < 0.2 < 0.9 < costs[1]


def test_a_passage_shows_bytes_that_are_no_text(tiny: Cell) -> None:
    found = heldout_passage(tiny, "bytes", b"abc\xff\xfe\xc3\xa9d")
    assert found.pieces == ("b", "c", "\\xff", "\\xfe", "é", "d")


def test_what_the_model_writes_is_charged_too(tiny: Cell) -> None:
    found = generated_passage(lower(tiny), VERSES)
    assert len("".join(found.pieces).encode()) == SHOWN
    assert len(found.expected) == len(found.bits) == len(found.pieces)
    assert all(chances == tuple(sorted(chances, key=lambda pair: -pair[1])) for chances in found.expected)


# What the page is about


def test_the_smallest_proven_netlist_is_shown(tiny: Cell, written: tuple[Path, Findings]) -> None:
    folder = next((written[0].parent / "runs").iterdir())
    plain = lower(tiny)
    subject = subject_of([folder])
    assert subject.cell is not None
    assert subject.cell.digest == tiny.digest, "the shipped cell is recognized"
    assert len(subject.aig.ands) <= len(subject.plain.ands) == len(plain.ands)
    assert not subject.losses
    told = replace(plain, comment=plain.comment.replace('"aigbridge":1', '"aigbridge":1,"lossy":["merged 3 nodes"]'))
    assert subject_of([told]).losses == ("merged 3 nodes",)


@pytest.mark.parametrize(("seeds", "words"), [((), "one model"), ((1, 2), "one model")])
def test_items_that_make_no_report(seeds: tuple[int, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        subject_of([random_cell(seed) for seed in seeds])


def test_netlists_of_different_cells(tiny: Cell, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="different cells"):
        subject_of([tiny, lower(random_cell(1))])
    with pytest.raises(InputError, match=r"run\.json"):
        subject_of([tmp_path])


def test_a_cell_from_a_stranger_reads_no_files(tiny: Cell, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(VERSES)
    text, why = text_of(None, replace(tiny, record={"corpus": str(secret), "sha256": "0" * 64}))
    assert text is None
    assert "--text" in why
    assert text_of(None, replace(tiny, record={}))[0] is None
    assert text_of(None, replace(tiny, record={"corpus": str(tmp_path / "gone")}))[0] is None


# Packing


@given(st.binary(max_size=200))
def test_packed_data_comes_back(data: bytes) -> None:
    assert gzip.decompress(base64.b64decode(pack(data))) == data
    assert re.fullmatch(r"[A-Za-z0-9+/=]*", pack_json({"text": data.decode("latin-1") + "</script>\udc80"}))


def test_small_shares_stay_visible() -> None:
    assert byte_shares(np.array([0.0, 1e-6, 0.5, 1.0])).tolist() == [0, 1, 128, 255]


# The page itself


class Outline(HTMLParser):
    """Tags, attributes and the text of headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.inside = ""
        self.headings: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if re.fullmatch(r"h\d", self.inside) and data.strip():
            self.headings.append((self.inside, data.strip()))


def test_the_page_is_small_offline_and_ordered(written: tuple[Path, Findings]) -> None:
    page = written[0].read_text()
    assert len(page.encode()) < MOST_BYTES
    outline = Outline(page)
    for tag, attributes in outline.tags:
        for key in ("src", "href"):
            assert attributes.get(key, "#").startswith("#"), f"{tag} loads {attributes}"
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")
    assert [level for level, _ in outline.headings].count("h1") == 1
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [
        attributes["href"][1:] for tag, attributes in outline.tags if tag == "a" and "signal" not in str(attributes)
    ]
    assert set(links) <= {*ids, "overview"}
    assert {"main", "nav", "header", "footer", "search"} <= {tag for tag, _ in outline.tags}


def test_who_affects_whom_is_asked_of_the_cell(written: tuple[Path, Findings], tiny: Cell) -> None:
    """Two neurons of one layer share a node of the netlist, up to complement; neither affects the other."""
    found = written[1].dependence
    assert found is not None
    assert found.same_node == {}
    pair = "layer0.neurons[2]", "layer0.neurons[11]"
    assert found.answers[found.sources.index(pair[0]), found.targets.index(pair[1])] == NO
    netlist = dependence(lower(tiny), [pair[0]], [pair[1]])
    assert netlist.answers[0, 0] == YES
    assert netlist.same_node == {pair[0]: (f"not {pair[1]}",)}


def test_the_page_answers_by_looking(written: tuple[Path, Findings]) -> None:
    path, found = written
    page = path.read_text()
    assert found.missing == {}
    assert found.influence is not None
    rows = re.findall(
        r'<a class="signal" href="[^"]*">([^<]*)</a>', page.split('id="memory-table"')[1].split("</table>")[0]
    )
    felt = found.influence.absolute_bits.sum(axis=1) >= 0.001
    longest = max(np.flatnonzero(felt), key=lambda place: found.influence.mean_step[place])
    assert rows[0] == found.influence.sources[longest]
    assert sorted(rows) == sorted(found.influence.sources)
    trivial = page.split('id="trivial"')[1].split("</section>")[0]
    assert "layer0.select[11]</a> = 0" in trivial
    assert "layer0.memory[11]</a> = state.layer0.memory[11]" in trivial
    gates = page.split('id="gates"')[1].split("</section>")[0]
    assert re.search(r"4,\d\d\d AND nodes became 4,\d\d\d", gates)
    assert "logit" in gates
    proofs = page.split('id="proofs"')[1]
    assert proofs.count("equivalent</span>") >= 2, "the lowering and the flow"
    assert "measured</span>" in proofs


def test_copies_by_design_are_no_findings(tiny: Cell, written: tuple[Path, Findings], tmp_path: Path) -> None:
    trivial = written[0].read_text().split('id="trivial"')[1].split("</section>")[0]
    assert "11 repeat others (11 by design of the cell, 0 found)" in trivial, "what delays a latch holds the same"
    assert "copies by design of the cell</strong> 11" in trivial
    assert ": found</strong>" not in trivial
    stranger = replace(lower(tiny), comment="")
    found = write_report([stranger], tmp_path / "page.html", quick=True)
    assert found.designed is None
    assert "without the cell, copies by design cannot be told from others" in (tmp_path / "page.html").read_text()


def test_a_node_with_many_names_is_told_once(tmp_path: Path) -> None:
    builder = AigBuilder("names")
    both = builder.and_(builder.input("a"), builder.input("b"))
    for place in range(50):
        builder.point(f"n[{place}]", both ^ (place == 7))
    builder.output("y", both)
    write_report([builder.build()], tmp_path / "page.html", quick=True)
    trivial = (tmp_path / "page.html").read_text().split('id="trivial"')[1].split("</section>")[0]
    assert "equal or complements</strong> 1</summary>" in trivial
    assert "is the same node as, or the complement of," in trivial


@pytest.mark.parametrize(
    ("counts", "start", "holds"),
    [([4592, 4417], 4300, True), ([100, 49], 0, True), ([7, 7], 0, True), ([], 0, True), ([0, 0], 0, True)],
)
def test_where_an_axis_starts(counts: list[int], start: int, holds: bool) -> None:
    low, high = step_axis(counts)
    assert low == start
    assert all(low <= count < high for count in counts) == holds


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_an_axis_holds_all_counts(counts: list[int]) -> None:
    low, high = step_axis(counts)
    assert 0 <= low <= min(counts)
    assert max(counts) < high


def test_figures_say_what_they_rest_on(written: tuple[Path, Findings]) -> None:
    page = written[0].read_text()
    assert re.search(r"on 24,289 bytes; their frequencies alone: 4\.33<", page)
    assert byte_entropy(bytes(range(256))) == 8
    assert byte_entropy(b"aaaa") == byte_entropy(b"") == 0
    assert re.search(r"The axis of AND nodes starts at [1-9]", page)
    assert "is logarithmic and starts at 0.00001, not at 0" in page
    memory, features = (
        page.split(f'<section id="{part}"')[1].split("</section>")[0] for part in ("memory", "features")
    )
    assert NO_NULL in memory
    for figure in ("mean age", "last felt", "bits changed", "at once"):
        assert re.search(rf"{figure}<abbr class=\"mark\" title=\"No null[^>]*>†</abbr></th>", memory), figure
    assert features.count("by chance</th>") == 1


def test_what_bits_follow_by_chance_stands_beside(tiny: Cell, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    text = tmp_path / "noise.txt"
    text.write_bytes(bytes(rng.choice(np.frombuffer(b"abcdefgh .", np.uint8), 20_000)))
    found = write_report([tiny], tmp_path / "page.html", text=str(text), quick=True)
    assert found.statistics is not None
    assert found.statistics.moved.shares.max() < 0.01 < found.statistics.shares.max(), "neighbours of a byte are noise"
    features = (tmp_path / "page.html").read_text().split('<section id="features"')[1].split("</section>")[0]
    rows = re.findall(r'<td class="number">([01]\.\d\d)</td><td class="number">(0\.\d{4})</td>', features)
    assert len(rows) == len(found.statistics.features)
    assert all(float(chance) < 0.01 for _, chance in rows)


def test_scores_are_one_block(tmp_path: Path) -> None:
    cell = random_tree_cell(4, serial=False)
    aig = lower(cell)
    assert len({output.name.split("[")[0] for output in aig.outputs}) > 3
    write_report([cell, aig], tmp_path / "page.html", quick=True)
    page = (tmp_path / "page.html").read_text()
    for part in ("gates", "affects"):
        section = page.split(f'<section id="{part}"')[1].split("</section>")[0]
        blocks = re.findall(r"<code>(score[^<]*)</code>", section)
        assert blocks == ["score"]
    packed = re.findall(r'id="packed-data">([^<]*)<', page)[0]
    records = json.loads(gzip.decompress(base64.b64decode(packed)))["records"]
    assert {record["block"] for record in records if record["name"].startswith("score.")} == {"score"}


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    found = write_report([lower(random_cell(3))], tmp_path / "page.html", quick=True)
    assert "name one with --text" in found.missing["influence"]
    assert "name one with --text" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("seed", range(8))
def test_any_netlist_has_a_page(seed: int, tmp_path: Path) -> None:
    aig = small_netlist(seed)
    found = write_report([aig], tmp_path / "page.html")
    assert "passages" in found.missing
    assert found.dependence is not None


def test_no_name_obeys_a_terminal_or_turns_the_text_around(tmp_path: Path) -> None:
    builder = AigBuilder("n\x1b]0;")
    state = builder.latch("l\x1b[31m", 0)
    builder.set_next(state, builder.and_(builder.input("i\u202e"), state))
    builder.output("o\x07</script>", state)
    builder.point("p\u200b", state)
    write_report([builder.build()], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "l\\x1b[31m" in page
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", shown)


@pytest.mark.parametrize("kind", ["nothing", "constant", "wire", "gate"])
def test_degenerate_netlists(kind: str, tmp_path: Path) -> None:
    aig = {
        "nothing": Aig((), (), np.zeros((0, 2), np.uint32), ()),
        "constant": Aig((), (), np.zeros((0, 2), np.uint32), (Output("one", 1),)),
        "wire": Aig(("a",), (), np.zeros((0, 2), np.uint32), (Output("b", 3),)),
        "gate": Aig(("a", "b"), (), np.array([[4, 2]], np.uint32), (Output("c", 6),)),
    }[kind]
    write_report([aig], tmp_path / "page.html")
    assert "<h1" in (tmp_path / "page.html").read_text()


def test_a_netlist_that_is_lossy_is_marked(written: tuple[Path, Findings], tmp_path: Path) -> None:
    plain = read_netlist(next((written[0].parent / "runs").iterdir()) / "result.aig")
    told = replace(plain, comment=plain.comment.replace('"aigbridge":1', '"aigbridge":1,"lossy":["merged 3 nodes"]'))
    write_report([told], tmp_path / "page.html", quick=True)
    page = (tmp_path / "page.html").read_text()
    assert "<strong>Lossy.</strong>" in page
    assert '<span class="status bad">lossy</span>' in page


def test_the_shipped_cell_fits(tmp_path: Path) -> None:
    cell = Cell.load(str(netlist_path("kjv.safetensors")))
    heldout = tmp_path / "text.txt"
    heldout.write_bytes(VERSES)
    found = write_report([cell], tmp_path / "page.html", text=str(heldout), quick=True)
    assert found.dependence is not None
    assert found.dependence.counts()["undecided"] == 0
    assert (tmp_path / "page.html").stat().st_size < MOST_BYTES - 1_000_000, "influence needs room, too"


def test_the_command(call: Call, written: tuple[Path, Findings], text_file: str) -> None:
    run = str(next((written[0].parent / "runs").iterdir()))
    done = call("report", "tiny", run, "-o", "page.html", "--text", text_file, "--quick", "--json")
    assert done.code == 0
    assert done.json["bytes"] == Path("page.html").stat().st_size
    assert list(done.json["missing"]) == ["the mapped figures", "influence"]
    for wrong in (["tiny", "kjv"], ["gone.aig"], ["."], ["tiny", "--text", "gone"], ["tiny", "-o", "gone/page.html"]):
        refused = call("report", "-o", "other.html", *wrong)
        assert refused.code == 2
        assert len(refused.err.strip().splitlines()) == 1
        assert not Path("other.html").exists()
