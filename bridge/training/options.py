"""What to train and how: `TrainingOptions`, checked when made; `METHODS`; `sized`, the shape for a budget of ANDs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from bridge.cell.record import Device, Levels
from bridge.errors import InputError

Wiring = Literal["row", "matrix"]
HeadKind = Literal["symbols", "code"]

# What cells were trained with whose record is older than these options.
BEFORE = {"freeze": 1.0, "average": 0.0, "restart": 0}
GONE = ("by_layer", "teacher")  # parts of a method that older records name; nothing where they are false or 0
SMALL = 20_000  # ANDs that the widths of `sized` belong to


@dataclass(frozen=True)
class Ramp:
    """From 0 to 1 in a straight line: it leaves 0 at `start` and is at 1 from `end` on, both fractions of the run.

    `Ramp()` is 1 all the time; `NEVER` becomes 1 only when the run is over.
    """

    start: float = 0.0
    end: float = 0.0

    def at(self, fraction: float) -> float:
        """Its height when `fraction` of the run is done."""
        if fraction >= self.end:
            return 1.0
        return 0.0 if fraction <= self.start else (fraction - self.start) / (self.end - self.start)


ALWAYS = Ramp()
NEVER = Ramp(1.0, 1.0)
EARLY = Ramp(0.15, 0.6)


@dataclass(frozen=True)
class Method:
    """How a float network becomes an integer one while it learns.

    `weights`: from floats to integers; `activations`: from tanh to sign; `sparsity`: from all inputs (number falling
    geometrically) to the fan-in.
    """

    weights: Ramp = ALWAYS
    activations: Ramp = ALWAYS
    sparsity: Ramp = ALWAYS

    @property
    def hardens(self) -> bool:
        """Does it end with integers before the run ends?"""
        return max(self.weights.end, self.activations.end, self.sparsity.end) < 1


QUANTIZED = Method()
METHODS = {
    "quantized": QUANTIZED,
    "float": Method(NEVER, NEVER, NEVER),
    "sparse-float": Method(NEVER, NEVER, EARLY),
    "gradual": Method(EARLY, EARLY, EARLY),
}


@dataclass(frozen=True)
class LayerOptions:
    """One layer: `latches` gated state bits, then `neurons` plain neurons, each with `fan_in` nonzero weights.

    The layer reads the newest `embeddings` embeddings, the previous layer's bits of `taps` steps ago (0 is now), and,
    if `recurrent`, what its own latches held at the end of the step before.
    """

    neurons: int
    latches: int = 0
    fan_in: int = 24
    embeddings: int = 0
    taps: tuple[int, ...] = ()
    recurrent: bool = False

    @property
    def width(self) -> int:
        """Bits that the layer hands on."""
        return self.latches + self.neurons

    @property
    def rows(self) -> int:
        """Threshold functions in the layer: a latch needs one for its select and one for its value."""
        return 2 * self.latches + self.neurons


@dataclass(frozen=True)
class TrainingOptions:
    """Shape, quantization and schedule of one training run; InputError on nonsense.

    `window`: how many embeddings (the newest included) the cell remembers, at least what any layer or the head reads.
    `embedding_bits`: of a byte. `layers`: one after the other. `head_embeddings`: the newest ones that the head reads.
    `head_fan_in`: nonzero weights per symbol. `levels`: the integers a weight may be (binary +-1, never 0 once an input
    is chosen; ternary -1..1; 3bit -4..3; pow2 0, +-1, +-2, +-4). `wiring`: every row has `fan_in` nonzeros, or the rows
    of a matrix share as many and learn who needs them. `ands`: as many nonzeros as about so many ANDs buy, at a price
    that is measured as the cell trains; the fan-ins are proportions only (wiring matrix). `head`: one
    logit for every symbol, or one score for every node of a code tree that is learned from the text. `steps`, when
    given, replaces `minutes` and makes the run reproducible. `sequence`: steps through which gradients flow; the state
    is carried on from there.
    `method`: how floats become integers. `restart`: after the first third of the run, training
    starts anew from the integers found so far every so many steps, about (0: never; nor for a method that does not end
    with integers); embeddings stay from then on.
    `activation_bits`: of a neuron: 1, or 2, where it is one of four levels and the cell has integers.
    `freeze`: after this fraction of the time between two restarts the choice of inputs is final. `average`: the trained
    weights are the mean over this last fraction of that time. The ramps of a method end before the first restart.
    `learning_rate`, `batch` (texts read side by side), `seed`, `device`, `threads`: as in any training. `recency`: the
    place u in 0..1 of the text is read in proportion to exp(recency * u).
    """

    embedding_bits: int = 96
    window: int = 3
    layers: tuple[LayerOptions, ...] = (
        LayerOptions(neurons=112, latches=56, fan_in=26, embeddings=3),
        LayerOptions(neurons=224, fan_in=26, embeddings=3, taps=(0, 3)),
    )
    head_fan_in: int = 112
    head_embeddings: int = 3
    levels: Levels = "pow2"
    minutes: float = 10.0
    steps: int | None = None
    learning_rate: float = 2e-2
    batch: int = 64
    sequence: int = 64
    recency: float = 4.0
    seed: int = 0
    device: Device = "cpu"
    threads: int = 1
    wiring: Wiring = "row"
    method: Method = QUANTIZED
    freeze: float = 1.0
    average: float = 0.2
    restart: int = 330
    head: HeadKind = "symbols"
    ands: int | None = None
    activation_bits: int = 1

    def __post_init__(self) -> None:
        for name in ("embedding_bits", "window", "head_fan_in", "batch", "sequence", "threads"):
            whole(name, getattr(self, name), 1, 1 << 16)
        whole("head_embeddings", self.head_embeddings, 0, self.window)
        whole("seed", self.seed, 0, (1 << 63) - 1)
        whole("activation_bits", self.activation_bits, 1, 2)
        if self.steps is not None:
            whole("steps", self.steps, 1, 1 << 40)
        number("minutes", self.minutes, 0, math.inf)
        number("recency", self.recency, -1e-9, 20)
        number("learning_rate", self.learning_rate, 0, 10)
        number("freeze", self.freeze, -1e-9, 1 + 1e-9)
        number("average", self.average, -1e-9, 1 + 1e-9)
        whole("restart", self.restart, 0, 1 << 40)
        _check_method(self.method)
        chosen = (
            ("levels", self.levels, Levels),
            ("device", self.device, Device),
            ("wiring", self.wiring, Wiring),
            ("head", self.head, HeadKind),
        )
        for name, value, choices in chosen:
            if value not in get_args(choices):
                raise InputError(f"{name} must be one of {', '.join(get_args(choices))}, not {value!r}")
        if self.ands is not None:
            whole("ands", self.ands, 1, 1 << 24)
            if self.wiring != "matrix" or self.method.sparsity != Ramp():
                raise InputError("ands: a budget of ANDs needs wiring matrix, and a method without a ramp of sparsity")
        if not self.layers:
            raise InputError("layers: a cell needs at least one layer")
        for index in range(len(self.layers)):
            self._check_layer(index)
        whole("head_fan_in", self.head_fan_in, 1, self.head_inputs)

    def _check_layer(self, index: int) -> None:
        layer, place = self.layers[index], f"layers[{index}]"
        whole(f"{place}.neurons", layer.neurons, 0, 1 << 14)
        whole(f"{place}.latches", layer.latches, 0, 1 << 14)
        whole(f"{place}.embeddings", layer.embeddings, 0, self.window)
        for tap in layer.taps:
            whole(f"{place}.taps", tap, 0, 4096)
        if list(layer.taps) != sorted(set(layer.taps)):
            raise InputError(f"{place}.taps must be distinct and ascending, not {list(layer.taps)}")
        if index == 0 and layer.taps:
            raise InputError(f"{place}.taps: the first layer has no layer before it")
        if not layer.width:
            raise InputError(f"{place} needs at least one neuron or latch")
        if not isinstance(layer.recurrent, bool) or (layer.recurrent and not layer.latches):
            raise InputError(f"{place}.recurrent: true or false, and only a layer with latches can be recurrent")
        whole(f"{place}.fan_in", layer.fan_in, 1, self.inputs(index))

    def inputs(self, index: int) -> int:
        """Bits that layer `index` reads."""
        layer = self.layers[index]
        before = self.layers[index - 1].width if index else 0
        own = layer.latches if layer.recurrent else 0
        return layer.embeddings * self.embedding_bits + len(layer.taps) * before + own

    @property
    def head_inputs(self) -> int:
        """Bits that the head reads: the newest embeddings and every layer."""
        return self.head_embeddings * self.embedding_bits + sum(layer.width for layer in self.layers)

    def levels_read(self, index: int | None) -> list[bool]:
        """Which inputs of a layer (None: of the head) are not bits but levels of neurons."""
        fine = self.activation_bits > 1
        made = [[False] * layer.latches + [fine] * layer.neurons for layer in self.layers]
        if index is None:
            return [False] * self.head_embeddings * self.embedding_bits + [one for layer in made for one in layer]
        layer = self.layers[index]
        before = made[index - 1] * len(layer.taps) if index else []
        own = layer.latches if layer.recurrent else 0
        return [False] * layer.embeddings * self.embedding_bits + before + [False] * own

    def facts(self) -> dict[str, Any]:
        """The options as JSON-able data; `from_facts` is the inverse."""
        facts = asdict(self)
        facts["layers"] = [asdict(layer) | {"taps": list(layer.taps)} for layer in self.layers]
        return facts

    @staticmethod
    def from_facts(facts: Mapping[str, Any]) -> TrainingOptions:
        """Options from `facts()`, a training record or a user's file; InputError on unknown or wrong entries."""
        try:
            layers = facts.get("layers")
            given = dict(facts)
            if "method" in given:
                given["method"] = _method(given["method"])
            if layers is not None:
                given["layers"] = tuple(
                    LayerOptions(**(dict(layer) | {"taps": tuple(layer.get("taps", ()))})) for layer in layers
                )
            return TrainingOptions(**given)
        except (TypeError, AttributeError, ValueError) as error:
            known = ", ".join(field.name for field in fields(TrainingOptions))
            raise InputError(f"training options: {error}; known are {known}") from error


def sized(ands: int) -> TrainingOptions:
    """Options for a threshold cell of about so many ANDs (adders shared, before any flow) with a code head.

    The widths grow more slowly than the budget, so that larger cells have more inputs for each neuron as well.
    """
    width, bits = (max(1, round(small * (ands / SMALL) ** power)) for small, power in ((24, 0.6), (84, 0.15)))
    return TrainingOptions(
        embedding_bits=bits,
        window=3,
        layers=(
            LayerOptions(neurons=2 * width, latches=width, fan_in=16, embeddings=3),
            LayerOptions(neurons=4 * width, fan_in=16, embeddings=3, taps=(0, 3)),
        ),
        head_fan_in=40,
        head_embeddings=3,
        wiring="matrix",
        head="code",
        ands=ands,
    )


def named_method(name: str) -> Method:
    """One of METHODS; InputError for another name."""
    if name not in METHODS:
        raise InputError(f"there is no method {name!r}; choose from {', '.join(METHODS)}")
    return METHODS[name]


def _method(given: Any) -> Method:
    if isinstance(given, str):
        return named_method(given)
    entries: dict[str, Any] = {
        key: Ramp(**value) if isinstance(value, Mapping) else value
        for key, value in given.items()
        if key not in GONE or value
    }
    return Method(**entries)


def _check_method(method: Method) -> None:
    if not isinstance(method, Method):
        raise InputError(f"method must be a Method, not {method!r}")
    for name in ("weights", "activations", "sparsity"):
        ramp = getattr(method, name)
        if not isinstance(ramp, Ramp):
            raise InputError(f"method.{name} must have a start and an end, not {ramp!r}")
        for end in ("start", "end"):
            number(f"method.{name}.{end}", getattr(ramp, end), -1e-9, 1 + 1e-9)
        if ramp.start > ramp.end:
            raise InputError(f"method.{name}: starts at {ramp.start:g}, after its end at {ramp.end:g}")


def whole(name: str, value: Any, low: int, high: int) -> None:
    """InputError for what is none, or lies outside."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} must be a whole number in {low}..{high}, not {value!r}")


def number(name: str, value: Any, low: float, high: float) -> None:
    """InputError for what is none, or does not lie strictly between."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        bounds = f"above {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
        raise InputError(f"{name} must be a number {bounds}, not {value!r}")
