"""A testbench for the Verilog of a netlist: vectors, and a module that applies them and says PASS or FAIL."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bridge.aig import Aig
from bridge.arrays import Bits, Words
from bridge.cell.ranges import Ranges
from bridge.errors import InputError
from bridge.execution import compile_program, run
from bridge.execution.rows import pack_elements, places_of
from bridge.execution.words import random_words, stream_of
from bridge.files import write_atomic
from bridge.formats.names import distinct, signal_names
from bridge.formats.verilog_write import escaped
from bridge.metadata import read_metadata

SHOWN = 10  # failures

BENCH = """\
// Applies the {count} vectors of {memory} to {verilog}, and says PASS, or FAIL with the first that differ:
//   iverilog -g2005 -o {name}.vvp {verilog} {bench} && vvp {name}.vvp
module {name};
  reg [{last}:0] vectors [0:{final}];  // what is given, then what is to come out
  reg [{last}:0] vector;
  reg [{inputs}-1:0] given;
  wire [{outputs}-1:0] found;
  reg tick;
  integer step, failures;
  {module} device ({ports});
  initial begin
    $readmemh("{memory}", vectors);
    failures = 0;
    tick = 0;
    for (step = 0; step < {count}; step = step + 1) begin
      vector = vectors[step];
      given = vector[{last}:{outputs}];
      #1 if (found !== vector[{outputs}-1:0]) begin
        failures = failures + 1;
        if (failures <= {shown})
          $display("FAIL: vector %0d gives %h, not %h", step, found, vector[{outputs}-1:0]);
      end
      #1 tick = 1;
      #1 tick = 0;
    end
    if (failures == 0) $display("PASS: {count} vectors");
    else $display("FAIL: %0d of {count} vectors", failures);
    $finish;
  end
endmodule
"""


def write_testbench(aig: Aig, verilog: Path, count: int, seed: int = 0) -> tuple[Path, Path]:
    """Write `NAME_tb.v` and its vectors `NAME_tb.mem` beside the Verilog file `NAME.v` of a netlist; the two paths.

    The vectors are random integers of what its inputs can be, as far as it says, else random bits; a machine reads them
    one after the other, from reset. What is to come out is what our own compiled simulation of the netlist gives.
    InputError for latches of unknown reset, and for netlists without outputs or inputs.
    """
    if unknown := [latch.name for latch in aig.latches if latch.reset is None]:
        raise InputError(
            f"no testbench: latch {unknown[0]!r} starts as anything, so nothing is known of what comes out"
        )
    if not aig.outputs or not aig.inputs or count < 1:
        raise InputError("no testbench: a netlist needs inputs, outputs and a vector to be tried")
    names = signal_names(aig)
    data = [place for place in range(len(aig.inputs)) if place != names.clock_input]
    patterns = _patterns(aig, count, seed)
    program = compile_program(aig)
    answers, _ = run(program, patterns, program.reset_state(1))
    given, found = (stream_of(words, 0) for words in (patterns[:, data], answers))
    bench, memory = verilog.with_name(f"{verilog.stem}_tb.v"), verilog.with_name(f"{verilog.stem}_tb.mem")
    ports = [f".{escaped(names.inputs[place])}(given[{bit}])" for bit, place in enumerate(data)]
    ports += [f".{escaped(name)}(found[{bit}])" for bit, name in enumerate(names.outputs)]
    ports += [f".{escaped(names.clock)}(tick)"] if aig.latches else []
    sizes = {"inputs": len(data), "outputs": len(aig.outputs), "last": len(data) + len(aig.outputs) - 1}
    files = {"memory": memory.name, "verilog": verilog.name, "bench": bench.name}
    sizes |= {"count": count, "final": count - 1, "shown": SHOWN}
    modules = {"name": distinct(["testbench"], ["testbench"], [names.module])[0], "module": names.module}
    text = BENCH.format(ports=",\n    ".join(ports), **sizes, **files, **modules)
    write_atomic(memory, _hexadecimal(np.concatenate([found, given], axis=1)))
    write_atomic(bench, text)
    return bench, memory


def _patterns(aig: Aig, count: int, seed: int) -> Words:
    """uint64[count, inputs, 1], of which the lowest bits count."""
    inputs = read_metadata(aig).inputs
    if {name for each in inputs for name in each.signals} != set(aig.inputs):
        return random_words(seed, count, len(aig.inputs), 1)
    ranges = Ranges.joined([Ranges(each.low, each.high) for each in inputs])
    values = np.random.default_rng(seed).integers(ranges.low, ranges.high, (count, len(ranges)), endpoint=True)
    return pack_elements(np.ascontiguousarray(values[:, :, None]), places_of(aig, inputs))


def _hexadecimal(bits: Bits) -> str:
    """A line for each row of uint8[rows, bits], of which the first is the lowest bit."""
    packed = np.packbits(bits, axis=1, bitorder="little")[:, ::-1]
    digits = -(-bits.shape[1] // 4)
    return "".join(f"{row.tobytes().hex()[-digits:]}\n" for row in packed)
