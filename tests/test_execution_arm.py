"""The portable kernel for a processor that is not here: its interpreter as machine code for Arm, read, not run."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from llvmlite import binding, ir
from numba import types

from bridge.execution.compile.operations import OPERATIONS
from bridge.execution.machines.interpreter import VECTOR, _write_interpreter
from support.tools import skip_or_fail

TRIPLE = "aarch64-unknown-linux-gnu"


class _Context:
    """As much of numba's context as the interpreter asks for: arrays are pointers."""

    def make_array(self, _: Any) -> Any:
        return lambda context, builder, pointer: SimpleNamespace(data=pointer)

    def get_dummy_value(self) -> None:
        return None


def interpreter_for(words: int) -> str:
    """LLVM's text of the interpreter for rows of so many words, as a function of the stream and of memory."""
    width, memory = types.UniTuple(types.int64, words), types.Array(types.uint64, 1, "C")
    code = types.Array(types.uint16, 1, "C")
    module = ir.Module("interpreter", context=ir.Context())
    pointers = [ir.IntType(16).as_pointer(), ir.IntType(64).as_pointer()]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), pointers), "interpret")
    builder = ir.IRBuilder(function.append_basic_block())
    signature, generate = _write_interpreter(None, code, memory, width)
    generate(_Context(), builder, signature, [*function.args, None])
    builder.ret_void()
    return str(module)


@pytest.mark.parametrize("words", [8, 64])
def test_rows_are_computed_in_vectors_of_neon(words: int) -> None:
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    try:
        machine = binding.Target.from_triple(TRIPLE).create_target_machine(cpu="neoverse-n1", opt=3)
    except RuntimeError:
        skip_or_fail("this LLVM knows no Arm")
    text = machine.emit_assembly(binding.parse_assembly(interpreter_for(words)))
    vectors = re.findall(r"^\s(?:and|orr|eor|bic|orn|bsl|bit|bif|mvn)\s+v\d+\.16b", text, re.MULTILINE)
    stores = re.findall(r"^\sst[rp]\s+q\d+", text, re.MULTILINE)
    assert len(vectors) > len(OPERATIONS) * VECTOR // 2 * (words // VECTOR)
    assert stores
