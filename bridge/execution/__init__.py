"""Running: compiled bit-parallel programs, bits per byte of a text, traces and generated text."""

from bridge.execution.compile.program import Program, compile_literals, compile_program
from bridge.execution.generate import Conversation, generate
from bridge.execution.machines.native import Support, support
from bridge.execution.machines.run import Kernel, run, simulate
from bridge.execution.models import trace
from bridge.execution.observe import Observation, observe
from bridge.execution.text import Evaluation, bits_per_byte, evaluate

__all__ = [
    "Conversation",
    "Evaluation",
    "Kernel",
    "Observation",
    "Program",
    "Support",
    "bits_per_byte",
    "compile_literals",
    "compile_program",
    "evaluate",
    "generate",
    "observe",
    "run",
    "simulate",
    "support",
    "trace",
]
