"""ABC commands that must be told how large the netlist is: `&ttopt` aborts unless -I and -O are its inputs and outputs.

A flow leaves these options out, and every netlist gets its own. As tables have 2**inputs rows, there is a bound.
"""

from __future__ import annotations

from bridge.aig import Aig
from bridge.flow.schema import Step
from bridge.toolchain.process import NotTaken

SIZED = "&ttopt"
MOST_INPUTS = 16


def sized(step: Step, form: Aig) -> Step:
    """The step for the netlist that the tool is given; options that the flow has stay. NotTaken for one of too many
    inputs."""
    if not any(command.split()[0] == SIZED for command in step.abc or ()):
        return step
    inputs, outputs = len(form.inputs), len(form.outputs)
    if inputs > MOST_INPUTS:
        counts = f"{MOST_INPUTS} inputs, latches and points together, not {inputs:,}"
        raise NotTaken("abc", f"({step.label})", f"was not started: {SIZED!r} takes at most {counts}")
    return step.model_copy(update={"abc": tuple(_told(command, inputs, outputs) for command in step.abc or ())})


def _told(command: str, inputs: int, outputs: int) -> str:
    name, *given = command.split()
    if name != SIZED:
        return command
    sizes = (("-I", inputs), ("-O", outputs))
    return " ".join([name, *(f"{option} {size}" for option, size in sizes if option not in given), *given])
