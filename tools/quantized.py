"""Quantized networks of digits, trained and melted, for the table of docs/melt.md: `python tools/quantized.py FOLDER`.

A convolution of 2 bits, a mixed network (convolutions, a pool, dense layers) of 3 and 4 bits, dense layers of 4 bits:
`FOLDER/conv.safetensors`, `mixed` and `dense`, for `aigbridge bench gates`. Weights have a scale for each row.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import bridge

SEEN, BATCH = 1400, 100


class Act(nn.Module):
    """Levels 0 .. top in steps of a scale, with a straight-through estimator."""

    def __init__(self, scale: float, top: int) -> None:
        super().__init__()
        self.scale, self.top = scale, top

    def forward(self, x: Tensor) -> Tensor:
        return x + (torch.round(x / self.scale).clamp(0, self.top) * self.scale - x).detach()


def rounded(weight: Tensor, most: int) -> Tensor:
    """Integers up to `most`, times a scale for each row."""
    scale = weight.detach().abs().flatten(1).amax(1).view(-1, *[1] * (weight.dim() - 1)) / most
    return weight + (torch.round(weight / scale) * scale - weight).detach()


class Dense(nn.Linear):
    most = 7

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, rounded(self.weight, self.most), self.bias)


class Conv(nn.Conv2d):
    most = 7

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, rounded(self.weight, self.most), self.bias, self.stride)


def conv() -> nn.Sequential:
    layers = [Act(16 / 3, 3), Conv(1, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), Act(0.5, 3)]
    network = nn.Sequential(*layers, nn.Flatten(), Dense(36, 10))
    for layer in network:
        if isinstance(layer, Conv | Dense):
            layer.most = 3
    return network


def mixed() -> nn.Sequential:
    first = [Act(16 / 7, 7), Conv(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), Act(0.4, 7), nn.MaxPool2d(2)]
    second = [Conv(3, 6, 2), nn.BatchNorm2d(6), nn.ReLU(), Act(0.3, 7), nn.Flatten()]
    return nn.Sequential(*first, *second, Dense(24, 16), nn.BatchNorm1d(16), nn.ReLU(), Act(0.4, 7), Dense(16, 10))


def dense() -> nn.Sequential:
    first = [Act(16 / 3, 3), nn.Flatten(), Dense(64, 24), nn.BatchNorm1d(24), nn.ReLU(), Act(0.4, 15)]
    return nn.Sequential(*first, Dense(24, 10))


def train(network: nn.Module, pixels: Tensor, digits: Tensor, epochs: int) -> None:
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(epochs):
        order = torch.randperm(SEEN)
        for begin in range(0, SEEN, BATCH):
            batch = order[begin : begin + BATCH]
            loss = nn.functional.cross_entropy(network(pixels[batch]), digits[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval()


def main() -> None:
    """Write the networks, and print how many of the digits that they have not seen each gets right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=25)
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows, classes = load_digits(return_X_y=True)
    pixels, digits = torch.tensor(rows, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(classes)
    for make in (conv, mixed, dense):
        torch.manual_seed(1)
        network = make()
        train(network, pixels, digits, given.epochs)
        right = (network(pixels[SEEN:]).argmax(1) == digits[SEEN:]).float().mean()
        bridge.melt(network, input_shape=(1, 8, 8)).save(given.folder / f"{make.__name__}.safetensors")
        print(f"{make.__name__} | {float(right):.3f}", flush=True)


if __name__ == "__main__":
    main()
