"""A quantized gated recurrent unit, trained on the King James text by torch alone, becomes a machine of gates.

python docs/gru.py [steps] [width]
"""

from __future__ import annotations

import itertools
import sys

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import bridge


def estimated(x: Tensor, given: Tensor) -> Tensor:
    """`given`, with the gradient of x."""
    return x + (given - x).detach()


class Dense(nn.Linear):
    """Weights are the integers -3 .. 3 times one scale."""

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight.detach().abs().mean()
        whole = torch.round(self.weight / scale).clamp(-3, 3) * scale
        return functional.linear(x, estimated(self.weight, whole), self.bias)


class GRU(nn.Module):
    """A step: the byte that is read, as its rank in the alphabet, and the state -> logits, and the new state.

    The gate is one of 0, 1/4 .. 1; values and the state one of -1, -3/4 .. 1."""

    def __init__(self, symbols: int, embedded: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(symbols, embedded) * 0.5)
        self.gate, self.value = Dense(embedded + width, width), Dense(embedded + width, width)
        self.last = Dense(width + embedded, symbols)

    def forward(self, byte: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        bits = functional.embedding(byte, estimated(self.embedding, torch.sign(self.embedding)))
        read = torch.cat([bits, state], dim=1)
        gate = quarters(functional.hardsigmoid(self.gate(read)))
        value = quarters(functional.hardtanh(self.value(read)))
        state = quarters((state + gate * (value - state)).clamp(-1, 1))
        return self.last(torch.cat([state, bits], dim=1)), state


def quarters(x: Tensor) -> Tensor:
    return estimated(x, torch.round(x * 4) / 4)


def trained(text: np.ndarray, symbols: int, steps: int, width: int) -> GRU:
    """On 64 streams at once, 48 bytes of each at a time."""
    torch.manual_seed(0)
    model = GRU(symbols, 16, width)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-2, weight_decay=0.0)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=steps)
    streams = torch.from_numpy(text[: len(text) // 64 * 64].reshape(64, -1)).long()
    state = torch.zeros(64, width)
    for step in range(steps):
        start = step * 48 % (streams.shape[1] - 49)
        loss, state = torch.zeros(()), state.detach()
        for place in range(start, start + 48):
            logits, state = model(streams[:, place], state)
            loss = loss + functional.cross_entropy(logits, streams[:, place + 1]) / 48
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        rate.step()
        if step % 100 == 0:
            print(f"step {step}: {loss.item() / np.log(2):.3f} bits per byte", flush=True)
    return model.eval()


@torch.no_grad()
def side_by_side(model: GRU, cell: bridge.Cell, text: bytes) -> tuple[float, float, int]:
    """Bits per byte of both, one stream from the start, and how many bytes have another state in the two."""
    ranks = {byte: rank for rank, byte in enumerate(cell.head.symbols)}
    floats, integers = torch.zeros(1, model.gate.out_features), cell.reset(1)
    bits, other = np.zeros(2), 0
    for byte, following in itertools.pairwise(text):
        logits, floats = model(torch.tensor([ranks[byte]]), floats)
        integers, numbers = cell.step(integers, np.array([byte], np.uint8))
        both = logits[0], torch.from_numpy(numbers[0] * cell.head.scale)
        bits -= [float(torch.log_softmax(each.double(), 0)[ranks[following]]) / np.log(2) for each in both]
        other += not np.array_equal(floats[0].numpy() * 4, integers[0])
    return bits[0] / (len(text) - 1), bits[1] / (len(text) - 1), other


def main(steps: int = 600, width: int = 32) -> None:
    corpus = bridge.load_corpus("kjv")
    alphabet = bytes(sorted({*corpus.training}))
    ranks = np.searchsorted(np.frombuffer(alphabet, np.uint8), np.frombuffer(corpus.training, np.uint8))
    model = trained(ranks, len(alphabet), steps, width)
    cell = bridge.melt(model, alphabet=alphabet, state_shapes=[width])
    print(cell)
    heldout = bytes(byte for byte in corpus.heldout[:3000] if byte in alphabet)
    print("bits per byte of torch, of the cell, and bytes with another state:", *side_by_side(model, cell, heldout))
    netlist = bridge.lower(cell)
    print(netlist, bridge.certify(cell, netlist).answer)
    print("bits per byte of the netlist:", bridge.bits_per_byte(netlist, corpus.heldout[:100_000]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
