"""Flow files from strangers: every one is refused before anything is started."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from bridge.aig import AigBuilder
from bridge.errors import InputError
from bridge.flow import run_flow

HEAD = "name: evil\nsteps:\n"
ABC = [
    "!touch pwned",
    "!sh -c id",
    "source evil.abc",
    "source -x /etc/passwd",
    "read /etc/passwd",
    "read_aiger ../../x.aig",
    "read_blif /dev/zero",
    "write_aiger /tmp/pwned.aig",
    "write_verilog ../pwned.v",
    "&r x.aig",
    "&read x.aig",
    "&w x.aig",
    "&write x.aig",
    "dc2; !touch pwned",
    "dc2;!touch pwned",
    "dc2\\n!touch pwned",
    "dc2\\r!touch pwned",
    "dc2 # !touch pwned",
    "dc2 > pwned",
    "dc2 >> pwned",
    "dc2 | sh",
    "dc2 `touch pwned`",
    "dc2 $(touch pwned)",
    "dc2 && touch pwned",
    "dc2 & touch pwned",
    "dc2 -l /etc/passwd",
    "dc2 /etc/passwd",
    "fraig -C 100 -f pwned",
    "fraig -C /etc/passwd",
    "fraig -C 99999999999999999999",
    "fraig -C -",
    "fraig -C",
    "&fraig -F pwned",
    "&ttopt pwned",
    "&transduction pwned",
    "resub -F 3",
    "if -S pwned",
    "if -K 6 -o pwned",
    "alias dc2 !sh",
    "unalias dc2",
    "set abcrc pwned",
    "load_plugin /bin/sh x",
    "cexsave",
    "cexload",
    "empty",
    "quit",
    "time",
    "undo",
    "recall 1",
    "history",
    "open",
    "exec touch pwned",
    "tcl puts x",
    "sat -C 10",
    "write_cex pwned",
    "testcolor",
    "rec_dump3 pwned",
    "dump_genlib",
    "cec a b",
    "\uff41bc",
    "dc\uff12",
    "dc2\u200b",
    "\u202edc2",
    "dc2\u00a0-b",
    "dc2\u2028!sh",
    "\uff44\uff432",
    "d\u0441\u0032",
    "DC2",
    "",
    " ",
    "\\t",
    "dc2\\0",
    "&",
    "&&dc2",
    "-",
    "dc2 --help",
    "dc2 -h",
    "dc2 -v",
    "a" * 5000,
    "dc2" + " -b" * 500,
]
YOSYS = [
    "exec -- touch pwned",
    "!touch pwned",
    "script evil.ys",
    "tcl evil.tcl",
    "plugin -i evil",
    "read_verilog /etc/passwd",
    "write_verilog pwned.v",
    "write_file pwned",
    "tee -o pwned opt",
    "log x",
    "echo on",
    "shell",
    "history",
    "abc -exe /bin/sh",
    "abc -script +!touch,pwned",
    "abc -script pwned",
    "abc -liberty /etc/passwd",
    "abc -g AND;touch",
    "abc -g AND,/bin/sh",
    "abc -g",
    "abc -showtmp",
    "abc -nocleanup",
    "techmap -map evil.v",
    "techmap -D x=y",
    "opt -full; exec x",
    "opt */t:$_AND_",
    "opt =x",
    "opt @x",
    "select -write pwned x",
    "design -save x",
    "design -push",
    "connect -set x y",
    "delete",
    "synth",
    "extract -map pwned",
    "show -prefix pwned",
    "dump -o pwned",
    "freduce -dump pwned",
    "freduce -stop 3",
    "share -limit 3",
    "opt_clean\\nexec -- touch pwned",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
BOMB = "a: &a [x, x]\n" + "".join(f"{y}: &{y} [*{x}, *{x}]\n" for x, y in pairwise(LETTERS))
WHOLE = {
    "anchors": HEAD + "  - abc: &x [dc2]\n  - abc: *x\n",
    "a bomb of anchors": BOMB,
    "merge keys": "base: &b {name: evil}\n<<: *b\nsteps: [{abc: [dc2]}]\n",
    "a merge key without anchor": "<<: {name: evil}\nsteps: [{abc: [dc2]}]\n",
    "python objects": HEAD + "  - abc: !!python/object/apply:os.system ['touch pwned']\n",
    "a local tag": HEAD + "  - !run {abc: [dc2]}\n",
    "a binary tag": HEAD + "  - abc: [!!binary ZGMy]\n",
    "two documents": HEAD + "  - abc: [dc2]\n---\nname: other\n",
    "deep nesting": "name: " + "[" * 10000,
    "deep repeats": HEAD + "  - " + "{repeat: {at_most: 1, steps: [" * 40 + "{abc: [dc2]}" + "]}}" * 40 + "\n",
    "a huge repeat": HEAD + "  - repeat: {at_most: 1000000000, steps: [{abc: [dc2]}]}\n",
    "a number without end": HEAD + f"  - repeat: {{at_most: {'9' * 6000}, steps: [{{abc: [dc2]}}]}}\n",
    "no number": HEAD + "  - repeat: {at_most: .inf, steps: [{abc: [dc2]}]}\n",
    "a base-60 number": HEAD + "  - repeat: {at_most: 1:40:00, steps: [{abc: [dc2]}]}\n",
    "repeats of repeats": HEAD
    + "  - repeat: {at_most: 100, steps: [{repeat: {at_most: 100, steps: [{abc: [dc2]}]}}]}\n",
    "many steps": HEAD + "  - abc: [dc2]\n" * 4000,
    "many alternatives": HEAD + "  - best_of: [" + ", ".join(["shrink"] * 17) + "]\n",
    "alternatives of alternatives": HEAD
    + "  - best_of: ["
    + ", ".join(["[{repeat: {at_most: 99, steps: [{best_of: [shrink, shrink]}]}}]"] * 2)
    + "]\n",
    "an alternative from elsewhere": HEAD + "  - best_of: [resyn2, /tmp/evil.yaml]\n",
    "an alternative above": HEAD + "  - best_of: [resyn2, ../flows/resyn2]\n",
    "a hidden substitute": HEAD + "  - {abc: [dc2], instead: ['!touch pwned']}\n",
    "the other tool's substitute": HEAD + "  - {yosys: [opt], instead: [dc2]}\n",
    "endless time": HEAD + "  - {abc: [dc2], limits: {seconds: .inf}}\n",
    "endless memory": HEAD + "  - {abc: [dc2], limits: {memory: 99999999999}}\n",
    "no time": HEAD + "  - {abc: [dc2], limits: {seconds: -1}}\n",
    "hidden wall time": HEAD + "  - abc: ['&deepsyn -T 9']\n",
    "a name above": "name: ../../evil\nsteps: [{abc: [dc2]}]\n",
    "an absolute name": "name: /tmp/evil\nsteps: [{abc: [dc2]}]\n",
    "a hidden name": "name: .evil\nsteps: [{abc: [dc2]}]\n",
    "a name with a line end": 'name: "evil\\n"\nsteps: [{abc: [dc2]}]\n',
    "a name with a zero byte": 'name: "evil\\0"\nsteps: [{abc: [dc2]}]\n',
    "a name to be read backwards": "name: ev\u202eil\nsteps: [{abc: [dc2]}]\n",
    "a long name": f"name: {'x' * 300}\nsteps: [{{abc: [dc2]}}]\n",
    "a name twice": "name: good\nname: evil\nsteps: [{abc: [dc2]}]\n",
    "an unknown key": "name: evil\nshell: touch pwned\nsteps: [{abc: [dc2]}]\n",
    "a complex key": "name: evil\n? [x]\n: y\nsteps: [{abc: [dc2]}]\n",
    "a key that looks the same": "n\u0430me: evil\nsteps: [{abc: [dc2]}]\n",
    "commands as text": HEAD + "  - abc: dc2\n",
    "commands as a mapping": HEAD + "  - abc: {0: dc2}\n",
    "a control character": HEAD + "  - abc: ['dc2\x07']\n",
    "a byte order in the middle": HEAD + "  - abc: [dc2\ufeff]\n",
    "a directive": "%TAG ! tag:evil,2026:\n---\n" + HEAD + "  - abc: [!x dc2]\n",
    "no steps": "name: evil\nsteps: []\n",
    "much text": "# " + "x" * (1 << 20) + "\n" + HEAD + "  - abc: [dc2]\n",
}


def files() -> dict[str, str]:
    """By what they try."""
    quoted = {f"abc {c[:40]!r}": HEAD + '  - abc: [dc2, "' + c.replace('"', '\\"') + '"]\n' for c in ABC}
    quoted |= {f"yosys {c[:40]!r}": HEAD + '  - yosys: [opt, "' + c.replace('"', '\\"') + '"]\n' for c in YOSYS}
    return quoted | WHOLE


@pytest.mark.parametrize("trick", files())
def test_hostile_flows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trick: str) -> None:
    def started(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.Popen", started)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.yaml").write_text(files()[trick], encoding="utf-8")
    builder = AigBuilder()
    builder.output("y", builder.and_(builder.input("a"), builder.input("b")))
    with pytest.raises(InputError) as caught:
        run_flow(builder.build(), "evil.yaml", "runs")
    assert str(caught.value).startswith("evil.yaml")
    assert len(str(caught.value)) < 2000
    assert [path.name for path in tmp_path.iterdir()] == ["evil.yaml"]
