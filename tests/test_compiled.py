"""Machine code is cached on disk, under a name that changes with every compiled module."""

from __future__ import annotations

import os
import pickle
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from numba.core.errors import NumbaError

import bridge
import bridge.compiled as module
from bridge.compiled import LEVELS, compiled, compiled_part, digest, levels, trusted
from bridge.compiled.once import compiled_once
from support.processes import shown_on

# Who asks for a certain processor gets no code that was shipped.
NOT_SHIPPED = {"NUMBA_CPU_NAME": llvm.get_host_cpu_name(), "NUMBA_CPU_FEATURES": llvm.get_host_cpu_features().flatten()}
PROGRAM = """
import numpy as np
from bridge.aig import AigBuilder
builder = AigBuilder()
builder.output("y", builder.and_(builder.input("a"), builder.input("b")))
print(len(builder.build().ands))
"""


def total(values):  # type: ignore[no-untyped-def]
    result = 0
    for value in values:
        result += value
    return result


def first(values):  # type: ignore[no-untyped-def]
    return values[0]


def doubled(values):  # type: ignore[no-untyped-def]
    return np.concatenate((values, values))


def test_a_part_counts_no_references_and_so_makes_no_arrays() -> None:
    values = np.arange(4)
    assert compiled_part(first)(values) == 0
    with pytest.raises(NumbaError):
        compiled_part(doubled)(values)


@pytest.mark.parametrize(("decorator", "times"), [(compiled_part, 3), (compiled_once, 1)])
def test_what_is_compiled_once_is_the_same_for_all_constants(decorator: Any, times: int) -> None:
    @decorator
    def plus(a, b):  # type: ignore[no-untyped-def]
        return a + b

    @compiled
    def calls(a):  # type: ignore[no-untyped-def]
        return plus(a, 1) + plus(a, 2) + plus(a, a)

    assert calls(4) == 5 + 6 + 8
    assert len(plus.signatures) == times
    assert plus(1, 1) == 2


def test_an_index_of_types_that_have_moved_is_none(tmp_path: Path) -> None:
    index = module._Index(str(tmp_path), "f", "stamp")  # type: ignore[no-untyped-call]
    (tmp_path / "f.nbi").write_bytes(pickle.dumps(numba.__version__) + b"cbridge.nowhere\nMoved\n.")
    assert index.load("key") is None  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("suffix", ["nbi", "1.nbc"])
@pytest.mark.parametrize("damage", [b"", b"\xff" * 100, b"\x80\x04\x95", b"cnowhere\nAtAll\n."])
def test_damaged_files_are_none_and_are_written_again(tmp_path: Path, suffix: str, damage: bytes) -> None:
    index = module._Index(str(tmp_path), "f", "stamp")  # type: ignore[no-untyped-call]
    index.save("key", "code")  # type: ignore[no-untyped-call]
    assert index.load("key") == "code"  # type: ignore[no-untyped-call]
    (tmp_path / f"f.{suffix}").write_bytes(damage)
    assert index.load("key") is None  # type: ignore[no-untyped-call]
    index.save("key", "code")  # type: ignore[no-untyped-call]
    assert index.load("key") == "code"  # type: ignore[no-untyped-call]


FOLDER = Path(bridge.__file__).parent


def test_the_digest_changes_with_what_is_imported_and_with_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"a": "from bridge.b import (\n    f,\n)\n", "b": "from bridge.e import g\n", "c": "", "d": ""}
    texts["e/__init__"] = "from bridge.c import g\n"
    (tmp_path / "bridge/e").mkdir(parents=True)
    monkeypatch.setattr(module, "_ROOT", tmp_path)

    def forget() -> None:
        for remembering in (digest, module._imported, module._sha256):
            remembering.cache_clear()

    def digests() -> list[str]:
        forget()
        for name, text in texts.items():
            (tmp_path / "bridge" / f"{name}.py").write_text(text)
        return [digest(tmp_path / "bridge" / f"{name}.py") for name in texts]

    before = digests()
    texts["c"] = "1\n"
    after = digests()
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, False, True, False]
    forget()


def test_compiled_code_computes() -> None:
    assert compiled(total)(np.arange(10)) == 45


@pytest.mark.heavy
def test_cache_files_carry_the_digest_and_are_reused(tmp_path: Path) -> None:
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)} | NOT_SHIPPED
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        assert done.stdout.strip() == "1"
        names = sorted(path.name for path in tmp_path.rglob("*.nbc"))
        assert names
        assert all(digest(FOLDER / "aig/strash.py") in name for name in names)
    stamps = {path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, capture_output=True, timeout=120)
    assert {path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == stamps


@pytest.mark.heavy
def test_a_cache_that_speaks_of_classes_that_have_moved_is_none(tmp_path: Path) -> None:
    (tmp_path / "adds.py").write_text(
        "from bridge.compiled import compiled\n@compiled\ndef both(p):\n    return p.a + p.b\n"
    )
    (tmp_path / "one.py").write_text("from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: int\n    b: int\n")
    environment = {
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{tmp_path}:{FOLDER.parent}",
    }
    for home in ("one", "two"):
        command = [sys.executable, "-c", f"import adds, {home}; print(adds.both({home}.Pair(1, 2)))"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.stdout == "3\n", done.stderr
        if home == "one":
            (tmp_path / "one.py").rename(tmp_path / "two.py")


ADDS = "from bridge.compiled import compiled\n@compiled\ndef both(a, b):\n    return a + b\n"
CALL = """
import sys
from pathlib import Path
import bridge.compiled
bridge.compiled.SHIPPED = Path("shipped")
for level in sys.argv[1:]:
    bridge.compiled.LEVELS[level] = ("no such feature",)
import adds
print(adds.both(1, 2))
"""
AGAIN = "import sys; from bridge.compiled.again import compile_again; compile_again(*sys.argv[1:])"
BETTER, LEVEL = LEVELS


class Shipping:
    """A folder with a module of one compiled function, and code of it that is shipped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "adds.py").write_text(ADDS)
        (folder / "shipped").mkdir()

    def compiles(self, *command: str, **more: str) -> bool:
        """Does calling the function, or what the command is, leave new code?"""
        paths = {"PYTHONPATH": f"{self.folder}:{FOLDER.parent}", "NUMBA_CACHE_DIR": "built"}
        environment = {"PATH": "/usr/bin:/bin"} | paths | more
        kept = {path: path.read_bytes() for path in self.folder.rglob("*.nbc")}
        call = [sys.executable, "-c", *command]
        done = subprocess.run(call, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ("3\n" if command[0] == CALL else "")
        return any(kept.get(path) != path.read_bytes() for path in self.folder.rglob("*.nbc"))

    def ship(self) -> None:
        for file in (self.folder / "built").rglob("*.nb[ic]"):
            file.rename(self.folder / "shipped" / file.name)


@pytest.mark.heavy
@pytest.mark.skipif(not levels(), reason="machine code is shipped for newer processors")
def test_shipped_code_runs_where_it_fits_and_nowhere_else(tmp_path: Path) -> None:
    shipping = Shipping(tmp_path)
    assert shipping.compiles(CALL, NUMBA_CPU_NAME=LEVEL, NUMBA_CPU_FEATURES="")
    shipping.ship()
    assert not shipping.compiles(CALL)
    assert not shipping.compiles(CALL, BETTER)
    assert shipping.compiles(CALL, *LEVELS), "on an older processor"
    (tmp_path / "adds.py").write_text(ADDS.replace("a + b", "b + a"))
    assert shipping.compiles(CALL)


@pytest.mark.heavy
@pytest.mark.skipif(not levels(), reason="machine code is shipped for newer processors")
def test_code_of_a_better_level_is_made_anywhere_and_used_only_there(tmp_path: Path) -> None:
    """It is made without being run: `diamondrapids` has registers that no machine of these tests has."""
    for processor, usable in ((BETTER, BETTER in levels()), ("diamondrapids", False)):
        folder = tmp_path / processor
        folder.mkdir()
        shipping = Shipping(folder)
        assert shipping.compiles(CALL, NUMBA_CPU_NAME=LEVEL, NUMBA_CPU_FEATURES="")
        again = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""}
        assert shipping.compiles(AGAIN, LEVEL, "adds", **again)
        assert not shipping.compiles(AGAIN, LEVEL, "adds", **again)
        shipping.ship()
        assert not shipping.compiles(CALL)
        assert not shipping.compiles(CALL, BETTER)
        assert shipping.compiles(CALL, LEVEL) != usable, "with no code of the lower level"


@pytest.mark.parametrize(("lacking", "found"), [(None, [BETTER, LEVEL]), *((name, [LEVEL]) for name in module._V4)])
def test_a_processor_that_lacks_anything_of_a_level_gets_the_one_below(
    monkeypatch: pytest.MonkeyPatch, lacking: str | None, found: list[str]
) -> None:
    features = {name: name != lacking for name in LEVELS[BETTER]}
    monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: features)
    assert list(levels.__wrapped__()) == found
    features["avx2"] = False
    assert not levels.__wrapped__()


def test_the_best_level_is_taken_of_which_there_is_code(tmp_path: Path) -> None:
    index = module._Index(str(tmp_path), "f", "stamp")  # type: ignore[no-untyped-call]
    assert index.load_first("ab") is None
    index.save("b", "code of b")  # type: ignore[no-untyped-call]
    assert index.load_first("ab") == "code of b"
    index.save("a", "code of a")  # type: ignore[no-untyped-call]
    assert index.load_first("ab") == "code of a"
    (tmp_path / "f.2.nbc").write_bytes(b"")
    assert index.load_first("ab") == "code of b", "one that cannot be read is none"


def test_code_that_others_could_have_put_there_is_left_alone(tmp_path: Path) -> None:
    mine, open_to_all = tmp_path / "mine", tmp_path / "all"
    for folder, mode in ((mine, 0o755), (open_to_all, 0o777)):
        folder.mkdir()
        folder.chmod(mode)
    assert trusted(mine, Path(__file__))
    assert trusted(tmp_path / "to be made", Path(__file__))
    assert not trusted(open_to_all, Path(__file__))


@pytest.mark.parametrize(
    ("user", "group", "members", "believed"),
    [
        ("ann", "ann", [], True),
        ("ann", "ann", ["ann"], True),
        ("ann", "ann", ["bob"], False),
        ("ann", "staff", [], False),
        (None, "ann", [], False),
        ("ann", None, [], False),
    ],
)
def test_a_folder_open_to_a_group_is_that_of_whoever_is_in_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    user: str | None,
    group: str | None,
    members: list[str],
    believed: bool,
) -> None:
    """Many systems give everybody a group of their own, and make folders that it may write to."""

    def named(name: str | None, **facts: object) -> SimpleNamespace:
        if name is None:
            raise KeyError
        return SimpleNamespace(**facts)

    gid = tmp_path.stat().st_gid
    monkeypatch.setattr("pwd.getpwuid", lambda _: named(user, pw_name=user, pw_gid=gid))
    monkeypatch.setattr("grp.getgrgid", lambda _: named(group, gr_name=group, gr_mem=members))
    for mode, wanted in ((0o775, believed), (0o755, True)):
        tmp_path.chmod(mode)
        trusted.cache_clear()
        assert trusted(tmp_path, Path(__file__)) == wanted


@pytest.mark.heavy
def test_a_cache_open_to_all_is_neither_read_nor_written(tmp_path: Path) -> None:
    (tmp_path / "adds.py").write_text(ADDS)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{tmp_path}:{FOLDER.parent}", "NUMBA_CACHE_DIR": "built"}
    command = [sys.executable, "-c", "import adds; print(adds.both(1, 2))"]
    for mode, files in ((0o755, 1), (0o777, 0)):
        for file in (tmp_path / "built").rglob("*.nb[ic]"):
            file.unlink()
        for folder in (tmp_path / "built").glob("*"):
            folder.chmod(mode)
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert done.stdout == "3\n", done.stderr
        assert len([*(tmp_path / "built").rglob("*.nbc")]) == files


@pytest.mark.heavy
def test_people_are_told_why_they_wait(tmp_path: Path) -> None:
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)} | NOT_SHIPPED
    said = []
    for _ in range(2):
        reader, writer = pty.openpty()
        command = [sys.executable, "-c", PROGRAM]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=writer, check=True, timeout=120)
        os.write(writer, b"end")
        said.append(shown_on(reader, b"end"))
    assert said == [b"compiling for this machine; later runs will not\r\nend", b"end"]


@pytest.mark.heavy
def test_an_unwritable_cache_is_no_error() -> None:
    environment = {"NUMBA_CACHE_DIR": "/proc/nowhere", "PATH": "/usr/bin:/bin", "HOME": "/proc/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == "1", done.stderr[-500:]
