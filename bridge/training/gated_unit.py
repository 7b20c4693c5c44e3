"""The gated recurrent unit with rounded weights, forwards and backwards through time.

Everything rounded is rounded in the forward pass and passes gradients as if it were not (straight-through, Bengio et
al. 2013). Matrix products are of 16-bit floats: small integers are exact there, sums are rounded to 8 bits.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from bridge.cell.folded import GATE, UNIT

HALF = torch.bfloat16
TOP = UNIT - 1


def run_unit(read: Tensor, weights: Tensor, whole: Tensor, scales: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """The states after each step, float[T, B, H], and the last without its history; states count in 128ths.

    read: float[T, B, 3 H], what reset, update and candidate get of the input, in nats; weights: float[3 H, H], which
    get the gradient; whole: integers[3 H, H] and scales: float[3 H], what is computed with instead; state: float[B, H].
    """
    states = _Unit.apply(read, weights, whole, scales, state)  # type: ignore[no-untyped-call]
    return states, states[-1].detach()


def multiply(values: Tensor, weights: Tensor, whole: Tensor, scales: Tensor) -> Tensor:
    """float[N, rows]: `values @ (whole * scales).T`, whose gradient goes to the weights. values: float[N, columns]."""
    return _Multiply.apply(values, weights, whole, scales)  # type: ignore[no-any-return, no-untyped-call]


class _Multiply(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weights: Tensor, whole: Tensor, scales: Tensor) -> Tensor:
        half = values.to(HALF)
        ctx.save_for_backward(half, whole, scales)
        return (half @ whole.to(HALF).t()).float() * scales

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        values, whole, scales = ctx.saved_tensors
        half = gradient.to(HALF)
        return (half @ (whole * scales[:, None]).to(HALF)).float(), (half.t() @ values).float(), None, None


class _Unit(Function):
    @staticmethod
    def forward(ctx: Any, read: Tensor, weights: Tensor, whole: Tensor, scales: Tensor, state: Tensor) -> Tensor:
        steps, batch, width = len(read), *state.shape
        columns, gates = whole.to(HALF).t(), 2 * width
        states, half = read.new_empty(steps + 1, batch, width), read.new_empty(steps + 1, batch, width, dtype=HALF)
        opened, new, inner = (
            read.new_empty(steps, batch, gates),
            torch.empty_like(states[1:]),
            torch.empty_like(states[1:]),
        )
        states[0] = half[0] = state
        for step in range(steps):
            sums = (half[step] @ columns).float().mul_(scales)
            gate = torch.add(sums[:, :gates], read[step, :, :gates], out=opened[step]).sigmoid_()
            gate.mul_(GATE).round_().mul_(1 / GATE)
            inner[step] = sums[:, gates:]
            # tanh x = 2 sigmoid(2 x) - 1; torch's own takes ten times as long.
            drive = torch.addcmul(read[step, :, gates:], gate[:, :width], inner[step]).mul_(2).sigmoid_()
            torch.round(drive.mul_(2 * TOP).sub_(TOP), out=new[step])
            after = torch.lerp(states[step], new[step], gate[:, width:], out=states[step + 1]).round_()
            half[step + 1] = after
        ctx.save_for_backward(states, half, opened, new, inner, whole, scales)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        states, half, opened, new, inner, whole, scales = ctx.saved_tensors
        steps, batch, width = new.shape
        rows = (whole * scales[:, None]).to(HALF)
        reset, update = opened.split(width, dim=2)
        to_update = update * (1 - update) * (new - states[:-1])
        to_new = update * (TOP - new * new / TOP)
        to_reset = inner * reset * (1 - reset)
        kept = 1 - update
        # Of reset, update, candidate through what was held, candidate through what was read.
        drives = half.new_empty(steps, batch, 4 * width)
        running = torch.zeros_like(states[0])
        for step in range(steps - 1, -1, -1):
            of_reset, of_update, of_held, of_read = drives[step].split(width, dim=1)
            running += gradient[step]
            candidate = running * to_new[step]
            of_read.copy_(candidate)
            torch.mul(running, to_update[step], out=of_update)
            torch.mul(candidate, to_reset[step], out=of_reset)
            torch.mul(candidate, reset[step], out=of_held)
            running.mul_(kept[step]).add_(drives[step, :, : 3 * width] @ rows)
        held = drives[:, :, : 3 * width].reshape(-1, 3 * width)
        read = torch.cat([drives[:, :, : 2 * width], drives[:, :, 3 * width :]], dim=2).float()
        return read, (held.t() @ half[:-1].reshape(-1, width)).float(), None, None, None
