"""Which word of ABC counts: liars of every kind are found out, by our own engine or by the self-test."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge.aig import Aig
from bridge.equivalence import (
    ENGINES,
    Confirmations,
    Verdict,
    check_equivalence,
    check_machines,
    confirm_machines,
    fault_of,
    pairs_of,
    second_opinion,
    selftest,
)
from bridge.equivalence.engines import Claim, replay
from bridge.equivalence.selftest_pairs import combinational_pairs, sequential_pairs
from bridge.execution import simulate
from bridge.execution.words import random_words
from bridge.files.cache import default_cache
from bridge.flow import run_flow
from bridge.flow.netlist import Netlist
from bridge.toolchain import Tool, all_of, locate
from support.command_line import Call
from support.fakes import fake, served, use_fake
from support.flows import DC2
from support.netlists import multiplier, one_in_a_million, redundant, truth
from support.tools import real

pytestmark = pytest.mark.heavy

NONE = Confirmations(share=0.0, least=0.0)
YES = "Networks are equivalent.  Time = 0.00 sec"
NO = "Networks are NOT EQUIVALENT."


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGBRIDGE_CACHE", str(tmp_path / "cache"))


def test_the_answers_of_the_self_test_are_right() -> None:
    for pair in combinational_pairs():
        named = zip(pair.a.outputs, pair.b.outputs, strict=True)
        b = replace(pair.b, outputs=tuple(replace(output, name=ours.name) for ours, output in named))
        verdict = second_opinion(pair.a.validate(), b.validate())
        assert verdict.answer == ("equivalent" if pair.equal else "different"), pair.what
        if len(pair.a.inputs) <= 12:
            assert np.array_equal(truth(pair.a), truth(pair.b)) is pair.equal, pair.what
    for pair in sequential_pairs():
        assert not any(latch.reset for aig in (pair.a, pair.b) for latch in aig.validate().latches)
        assert confirm_machines(pair.a, pair.b).answer == ("equivalent" if pair.equal else "different"), pair.what


def test_there_are_enough_pairs_of_both_kinds() -> None:
    assert len(combinational_pairs()) >= 30
    for engine in ENGINES:
        equal = [pair.equal for pair in pairs_of(engine)]
        assert min(equal.count(True), equal.count(False)) >= 5


@pytest.mark.parametrize("engine", ENGINES)
def test_this_abc_passes(engine: str) -> None:
    assert fault_of(engine, real("abc")) == ""


def alike(a: Aig, b: Aig, blind: bool) -> bool:
    """Whether random patterns show no difference; `blind`: but for outputs complemented."""
    patterns = random_words(0, len(a.inputs), 4)
    ours, theirs = (simulate(aig, patterns) for aig in (a, b))
    return all(np.array_equal(x, y) or (blind and np.array_equal(x, ~y)) for x, y in zip(ours, theirs, strict=True))


LIARS: dict[str, Callable[[Aig, Aig], bool | None]] = {
    "always yes": lambda a, b: True,
    "always no": lambda a, b: False,
    "never an answer": lambda a, b: None,
    "by size": lambda a, b: len(a.ands) == len(b.ands),
    "by length of the file": lambda a, b: len(Netlist(a).data) == len(Netlist(b).data),
    "by names": lambda a, b: [o.name for o in a.outputs] == [o.name for o in b.outputs],
    "by shape": lambda a, b: len(a.outputs) == len(b.outputs),
    "by the same file": lambda a, b: Netlist(a).data == Netlist(b).data,
    "by simulation": lambda a, b: alike(a, b, False),
    "blind for complements": lambda a, b: alike(a, b, True),
    "by the first output": lambda a, b: alike(
        replace(a, outputs=a.outputs[:1]), replace(b, outputs=b.outputs[:1]), False
    ),
    "by the last output": lambda a, b: alike(
        replace(a, outputs=a.outputs[-1:]), replace(b, outputs=b.outputs[-1:]), False
    ),
}


@pytest.mark.parametrize("liar", LIARS)
def test_liars_fail(liar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_engine: str, a: Aig, b: Aig, _abc: Tool, _seconds: float) -> Claim:
        said = LIARS[liar](a, b)
        return Claim("undecided" if said is None else "equivalent" if said else "different")

    monkeypatch.setattr(selftest, "ask", ask)
    assert fault_of("&cec", Tool("abc", Path("liar"), "option", liar, "0"))


def test_sequential_liars_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, liar in (("always yes", lambda *_: True), ("never an answer", lambda *_: False)):
        monkeypatch.setitem(selftest.SEQUENTIAL, "pdr", liar)
        assert fault_of("pdr", Tool("abc", Path(name), "option", name, "0"))


BODIES = {
    "always equivalent": f"print({YES!r})",
    "equivalent and proven": f"print({YES!r}); print('UNSATISFIABLE'); print('Property proved.')",
    "silent": "pass",
    "cut off": "print('Networks are equi', end='')",
    "different": f"print({NO!r})",
    "equivalent, then a crash": f"print({YES!r}, flush=True); os.abort()",
    "a wrong vector": "print('SATISFIABLE'); open('found.cex', 'w').write('1' * 20 + '# DONE')",
    "by size": f"print({YES!r} if os.path.getsize('a.aig') == os.path.getsize('b.aig') else {NO!r})",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.usefixtures("without_algebra")
def test_no_lying_program_is_believed(tmp_path: Path, body: str) -> None:
    abc = locate("abc", fake(tmp_path, body))
    good, bad = one_in_a_million(False), one_in_a_million(True)
    assert check_equivalence(good, bad, abc=abc, confirmations=Confirmations()).answer != "equivalent"
    alone = check_equivalence(good, bad, abc=abc, confirmations=NONE)
    assert alone.answer == "undecided"
    if body.startswith(f"print({YES!r})"):
        assert "not believed: &cec -y calls a & b and its complement equivalent" in alone.reason
        ours = check_equivalence(multiplier(3, False), multiplier(3, True), abc=abc)
        assert (ours.answer, ours.method) == ("equivalent", "SAT sweeping")  # known by now, and not even asked


def test_a_confirmation_contradicts_with_a_vector_that_was_replayed(tmp_path: Path) -> None:
    abc = locate("abc", fake(tmp_path, BODIES["always equivalent"]))
    good, bad = one_in_a_million(False), one_in_a_million(True)
    verdict = check_equivalence(good, bad, abc=abc)
    assert (verdict.answer, verdict.method) == ("different", "SAT sweeping")
    assert verdict.reason == "output 'y' differs; &cec -y says equivalent"
    assert verdict.counterexample is not None
    vector = np.array([verdict.counterexample[name] for name in good.inputs], np.uint8)
    assert replay(good, bad, vector) == 0


def test_a_lying_sequential_engine(tmp_path: Path) -> None:
    """A deep difference, which no random run shows, and an ABC that swears that there is none."""
    lock = next(pair for pair in sequential_pairs() if "one sequence" in pair.what)
    abc = locate("abc", fake(tmp_path, BODIES["equivalent and proven"]))
    for confirmations in (NONE, Confirmations()):
        assert check_machines(lock.a, lock.b, abc=abc, confirmations=confirmations).answer != "equivalent"


@pytest.mark.usefixtures("without_algebra")
def test_by_abc_alone() -> None:
    real("abc")
    a, b = multiplier(4, False), multiplier(4, True)
    verdict = check_equivalence(a, b, confirmations=NONE)
    assert verdict.answer == "equivalent"
    assert verdict.method.endswith(", by ABC alone")
    assert verdict.alone
    assert Verdict.from_json(verdict.to_json()).alone
    assert not Verdict.from_json({"verdict": "equivalent", "method": "&cec -y", "seconds": 1}).alone  # of an old run
    confirmed = check_equivalence(a, b)
    assert confirmed.method.endswith("; confirmed by SAT sweeping")
    assert not confirmed.alone


def test_pieces_that_hash_together_rest_on_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, True])  # as a whole, and cut at points
    monkeypatch.setattr("bridge.equivalence.engines.hash_together", lambda *_: next(answers))
    liar, aig = locate("abc", fake(tmp_path, BODIES["silent"])), one_in_a_million(False, points=True)
    verdict = check_equivalence(aig, aig, abc=liar, confirmations=NONE)
    assert (verdict.answer, verdict.method) == ("equivalent", "structural hashing, cut at points")


@pytest.mark.usefixtures("without_algebra")
def test_a_demanded_confirmation_that_does_not_come() -> None:
    real("abc")
    verdict = check_equivalence(multiplier(7, False), multiplier(7, True), confirmations=Confirmations(demanded=0.01))
    assert verdict.answer == "undecided"
    assert "no end in 0.01 s; &cec" in verdict.reason


def test_the_share_of_confirmations() -> None:
    budget = Confirmations(share=0.3, least=0.1)
    with budget.granted() as seconds:
        assert seconds == pytest.approx(0.1)
    budget.work(7.0)
    with budget.granted() as seconds, budget.granted() as nothing:
        assert seconds == pytest.approx(3.0, abs=0.1)
        assert nothing == pytest.approx(0.0, abs=0.1)
        time.sleep(0.05)
    assert 0.1 <= budget.spent < 1.0
    with budget.granted() as seconds:
        assert 2.0 < seconds < 3.0


@pytest.mark.usefixtures("without_algebra")
def test_an_engine_that_fails_is_not_asked_again_but_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    abc = real("abc")
    monkeypatch.setattr(selftest, "_remembered", {("&cec -y", f"{abc.path} {abc.sha256}"): "calls black white"})
    verdict = check_equivalence(multiplier(4, False), multiplier(4, True), confirmations=NONE)
    assert verdict.answer == "equivalent"
    assert not verdict.method.startswith("&cec -y")


def test_the_self_test_is_remembered_for_programs_and_not_for_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "_remembered", {})
    abc, cache = real("abc"), default_cache()
    assert cache is not None
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!/bin/sh\nexec "{abc.path}" "$@"\n')
    wrapper.chmod(0o755)
    script = locate("abc", wrapper)
    assert script.identity is None
    assert fault_of("pdr", script) == ""
    assert cache.usage().entries == 0
    assert fault_of("pdr", abc) == ""
    assert cache.usage().entries == 1
    monkeypatch.setattr(selftest, "_remembered", {})
    monkeypatch.setattr(selftest, "_asked", None)
    assert fault_of("pdr", abc) == ""


def test_answers_of_a_script_are_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrapper stays the same, while what it runs becomes a liar."""
    abc = real("abc")
    target, wrapper = tmp_path / "target", tmp_path / "wrapper"
    target.symlink_to(abc.path)
    wrapper.write_text(f'#!/bin/sh\nexec "{target}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("AIGBRIDGE_ABC", str(wrapper))
    for _ in range(2):
        result = run_flow(redundant(), DC2)
        assert not result.steps[0].cached
        assert result.verdict.method.endswith("; confirmed by SAT sweeping")
    target.unlink()
    shutil.copy(fake(tmp_path, served(tmp_path, one_in_a_million(False), YES)), target)
    with pytest.raises(Exception, match="found by SAT sweeping"):
        run_flow(one_in_a_million(True), DC2)


def unsure(*_: object, **__: object) -> Verdict:
    return Verdict("undecided", "SAT sweeping", 0.0, reason="SAT sweeping came to no end")


def test_a_run_by_abc_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    real("abc")
    with monkeypatch.context() as patch:
        patch.setattr("bridge.equivalence.check.second_opinion", unsure)
        patch.setattr("bridge.flow.course.second_opinion", unsure)
        result = run_flow(redundant(), DC2)
        assert result.verdict.alone
        assert result.verdict.method.endswith(", by ABC alone")
        assert "equivalent, by ABC alone" in str(result.diff())
        assert result.diff().to_json()[1]["method"].endswith(", by ABC alone")
        again = run_flow(redundant(), DC2)
        assert again.verdict.method.endswith(", cached, by ABC alone")
        demanded = run_flow(redundant(), DC2, second=True)
        assert demanded.verdict.answer == "undecided"
        assert "no end" in demanded.verdict.reason
    # A proof that is remembered as ABC's alone is confirmed when there is time for it.
    assert run_flow(redundant(), DC2).verdict.method.endswith("; confirmed by SAT sweeping")


def test_a_lie_costs_only_its_own_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of three steps makes a netlist smaller by a change that simulation misses."""
    abc = real("abc")
    large, small = one_in_a_million(True), one_in_a_million(False)
    (tmp_path / "small.aig").write_bytes(Netlist(small).data)
    body = f"""
script = open(sys.argv[3]).read()
if "cec" in script:
    print({YES!r})
elif "rewrite -z" in script:
    open("out.aig", "wb").write(open({str(tmp_path / "small.aig")!r}, "rb").read())
else:
    os.execv({str(abc.path)!r}, [{str(abc.path)!r}, *sys.argv[1:]])
"""
    use_fake(monkeypatch, tmp_path, body)
    names = ("dc2", "rewrite -z", "balance")
    steps = tuple(step for name in names for step in DC2.model_copy(update={"steps": (_step(name),)}).steps)
    result = run_flow(large, DC2.model_copy(update={"steps": steps}))
    assert [bool(step.failure) for step in result.steps] == [False, True, False]
    assert "found by SAT sweeping" in result.steps[1].failure
    assert check_equivalence(large, result.aig, abc=abc).answer == "equivalent"


def _step(command: str) -> object:
    return type(DC2.steps[0])(abc=(command,))


def test_the_command_line_with_a_liar(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = served(tmp_path, one_in_a_million(False), YES)
    use_fake(monkeypatch, tmp_path, body)
    Path("wide.aig").write_bytes(Netlist(one_in_a_million(True)).data)
    Path("wide0.aig").write_bytes(Netlist(one_in_a_million(False)).data)
    Path("f.yaml").write_text("name: f\nsteps: [{abc: [dc2]}]\n")
    ran = call("run", "wide.aig", "f.yaml")
    assert ran.code == 4
    assert "output 'y' differs; &cec -y says equivalent, found by SAT sweeping" in ran.err
    assert call("check", "wide.aig", "wide0.aig").code == 1
    monkeypatch.setattr("bridge.cli.doctor.all_of", lambda name: (locate(name),))
    seen = call("doctor", "--json")
    assert seen.code == 4
    assert not seen.json["self_tests"][0]["passed"]
    assert "no engine of it is believed" in call("doctor").out


def test_every_abc_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake(tmp_path, "print('ABC')")
    for name in ("abc", "berkeley-abc"):
        (tmp_path / name).symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AIGBRIDGE_ABC", str(program))
    found = all_of("abc")
    assert found[0].path == program
    assert [tool.path.resolve() for tool in found].count(program.resolve()) == 1
    monkeypatch.setenv("AIGBRIDGE_ABC", str(tmp_path / "missing"))
    assert all_of("abc") == ()
