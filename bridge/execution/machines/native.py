"""Machine code for a program, where the machine can run it: x86-64 with AVX2 or AVX-512, and executable memory.

Code is written first and made executable, and no longer writable, afterwards. It belongs to the process: a fork has its
own copy, and any number of threads may run it at once, each on rows of its own.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import sys
import threading
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
from llvmlite import binding

from bridge.arrays import Bits
from bridge.execution.compile.program import Program
from bridge.execution.machines.codegen import Source, allocate, encode, next_uses
from bridge.execution.machines.interpreter import row_words
from bridge.execution.machines.micro import AVX2, AVX512

SEGMENTS = {True: 800, False: 400}  # operations in a piece of straight-line code, with AVX-512 and without: 16 KB
NEAR = 1 << 18  # operations; beyond, code comes from slow memory: short segments fetch it ahead, and rows are shorter
FAR_SEGMENT, FAR_WORDS, AHEAD = 300, 32, 24 << 10  # operations; words of a row; bytes
LARGEST = 1 << 20  # operations; beyond, and for rows of one block beyond NEAR, the interpreter's shorter stream wins
RECORDS = 20  # instructions that one operation may need, with all loads and stores
LONGEST = 12  # bytes of an instruction
SEGMENT_BYTES = 128  # around a segment
REACH = 1 << 31  # bytes of rows that a displacement can address


@dataclass(frozen=True)
class Support:
    """`wide`: AVX-512; `fault`: why no machine code can be made or run, empty if it can."""

    wide: bool = False
    fault: str = ""

    @property
    def name(self) -> str:
        return "AVX-512" if self.wide else "AVX2"


@dataclass(frozen=True)
class MachineCode:
    """Executable memory and where it starts. Whoever calls the address must hold this."""

    memory: mmap.mmap
    address: int


@cache
def support() -> Support:
    """What this processor and this process allow; found out once, by asking and by trying."""
    if platform.machine().lower() not in ("x86_64", "amd64") or sys.platform not in ("linux", "darwin"):
        return Support(fault=f"no code generator for {sys.platform} on {platform.machine()}")
    features = binding.get_host_cpu_features()
    if not features.get("avx2"):
        return Support(fault="the processor has no AVX2")
    try:
        executable(np.array([0xC3], np.uint8))  # ret
    except OSError as error:
        return Support(fault=f"executable memory is refused ({error.strerror or error})")
    return Support(wide=bool(features.get("avx512f")))


def native_code(program: Program, words: int, *, always: bool = False) -> MachineCode | None:
    """Machine code that runs a step of the program on rows of `words`, a multiple of 8.

    There is none where `support` names a fault, and for programs for which the portable machine is the better choice
    (unless `always`). Code is made once per program and width, and lives as long as the program or whoever holds it.
    """
    wide = support().wide
    row_bytes = 8 * int(row_words(words))
    too_large = program.operations > (NEAR if words < FAR_WORDS else LARGEST) and not always
    if support().fault or too_large or program.slots * row_bytes >= REACH:
        return None
    with _lock:
        known = _code.setdefault(program, {})
        if words not in known:
            known[words] = executable(_generate(program, words, row_bytes, wide))
        return known[words]


_lock = threading.Lock()
_code: WeakKeyDictionary[Program, dict[int, MachineCode]] = WeakKeyDictionary()


def _generate(program: Program, words: int, row_bytes: int, wide: bool) -> Bits:
    live = np.concatenate([program.outputs, program.moves[:, 0]]) >> 1
    uses = next_uses(program.code, live)
    registers, block = (32, 64) if wide else (16, 32)
    far = program.operations > NEAR
    segment = (FAR_SEGMENT if far else SEGMENTS[wide]) if 8 * words > block else max(1, program.operations)
    records = np.empty((RECORDS * program.operations + program.operations // segment + 2, 6), np.int32)
    source = Source(program.code, uses, AVX512 if wide else AVX2)
    allocate(source, program.slots, registers, segment, records)
    buffer = np.empty(LONGEST * int(records[0, 0]) + SEGMENT_BYTES * (program.operations // segment + 2), np.uint8)
    length = encode(records, words, row_bytes, wide, AHEAD if far else 0, buffer)
    return buffer[:length]


def executable(code: Bits) -> MachineCode:
    """A copy of the code in memory that may be executed and not written; OSError if that is refused."""
    memory = mmap.mmap(-1, len(code), prot=mmap.PROT_READ | mmap.PROT_WRITE)
    memory.write(code.tobytes())
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    if protect(ctypes.c_void_p(address), ctypes.c_size_t(len(code)), mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "mprotect failed")
    return MachineCode(memory, address)
