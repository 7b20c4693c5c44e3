"""A module of torch as torch runs it, beside the cell that was made of it: every quantizer, and the scores."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.fx import Node
from torch.fx.node import map_arg

from bridge.arrays import Flags, Floats
from bridge.cell import Cell
from bridge.cell.blocks import Values
from bridge.melting.affine import Affine
from bridge.melting.source import Comparison, input_range
from bridge.melting.torch.graph import arguments, call, operation, place_of
from bridge.melting.torch.melt import Melted, dtype_of, melted
from bridge.melting.torch.walk import Stepped, depends

TIE = 2.0**-16  # of the largest value of a layer, that floats may be wrong by
WHY = "a value of a layer lies within 2**-16 of its largest from where it would be rounded otherwise"


@dataclass(frozen=True, eq=False)
class TorchReference:
    """See `bridge.melting.source.Reference`."""

    module: nn.Module
    made: Melted
    span: tuple[int, int, Fraction] | None

    @property
    def name(self) -> str:
        return f"torch {torch.__version__}"

    def rows(self, count: int, seed: int) -> Floats:
        """Random features, a third of them just where the first quantizer steps."""
        rng, features = np.random.default_rng(seed), int(np.prod(self.made.walk.input_shape))
        if self.span is not None:
            return rng.integers(self.span[0], self.span[1] + 1, (count, features)).astype(np.float64)
        encoder = self.made.cell.inputs[0].encoder
        assert encoder is not None
        steps = encoder.thresholds[np.isfinite(encoder.thresholds)]
        if not len(steps):
            return rng.normal(size=(count, features))
        low, high = float(steps.min()), float(steps.max())
        reach = max(high - low, abs(high), 1e-3) / 4
        found = rng.uniform(low - reach, high + reach, (count, features))
        near = rng.random((count, features)) < 0.3
        found[near] = rng.choice(steps, int(near.sum()))
        return found

    def compare(self, cell: Cell, raw: Floats, values: Values) -> Comparison:
        walk, dtype = self.made.walk, dtype_of(self.module)
        x = torch.from_numpy(np.asarray(raw, np.float64)).to(dtype).reshape(len(raw), *walk.input_shape)
        x = x if self.span is None else x / float(self.span[2])
        steps = [step for step in walk.stepped if _known(self.made, step.result, values) is not None]
        nodes = [step.node for step in steps]
        own = self._run(x, nodes, dtype)
        pins = dict(zip(nodes, own, strict=True))  # so that only one rounding at a time is looked at
        fine = self._run(x.double(), [step.before for step in steps], torch.float64, pins)
        equal, close = np.ones(len(raw), bool), np.zeros(len(raw), bool)
        first: str | None = None
        for step, found, before in zip(steps, own, fine, strict=True):
            cells = _known(self.made, step.result, values)
            assert cells is not None
            differs = (cells != found) & (equal | close)[:, None] & ~close[:, None]
            near = _near(step, before, found.shape)
            wrong = (differs & ~near).any(axis=1)
            if first is None and wrong.any():
                row = int(wrong.argmax())
                j = int((differs & ~near)[row].argmax())
                first = f"{place_of(step.node)}[{j}] is {found[row, j]:g} in the module, {cells[row, j]:g} in the cell"
            equal &= ~differs.any(axis=1)
            close |= differs.any(axis=1) & ~wrong
        scores, wanted = self._scores(cell, values), self._run_module(x)
        off = np.abs(scores - wanted) > TIE * np.abs(wanted).max(initial=1.0) + self._error
        apart = off.any(axis=1) & equal
        if first is None and apart.any():
            row = int(apart.argmax())
            j = int(off[row].argmax())
            first = f"score {j} is {wanted[row, j]:.9g} in the module, {scores[row, j]:.9g} in the cell"
        return Comparison(equal & ~apart, close, WHY, first)

    @property
    def _error(self) -> float:
        return float(self.made.cell.record["melt"].get("bound", 0.0))

    def _scores(self, cell: Cell, values: Values) -> Floats:
        facts = self.made.cell.record["melt"]
        found: Floats = values[cell.last.name] * facts["scale"] + facts["offset"]
        return found

    @torch.no_grad()
    def _run_module(self, x: Tensor) -> Floats:
        """float64[rows, scores], before a softmax at the end."""
        last = self.made.walk.graph.outputs[0]
        kept = self.made.walk.last
        if last is not kept:
            return self._run(x, [kept], dtype_of(self.module))[0]
        module = copy.deepcopy(self.module).eval()
        found: Floats = module(x).double().numpy().reshape(len(x), -1)
        return found

    @torch.no_grad()
    def _run(
        self, x: Tensor, wanted: Sequence[Node], dtype: torch.dtype, pins: Mapping[Node, Floats] | None = None
    ) -> list[Floats]:
        """float64[rows, elements] of nodes, in floats of that type; what is constant is what the module makes of it,
        and nodes with pins are what these say."""
        walk = self.made.walk
        graph, pinned = walk.graph, pins or {}
        fixed = [node for node in graph.nodes if not depends(walk.values[node])]
        constants = {node: _cast(walk.values[node], dtype) for node in fixed}

        def one(row: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
            known: dict[Node, Any] = {**constants, graph.inputs[0]: row[None]}
            for node, value in zip(pinned, given, strict=True):
                like = node.meta["val"]
                known[node] = value.reshape(like.shape).to(dtype if like.is_floating_point() else like.dtype)
            for node in graph.nodes:
                if node not in known:
                    args, kwargs = map_arg((node.args, node.kwargs), lambda each: known[graph.through(each)])
                    known[node] = _cast(call(node, args, kwargs), dtype)
            return tuple(known[node].reshape(-1).double() for node in wanted)

        given = [torch.from_numpy(values).to(dtype) for values in pinned.values()]
        return [part.numpy() for part in torch.func.vmap(one)(x, *given)] if wanted else []


def reference_of(source: Any, options: Mapping[str, Any]) -> TorchReference:
    """Of a module that was melted with these options."""
    span = input_range(options["input_range"]) if options.get("input_range") is not None else None
    return TorchReference(source, melted(source, options), span)


def _cast(value: Any, dtype: torch.dtype) -> Any:
    return value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value


def _known(made: Melted, result: Affine, values: Values) -> Floats | None:
    """float64[rows, elements]: what the cell has; None where it does without these blocks."""
    found = made.walk.drawing.held(result.elements.ravel(), values)
    if found is None:
        return None
    whole: Floats = found * result.scale.floats().ravel() + result.offset.floats().ravel()
    return whole


def _near(step: Stepped, before: Floats, shape: tuple[int, ...]) -> Flags:
    """Where the value before a step is about where it steps."""
    kind, reach = operation(step.rounding), TIE * max(1.0, float(np.abs(before).max(initial=0)))
    if kind in ("ge", "gt", "le", "lt"):
        other = arguments(step.rounding)["other"]
        before = before - (other if isinstance(other, int | float) else 0.0)
    away = np.abs(before) if kind in ("sign", "ge", "gt", "le", "lt", "heaviside") else None
    if away is None:
        middle = 0.5 if kind in ("round", "fake_quantize_per_tensor_affine") else 0.0
        away = np.abs(before - middle - np.round(before - middle))
    found: Flags = np.broadcast_to(away <= reach, shape)
    return found
