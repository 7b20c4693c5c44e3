"""The operations that models share: hard signs, gated latches, sums looked up by symbol, integers, codes.

Bits are -1 and +1 in training. A hard sign passes gradients as if it were tanh (the surrogate gradient). While a
network is hardened its bits are mixtures of tanh and sign: `hardness` 0 is tanh, 1 is sign.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from bridge.readout.codetree import CodeTree


def sign(y: Tensor, hardness: float = 1.0) -> Tensor:
    """+1 where y >= 0, else -1; gradient of tanh. Any shape."""
    return _Sign.apply(y, hardness)  # type: ignore[no-any-return, no-untyped-call]


def levels(y: Tensor, reach: Tensor, hardness: float = 1.0) -> Tensor:
    """Four levels, -1.5 .. 1.5: half the signs of y + reach, y and y - reach; their gradients."""
    return 0.5 * (sign(y + reach, hardness) + sign(y, hardness) + sign(y - reach, hardness))


def latch(y: Tensor, old: Tensor) -> Tensor:
    """Gated memory over time, `s[t] = select[t] ? value[t] : s[t - 1]`.

    y: [T, B, 2M], selects then values before their sign; old: [B, M] of +-1, s[-1] -> [T, B, M] of +-1.
    """
    return _Latch.apply(y, old)  # type: ignore[no-any-return, no-untyped-call]


def scan(
    inputs: Tensor, old: Tensor, hardness: float, react: Callable[[Tensor, Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Gated memory step by step: `latch` for soft bits, or for selects and values that depend on the state before.

    inputs: [T, ...]; react: (inputs of a step, state [B, M]) -> y of the step, [B, 2M]. Gives the states after and the
    states before each step, [T, B, M] each.
    """
    states = [old]
    for now in inputs.unbind(0):
        select, value = sign(react(now, states[-1]), hardness).chunk(2, dim=1)
        states.append(torch.lerp(states[-1], value, 0.5 + 0.5 * select))
    history = torch.stack(states)
    return history[1:], history[:-1]


def look_up(tables: Tensor, indices: Tensor) -> Tensor:
    """Sum of one row of each table. tables: [K, V, rows]; indices: int64[N, K] -> [N, rows]."""
    return _LookUp.apply(tables, indices)  # type: ignore[no-any-return, no-untyped-call]


def straight_through(latent: Tensor, integers: Tensor) -> Tensor:
    """The integers, as far as the loss sees; the gradient goes straight through to the latents, unchanged."""
    return _StraightThrough.apply(latent, integers)  # type: ignore[no-any-return, no-untyped-call]


def code_ways(code: CodeTree) -> Tensor:
    """float[2 * nodes, symbols]: which nodes answer 0, then which answer 1 on the way to each symbol."""
    nodes, bits = code.paths
    symbol, place = np.nonzero(nodes >= 0)
    ways = torch.zeros(2 * code.nodes, code.nodes + 1)
    ways[nodes[symbol, place] + code.nodes * bits[symbol, place], symbol] = 1.0
    return ways


def log_products(scores: Tensor, ways: Tensor) -> Tensor:
    """Logarithms of the symbols' probabilities, [n, symbols], from the scores of all nodes [n, nodes] in nats."""
    ones = functional.logsigmoid(scores)  # that of a 0 is smaller by the score
    return torch.cat([ones - scores, ones], dim=1) @ ways


def _hard(y: Tensor) -> Tensor:
    return (y >= 0).to(y.dtype).mul_(2).sub_(1)


class _Sign(Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, hardness: float) -> Tensor:
        ctx.save_for_backward(y)
        return _hard(y) if hardness == 1 else torch.lerp(torch.tanh(y), _hard(y), hardness)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (y,) = ctx.saved_tensors
        return _slope(y).mul_(grad), None


class _StraightThrough(Function):
    @staticmethod
    def forward(ctx: Any, latent: Tensor, integers: Tensor) -> Tensor:
        return integers

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad, None


class _Latch(Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, old: Tensor) -> Tensor:
        steps = len(y)
        select, value = y.chunk(2, dim=2)
        chosen = select >= 0
        history = torch.cat([old[None], _hard(value)])
        times = torch.arange(1, steps + 1, device=y.device)[:, None, None]
        last = torch.cummax(chosen * times, dim=0).values  # index into history of the value held at each time
        state = history.gather(0, last)
        before = torch.cat([old[None], state[:-1]])
        ctx.save_for_backward(y, history[1:] - before)
        return state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        y, change = ctx.saved_tensors
        steps = len(y)
        chosen = y.chunk(2, dim=2)[0] >= 0
        # A value is felt until the next select: a sum over a segment is the difference of two running sums.
        rest = torch.zeros(steps + 1, *grad.shape[1:], dtype=grad.dtype, device=grad.device)
        rest[:steps] = grad.flip(0).cumsum(0).flip(0)
        times = torch.arange(steps, device=y.device)[:, None, None]
        ends = torch.where(chosen, times, steps).flip(0).cummin(dim=0).values.flip(0)
        ends = torch.cat([ends[1:], torch.full_like(ends[:1], steps)])
        felt = rest[:steps] - rest.gather(0, ends)
        slope = _slope(y)
        slope *= torch.cat([change * felt * 0.5, chosen * felt], dim=2)
        return slope, None


class _LookUp(Function):
    @staticmethod
    def forward(ctx: Any, tables: Tensor, indices: Tensor) -> Tensor:
        ctx.save_for_backward(indices)
        ctx.shape = tables.shape
        offsets = torch.arange(len(tables), device=indices.device) * tables.shape[1]
        return torch.nn.functional.embedding_bag(indices + offsets, tables.flatten(0, 1), mode="sum")

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (indices,) = ctx.saved_tensors
        out = torch.zeros(ctx.shape, dtype=grad.dtype, device=grad.device)
        for table, index in zip(out, indices.unbind(1), strict=True):
            table.index_add_(0, index, grad)
        return out, None


def _slope(y: Tensor) -> Tensor:
    return torch.tanh(y).square_().neg_().add_(1)
