"""Folded networks on the command line: what takes one, and what says that it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import guide
from bridge.cli import pack as packing
from support.command_line import Call, assert_one_line
from support.texts import chained_prose

pytestmark = pytest.mark.heavy

NET, LOGIC, TEXT = "net.safetensors", "net.aig", "book.txt"
REFUSED = [  # the commands, NET being their model
    "affects NET --from byte --to argmax",
    "bench execution NET",
    "circuit NET --text book.txt --at 9",
    "cone NET argmax",
    "convert NET net.v",
    "dependence NET",
    "diverge NET NET",
    "encoder NET -o net.c",
    "explain NET --text book.txt --at 9",
    "eval NET --data rows.npz",
    "influence NET --text book.txt",
    "neurons NET",
    "probe NET --text book.txt --feature vowel",
    "prove NET true",
    "report NET -o net.html",
    "simplify NET --text book.txt -o small.safetensors",
    "states NET",
]
WRONG = {
    "eval NET --text book.txt --kernel portable": "without a kernel",
    "generate NET --do a=1": "nothing can be done to a folded network",
    "lower NET -o net.aig --unroll": "are for cells",
    "lower tiny -o net.aig --check 9": "is for folded networks",
    "pack book.txt -o net.aigpack --model NET --kernel portable": "of its integers",
    "pack book.txt -o net.aigpack --units 32 --ands 9": "give one of them",
    "pack book.txt -o net.aigpack --units 33": "units must be a multiple of 32, not 33",
    "pack book.txt -o net.aigpack --units 999999968": "at most 16,777,216 weights",
    "pack few.txt -o net.aigpack --units 32": "at least 4,160 bytes, and this one has 3",
    "pack none.txt -o net.aigpack --units 32": "at least 4,160 bytes, and this one has 0",
    "train --options NET -o new.safetensors": "a cell is needed here",
    "train --kind folded --ands 9 -o new.safetensors": "not for --kind folded",
    "train --kind folded --minutes 9 -o new.safetensors": "not for --kind folded, which has --units, --codes, --steps",
    "train --kind folded --units 33 -o new.safetensors": "units must be a multiple of 32, not 33",
    "train --kind folded --units 999999968 -o new.safetensors": "at most 16,777,216 weights",
    "train --kind folded --seed 99999999999999999999 -o new.safetensors": "seed must be a whole number in",
    "train --kind folded --seed -1 -o new.safetensors": "seed must be a whole number in",
    "train --kind folded --steps 0 -o new.safetensors": "steps must be a whole number in",
    "train --units 32 -o new.safetensors": "not for --kind threshold",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text, and a network that has hardly read it."""
    from bridge.corpus import load_corpus
    from bridge.training.folded import FoldedOptions, train_folded

    folder = tmp_path_factory.mktemp("folded")
    (folder / TEXT).write_bytes(chained_prose(25_000))
    (folder / "few.txt").write_bytes(b"few")
    (folder / "none.txt").write_bytes(b"")
    options = FoldedOptions(units=32, codes=32, steps=3)
    train_folded(load_corpus(str(folder / TEXT)), options).net.save(folder / NET)
    return folder


@pytest.fixture
def here(trained: Path, tmp_path: Path) -> Path:
    for path in trained.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_commands_take_one(call: Call, here: Path) -> None:
    sized = ("--kind", "folded", "--units", 32, "--codes", 32, "--steps", 3)
    made = call("train", "--corpus", TEXT, *sized, "--out", NET, "--json").json
    assert (made["finished"], made["steps"], made["next"].split()[1]) == (True, 3, "eval")
    scored = call("eval", NET, "--text", TEXT, "--score", "--json").json
    assert scored["bits_per_byte"] == made["heldout_bits_per_byte"]
    assert scored["score"]["packed_total"] < scored["score"]["coded_total"]
    lowered = call("lower", NET, "-o", LOGIC, "--check", 100, "--json").json
    assert (lowered["checked"], lowered["ands"]) == (512, made["ands"])
    assert call("stats", NET, "--json").json["ands"] == made["ands"]
    described = call("describe", NET).out
    assert "32 gated recurrent units" in described
    assert "trained: folded on book.txt" in described
    assert "it is the logic of a folded network" in call("describe", LOGIC).out
    assert call("describe", NET, "--json").json["digest"] == call("describe", LOGIC, "--json").json["digest"]
    assert call("check", NET, LOGIC).code == 0
    assert call("check", NET, LOGIC, "--certificate").out.startswith("equivalent (certificate, ")
    assert len(call("generate", NET, "--bytes", 9, "--temperature", 0).out) == 10


def test_what_is_next_is_about_what_was_held_out(call: Call, here: Path) -> None:
    sized = ("--kind", "folded", "--units", 32, "--codes", 32, "--steps", 1)
    (here / "long.txt").write_bytes((here / TEXT).read_bytes() * 2)
    split = ("--corpus", "long.txt", "--holdout", "interleaved")
    made = call("train", *split, *sized, "-o", "new.safetensors", "--json").json
    scored = call(*made["next"].split()[1:]).out
    assert f"{made['heldout_bits_per_byte']:.6f} bits per byte" in scored
    assert "with the packed folded network" in scored


@pytest.mark.parametrize("command", REFUSED, ids=lambda command: command.split()[0])
def test_others_say_that_they_do_not(call: Call, here: Path, command: str) -> None:
    called = call(*command.replace("NET", NET).split())
    assert_one_line(called)
    assert "is a folded network (docs/folded.md), and a cell or a netlist is needed here" in called.err


OF_LOGIC = (
    "eval LOGIC --text book.txt",
    "generate LOGIC --bytes 3",
    "chat LOGIC",
    "influence LOGIC --text book.txt",
    "affects LOGIC --from byte[0] --to argmax",
    "prove LOGIC argmax=='a'",
)


@pytest.mark.parametrize("command", OF_LOGIC, ids=lambda command: command.split()[0])
def test_its_logic_is_told_from_other_netlists(call: Call, here: Path, command: str) -> None:
    """And what works instead is said."""
    call("lower", NET, "-o", LOGIC)
    called = call(*command.replace("LOGIC", LOGIC).split())
    assert_one_line(called)
    assert "is the logic of a folded network (docs/folded.md)" in called.err
    assert "take the .safetensors file of the network itself" in called.err


NEXT = {
    "eval NET --text book.txt": "lower NET -o net.aig",
    "generate NET --bytes 3": "eval NET --text TEXT",
    "describe NET": "lower NET -o net.aig",
    "describe LOGIC": "run LOGIC shrink",
    "check NET LOGIC": "diff NET LOGIC",
}


@pytest.mark.parametrize("command", NEXT)
def test_people_are_told_what_it_can_do_next(
    call: Call, here: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("lower", NET, "-o", LOGIC)
    monkeypatch.setattr(guide, "at_terminal", lambda: True)
    given, following = (words.replace("NET", NET).replace("LOGIC", LOGIC) for words in (command, NEXT[command]))
    assert call(*given.split()).err.splitlines()[-1] == f"next: aigbridge {following}"


@pytest.mark.parametrize("command", WRONG)
def test_options_that_do_not_fit_are_told(call: Call, here: Path, command: str) -> None:
    called = call(*command.replace("NET", NET).split())
    assert_one_line(called)
    assert WRONG[command] in called.err
    assert not (here / "new.safetensors").exists()


@pytest.mark.parametrize("options", [("--inside",), ()])
def test_a_text_is_packed_by_one(call: Call, here: Path, options: tuple[str, ...]) -> None:
    text = call("generate", NET, "--bytes", 3000).out.encode()
    (here / "long.txt").write_bytes(text * 4)
    told = call("pack", "long.txt", "-o", "long.aigpack", "--model", NET, *options, "--json").json
    assert told["methods"]
    named = () if options else ("--model", NET)
    assert call("unpack", "long.aigpack", "-o", "again.txt", *named).code == 0
    assert (here / "again.txt").read_bytes() == text * 4


def test_one_is_trained_on_the_text_that_is_packed(call: Call, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "READINGS", 1)
    called = call("pack", TEXT, "-o", "book.aigpack", "--units", 32, "--json")
    assert called.code == 0, called.err
    assert called.json["with_model"] is None or "a folded network" in called.err
    assert call("unpack", "book.aigpack", "-o", "again.txt").code == 0
    assert (here / "again.txt").read_bytes() == (here / TEXT).read_bytes()
