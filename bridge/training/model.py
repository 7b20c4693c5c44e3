"""The float twin of a cell: the same blocks over -1/+1 bits, with gradients; softer ones while a schedule says so.

Every weighted sum is a sum of integers, hence exact; only then come the row's scale and bias. So a cell can decide all
that the model decides in its own floats, ties included; see `bridge.training.export`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from bridge.cell.record import Levels
from bridge.readout.codetree import CodeTree
from bridge.training.functions import code_ways, latch, levels, log_products, look_up, scan, sign, straight_through
from bridge.training.options import LayerOptions, TrainingOptions, Wiring

State: TypeAlias = dict[str, Tensor]
LEVELS = 4  # of a neuron of two bits
ANDS = 4.7  # per nonzero weight of the shipped cell, adders shared, before any flow
# A latent of the mean kept size gets this size, so that small and large levels are about equally frequent.
_MEAN_LEVEL: dict[Levels, float] = {"binary": 1.0, "ternary": 1.0, "3bit": 2.0, "pow2": 1.6}


class IntegerWeights(nn.Module):
    """`forward()` -> weights as floats [rows, inputs], integers once `follow` says so; gradients go to `latent`.

    `cut` and `unit` ([rows, 1]: the smallest kept latent; the latent worth 1) are state of the schedule: `refresh`
    sets them from the latents, between refreshes they stay. `wired`: the inputs that are kept once `frozen`.
    """

    cut: Tensor
    unit: Tensor
    wired: Tensor
    frozen: Tensor

    def __init__(self, rows: int, inputs: int, fan_in: int, levels: Levels, wiring: Wiring = "row") -> None:
        super().__init__()
        self.fan_in = self.active = fan_in
        self.levels: Levels = levels
        self.wiring: Wiring = wiring
        self.hardness = self.share = 1.0
        self.latent = nn.Parameter(torch.randn(rows, inputs) / math.sqrt(fan_in))
        self.register_buffer("cut", torch.zeros(rows, 1))
        self.register_buffer("unit", torch.ones(rows, 1))
        self.register_buffer("wired", torch.ones(rows, inputs, dtype=torch.bool))
        self.register_buffer("frozen", torch.tensor(False))
        self.refresh()

    def follow(self, hardness: float, sparsity: float) -> None:
        """hardness: 0 the kept latents, 1 integers, between a mixture; sparsity: 0 all inputs, 1 `fan_in` of them."""
        inputs = self.latent.shape[1]
        self.hardness = hardness
        self.active = round(inputs * (self.fan_in / inputs) ** sparsity)

    @torch.no_grad()
    def refresh(self, freeze: bool = False, share: float = 1.0) -> None:
        """Choose anew which latents are kept and what a unit is; freeze: the choice of the inputs is the last one.

        share: of the nonzeros that the rows together may have, with wiring matrix.
        """
        size, self.share = self.latent.abs(), share
        if not self.frozen:
            self._choose(size)
            if freeze and self.active == self.fan_in:
                self.wired.copy_(size >= self.cut)
                self.frozen.fill_(True)
        if self.frozen or self.wiring == "matrix":
            kept = self.kept(size)
            mean = (size * kept).sum(dim=1, keepdim=True) / kept.sum(dim=1, keepdim=True)
            self.unit.copy_(mean.clamp_(min=1e-9) / _MEAN_LEVEL[self.levels])

    def _choose(self, size: Tensor) -> None:
        if self.wiring == "matrix":  # the rows share one number of inputs, each keeps at least one
            count = min(max(round(self.share * self.active * len(size)), 1), size.numel())
            common = size.flatten().topk(count).values[-1]
            self.cut.copy_(size.amax(dim=1, keepdim=True).clamp_(max=common))
            return
        largest = size.topk(self.active, dim=1).values
        self.cut.copy_(largest[:, -1:])
        self.unit.copy_(largest.mean(dim=1, keepdim=True) / _MEAN_LEVEL[self.levels])

    def kept(self, size: Tensor) -> Tensor:
        """bool[rows, inputs]: which inputs have a weight now."""
        if self.active == self.latent.shape[1] and self.share >= 1:
            return torch.ones_like(size, dtype=torch.bool)
        return self.wired if self.frozen else size >= self.cut

    @torch.no_grad()
    def integers(self) -> Tensor:
        """The quantized weights, without gradient."""
        size = self.latent.abs()
        kept = self.kept(size)
        if self.levels == "binary":
            return torch.where(self.latent >= 0, 1.0, -1.0).to(size.dtype) * kept
        if self.levels == "ternary":
            return self.latent.sign() * kept
        if self.levels == "3bit":
            return (self.latent / self.unit).round_().clamp_(-4, 3) * kept
        # In powers of two the border between two levels lies at their geometric mean.
        level = 1 + (size >= 2**0.5 * self.unit).to(size.dtype) + 2 * (size >= 8**0.5 * self.unit)
        return level * self.latent.sign() * kept

    @torch.no_grad()
    def hold(self, integers: Tensor) -> Tensor:
        """Have these weights, of the same levels, from now on: no rounding can change them. Returns them."""
        self.latent.copy_(integers)
        self.unit.fill_(1.0)
        self.wired.copy_(integers != 0)
        self.frozen.fill_(True)
        return self.integers()

    @torch.no_grad()
    def restart(self) -> None:
        """Forget all but the integers: latents have their sizes, in units of the mean one; those not kept are 0.

        What is not kept walks at random, and with time more and more of it walks into the weights.
        """
        integers = self.integers()
        self.latent.copy_(integers / integers[integers != 0].abs().mean())
        self.frozen.fill_(False)

    def literals(self) -> Tensor:
        """Unit literals that the sums of all rows add up: a weight of 1, 2 or 4 is one, of 3 two."""
        size = self.integers().abs()
        return (size > 0).sum() + (size == 3).sum()

    @torch.no_grad()
    def values(self) -> Tensor:
        """What `forward` gives, without gradient."""
        if self.hardness == 1:
            return self.integers()
        soft = self.latent / self.unit * self.kept(self.latent.abs())
        return soft if self.hardness == 0 else torch.lerp(soft, self.integers(), self.hardness)

    def forward(self) -> Tensor:
        return straight_through(self.latent, self.values())


class Reading(NamedTuple):
    """What the inputs of rows are: `gain * integer - centre`, float[inputs] each: bits are -1 and +1, levels lie
    half-way between integers. `unit`: what an integer sum of the cell counts for in the model."""

    gain: Tensor
    centre: Tensor
    unit: float

    @classmethod
    def of(cls, fine: list[bool]) -> Reading:
        gain = torch.where(torch.tensor(fine), 1.0, 2.0)
        return cls(gain, torch.where(torch.tensor(fine), LEVELS / 2 - 0.5, 1.0), float(gain.min()))

    def middle(self, weights: Tensor) -> Tensor:
        """float[rows]: what sums lack where all integers are 0."""
        return weights @ self.centre.to(weights)


class Layer(nn.Module):
    """Threshold rows in the order selects, values, plain neurons; `forward` -> (bits [T, B, width], latches [B, M])."""

    def __init__(self, options: TrainingOptions, index: int) -> None:
        super().__init__()
        self.shape: LayerOptions = options.layers[index]
        self.embedded = self.shape.embeddings * options.embedding_bits
        rows, inputs = self.shape.rows, options.inputs(index)
        self.weights = IntegerWeights(rows, inputs, self.shape.fan_in, options.levels, options.wiring)
        self.reading, self.fine = Reading.of(options.levels_read(index)), options.activation_bits > 1
        self.hardness = 1.0
        bias = torch.zeros(self.shape.rows)
        bias[: self.shape.latches] = -torch.rand(self.shape.latches)  # memory: select less often than every other step
        self.bias = nn.Parameter(bias)

    def forward(self, table: Tensor, windows: Tensor, before: Tensor | None, old: Tensor) -> tuple[Tensor, Tensor]:
        """table: [V + 1, bits]; windows: int64[T, B, window]; before: tapped bits [T, B, inputs]; old: [B, M]."""
        weights = self.weights()
        own = weights.shape[1] - (self.shape.latches if self.shape.recurrent else 0)
        sums = weigh(weights[:, :own], self.embedded, table, windows, before).view(*windows.shape[:2], -1)
        scale, gated = self.scale(weights), 2 * self.shape.latches
        if self.shape.recurrent:
            return self._recur(sums, weights[:, own:], scale, old)
        y = activation(sums, scale, self.bias)
        if not gated:
            return self._fire(y, scale), old
        if self.hardness == 1:
            state = latch(y[..., :gated], old)
        else:
            state, _ = scan(y[..., :gated], old, self.hardness, lambda now, _: now)
        bits = torch.cat([state, self._fire(y[..., gated:], scale)], dim=2) if self.shape.neurons else state
        return bits, state[-1].detach()

    def _recur(self, sums: Tensor, weights: Tensor, scale: Tensor, old: Tensor) -> tuple[Tensor, Tensor]:
        gated = 2 * self.shape.latches
        back, gain, bias = weights[:gated].T, scale[:gated], self.bias[:gated]

        def react(now: Tensor, state: Tensor) -> Tensor:
            return activation(torch.addmm(now, state, back), gain, bias)

        state, before = scan(sums[..., :gated], old, self.hardness, react)
        rest = sums[..., gated:] + functional.linear(before, weights[gated:])
        y = activation(rest, scale[gated:], self.bias[gated:])
        return torch.cat([state, self._fire(y, scale)], dim=2), state[-1].detach()

    def _fire(self, y: Tensor, scale: Tensor) -> Tensor:
        """What the neurons, the last rows, put out."""
        if not self.fine:
            return sign(y, self.hardness)
        scale = scale[len(scale) - y.shape[-1] :]
        return levels(y, scale * self.reading.unit * self.apart(scale), self.hardness)

    def apart(self, scale: Tensor) -> Tensor:
        """float[rows]: how many integers lie from one level to the next: about a standard deviation of the sum."""
        return (1 / (scale * self.reading.unit)).round().clamp(min=1)

    @staticmethod
    def scale(weights: Tensor) -> Tensor:
        """Per row, what makes the sum over independent bits have variance 1: float[rows], without gradient."""
        return weights.detach().square().sum(dim=1).clamp_(min=1).rsqrt()


class Head(nn.Module):
    """Integer logits, or scores of code nodes, and their scale: `forward` -> natural-log logits [T * B, symbols].

    `code`: int64[nodes, 2], the children of a CodeTree, empty without one; `ways`: float[2 * nodes, symbols], which
    nodes answer 0, then which answer 1 on the way to each symbol.
    """

    code: Tensor
    ways: Tensor

    def __init__(self, options: TrainingOptions, symbols: int) -> None:
        super().__init__()
        rows = symbols - 1 if options.head == "code" else symbols
        self.register_buffer("code", torch.zeros(symbols - rows and rows, 2, dtype=torch.int64))
        self.register_buffer("ways", torch.zeros(2 * len(self.code), symbols))
        self.embedded = options.head_embeddings * options.embedding_bits
        inputs, fan_in = options.head_inputs, options.head_fan_in
        self.weights = IntegerWeights(rows, inputs, fan_in, options.levels, options.wiring)
        self.bias = nn.Parameter(torch.zeros(rows))
        self.reading = Reading.of(options.levels_read(None))
        self.log_scale = nn.Parameter(torch.tensor(math.log(0.2) - 0.5 * math.log(options.head_fan_in)))

    def use(self, code: CodeTree) -> None:
        """Score the nodes of this code, of as many symbols as the head has."""
        self.code.copy_(torch.tensor(code.children))
        self.ways.copy_(code_ways(code))

    def integer_bias(self, integers: Tensor) -> Tensor:
        """Bias in units of the integer logits of the cell, not yet rounded: float[symbols]."""
        scale = self.log_scale.exp()
        return (self.bias - scale * self.reading.middle(integers)) / (self.reading.unit * scale)

    def forward(self, table: Tensor, windows: Tensor, bits: Tensor) -> Tensor:
        weights = self.weights()
        scale = self.log_scale.exp()
        with torch.no_grad():
            unit, middle = self.reading.unit * scale, self.reading.middle(weights)
            whole = self.integer_bias(weights).round_() * unit + scale * middle
            rounding = (whole - self.bias) * self.weights.hardness
        sums = weigh(weights, self.embedded, table, windows, bits)
        numbers = torch.addcmul(self.bias + rounding, sums, scale)
        return log_products(numbers, self.ways) if len(self.code) else numbers


class Model(nn.Module):
    """`forward(symbols, state)` -> (logits [T * B, V], new state). symbols: int64[T, B], indices into the alphabet.

    `price`: ANDs per nonzero weight, `fixed`: those of all else; see `bridge.training.loop.measure_price`.
    """

    price: Tensor
    fixed: Tensor

    def __init__(self, options: TrainingOptions, symbols: int) -> None:
        super().__init__()
        self.options = options
        self.symbols = symbols
        self.embedding = nn.Parameter(torch.randn(symbols, options.embedding_bits) * 0.7)
        self.layers = nn.ModuleList([Layer(options, index) for index in range(len(options.layers))])
        self.head = Head(options, symbols)
        self.hardness = 1.0  # of embeddings
        self.register_buffer("price", torch.tensor(ANDS))
        self.register_buffer("fixed", torch.tensor(0.0))

    def reset(self, batch: int) -> State:
        """The state before any byte: all bits 0, that is -1; index `symbols` stands for "no byte yet"."""
        table, layers = self.embedding, self.options.layers
        state = {"recent": torch.full((self.options.window - 1, batch), self.symbols, device=table.device)}
        for index, layer in enumerate(layers):
            state[f"latch{index}"] = table.new_full((batch, layer.latches), -1.0)
            depth = max((0, *layers[index + 1].taps)) if index + 1 < len(layers) else 0
            past = table.new_full((depth, batch, layer.width), -1.0)
            if self.options.activation_bits > 1:
                past[..., layer.latches :] = (1 - LEVELS) / 2
            state[f"past{index}"] = past
        return state

    def follow(self, fraction: float) -> None:
        """Be as hard and as sparse as the method wants it when `fraction` of the run is done."""
        method = self.options.method
        self.hardness = method.activations.at(fraction)
        for layer in self.layers:
            assert isinstance(layer, Layer)
            layer.hardness = self.hardness
        for matrix in self.matrices():
            matrix.follow(method.weights.at(fraction), method.sparsity.at(fraction))

    def refresh(self, freeze: bool = False) -> None:
        """Choose the nonzero weights of all rows anew; freeze: for the last time, where the fan-in is reached."""
        share = self._share()
        for module in self.matrices():
            module.refresh(freeze, share)

    def _share(self) -> float:
        """How many weights the budget of ANDs buys, as a multiple of what the fan-ins say."""
        if self.options.ands is None:
            return 1.0
        asked = sum(module.fan_in * len(module.latent) for module in self.matrices())
        return max(self.options.ands - float(self.fixed), 0.0) / (float(self.price) * asked)

    def matrices(self) -> Iterator[IntegerWeights]:
        """Every matrix of weights."""
        return (module for module in self.modules() if isinstance(module, IntegerWeights))

    def forward(self, symbols: Tensor, state: State) -> tuple[Tensor, State]:
        steps, window = len(symbols), self.options.window
        nothing = self.embedding.new_full((1, self.options.embedding_bits), -1.0)
        table = torch.cat([sign(self.embedding, self.hardness), nothing])
        recent = torch.cat([state["recent"], symbols])
        windows = torch.stack([recent[window - 1 - age : window - 1 - age + steps] for age in range(window)], dim=2)
        new = {"recent": recent[steps:]}
        outputs: list[Tensor] = []
        tapped = None
        for index, layer in enumerate(self.layers):
            if index:
                past = state[f"past{index - 1}"]
                tapped, new[f"past{index - 1}"] = _tap(outputs[-1], past, self.options.layers[index].taps)
            bits, new[f"latch{index}"] = layer(table, windows, tapped, state[f"latch{index}"])
            outputs.append(bits)
        new[f"past{len(outputs) - 1}"] = state[f"past{len(outputs) - 1}"]
        return self.head(table, windows, torch.cat(outputs, dim=2)), new


def activation(sums: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """The value whose sign a row puts out: [..., rows]."""
    return sums * scale + bias


def weigh(weights: Tensor, embedded: int, table: Tensor, windows: Tensor, bits: Tensor | None) -> Tensor:
    """Weighted sums [T * B, rows]; the first `embedded` columns read embeddings, newest first, the rest `bits`.

    A byte takes few values, so its part of a sum is looked up: far fewer operations than a product of matrices.
    """
    rows, sums = len(weights), None
    if embedded:
        ages = embedded // table.shape[1]
        tables = weights[:, :embedded].reshape(rows * ages, -1) @ table.T
        tables = tables.view(rows, ages, -1).permute(1, 2, 0).contiguous()
        sums = look_up(tables, windows[..., :ages].flatten(0, 1))
    if bits is not None:
        own = functional.linear(bits.flatten(0, 1), weights[:, embedded:])
        sums = own if sums is None else sums + own
    assert sums is not None
    return sums


def _tap(bits: Tensor, past: Tensor, taps: tuple[int, ...]) -> tuple[Tensor | None, Tensor]:
    steps, depth = len(bits), len(past)
    full = torch.cat([past, bits]) if depth else bits
    kept = full[steps:].detach()
    if not taps:
        return None, kept
    return torch.cat([full[depth - tap : depth - tap + steps] for tap in taps], dim=2), kept
