"""A netlist as source code for other compilers."""

from __future__ import annotations

from bridge.aig import Aig
from bridge.aig.literals import inverted, variable_of
from bridge.execution import Program
from bridge.execution.compile.operations import INPUTS, LENGTHS, OPERATIONS, OUTPUTS

VECTOR_WORDS = 16  # words of a row: the best of 8 .. 64 for gcc
SEGMENT = 100  # operations in one C function

HEAD = f"""typedef unsigned long long v __attribute__((vector_size(64)));
#define FOR for (v *m = memory; m < memory + {VECTOR_WORDS // 8}; m++)
"""

HARNESS = """#include "Vtop.h"
#include <cstdio>
#include <cstdlib>
#include <ctime>
int main(int count, char **words) {
  Vtop top;
  long steps = atol(words[1]);
  timespec a, b;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
  for (long step = 0; step < steps; step++) {
    top.i = top.i * 6364136223846793005ull + 1442695040888963407ull;
    top.clk = 1; top.eval();
    top.clk = 0; top.eval();
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
  printf("%llu\\n%.9e\\n", (unsigned long long)top.o, ((b.tv_sec - a.tv_sec) + 1e-9 * (b.tv_nsec - a.tv_nsec)) / steps);
}
"""


class _Text:
    """An operand of `Operation.results` that writes C."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __and__(self, other: _Text) -> _Text:
        return _Text(f"({self.text} & {other.text})")

    def __or__(self, other: _Text) -> _Text:
        return _Text(f"({self.text} | {other.text})")

    def __xor__(self, other: _Text) -> _Text:
        return _Text(f"({self.text} ^ {other.text})")

    def __invert__(self) -> _Text:
        return _Text(f"~{self.text}")


def c_source(program: Program) -> str:
    """`void step(v *memory)`: all operations and the moves of the latches, in segments that loop over a row."""
    lines, count, code, at = [HEAD], 0, program.code.tolist(), 0
    vectors = VECTOR_WORDS // 8
    while code[at] < len(OPERATIONS):
        if count % SEGMENT == 0:
            lines.append(f"static void s{count // SEGMENT}(v *memory) {{ FOR {{")
        operation, inputs = code[at], int(INPUTS[code[at]])
        operands = [f"m[{vectors * slot}]" for slot in code[at + 1 : at + 1 + inputs]]
        results = OPERATIONS[operation].results(*map(_Text, operands))
        targets = code[at + 1 + inputs : at + int(LENGTHS[operation])]
        values = ", ".join(f"t{index} = {result.text}" for index, result in enumerate(results))
        stores = " ".join(f"m[{vectors * targets[index]}] = t{index};" for index in range(OUTPUTS[operation]))
        lines.append(f"{{ v {values}; {stores} }}")
        at += int(LENGTHS[operation])
        count += 1
        if count % SEGMENT == 0 or code[at] == len(OPERATIONS):
            lines.append("} }")
    calls = "".join(f"s{index}(memory);" for index in range(-(-count // SEGMENT)))
    moves = "".join(
        f"m[{vectors * target}] = {'~' * inverted(literal)}m[{vectors * variable_of(literal)}];\n"
        for literal, target in program.moves.tolist()
    )
    return "\n".join([*lines, f"void step(v *memory) {{ {calls} FOR {{ {moves} }} }}\n"])


def verilog_source(aig: Aig, width: int) -> str:
    """A module on vectors of so many bits; its inputs are cut from 64 random bits, its output is the XOR of all."""

    def value(literal: int) -> str:
        return f"{'~' * inverted(literal)}n{variable_of(literal)}"

    vector = f"[{width - 1}:0]"
    first = aig.first_latch
    lines = [f"module top(input clk, input [63:0] i, output {vector} o);", f"wire {vector} n0 = {width}'d0;"]
    for index in range(len(aig.inputs)):
        turn = index % 63 + 1
        lines.append(f"wire {vector} n{1 + index} = {{i[{turn - 1}:0], i[63:{turn}]}};")
    for index, latch in enumerate(aig.latches):
        start = f"~{width}'d0" if latch.reset == 1 else f"{width}'d0"
        lines.append(f"reg {vector} n{first + index}; initial n{first + index} = {start};")
        lines.append(f"always @(posedge clk) n{first + index} <= {value(latch.next)};")
    for index, (a, b) in enumerate(aig.ands.tolist()):
        lines.append(f"wire {vector} n{aig.first_and + index} = {value(a)} & {value(b)};")
    outputs = " ^ ".join(value(output.literal) for output in aig.outputs) or f"{width}'d0"
    return "\n".join([*lines, f"assign o = {outputs};", "endmodule\n"])
