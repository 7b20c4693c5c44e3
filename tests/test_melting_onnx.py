"""ONNX networks of several tools, melted, beside onnxruntime and the executor of qonnx."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

import bridge
from bridge.errors import InputError
from bridge.melting import check
from support.command_line import Call
from support.onnx_models import BREVITAS, FINN, QONNX, Sketch, convolutional, multilayer, plain_qcdq, residual
from support.tools import skip_or_fail

README = Path(__file__).parents[1] / "README.md"


def equal(path: Path, rows: int = 200, **options: str) -> check.Checked:
    """Every integer of every layer equal, except where float32 cannot tell: those are few."""
    if importlib.util.find_spec("qonnx") is None:
        skip_or_fail("qonnx is not installed")
    cell = bridge.melt(path, **options)
    found = check.check(path, cell, rows, options)
    assert found.good, (found.first, found.astray)
    assert found.strayed <= rows // 20
    assert found.ands  # it is no constant
    return found


@pytest.mark.heavy
@pytest.mark.parametrize("domain", [QONNX, BREVITAS, FINN])
@pytest.mark.parametrize(("bits", "acts"), [(1, 1), (2, 2), (3, 4), (2, 1)])
def test_layers_of_any_width(tmp_path: Path, domain: str, bits: int, acts: int) -> None:
    path = multilayer(bits, acts, domain, seed=bits + acts).save(tmp_path / "net.onnx")
    assert equal(path).reference.startswith("qonnx")


@pytest.mark.heavy
@pytest.mark.parametrize("bits", [1, 3])
def test_convolutions_and_pools(tmp_path: Path, bits: int) -> None:
    equal(convolutional(bits, 3, seed=bits).save(tmp_path / "net.onnx"), 100)


@pytest.mark.heavy
def test_branches_of_different_scales_meet(tmp_path: Path) -> None:
    equal(residual(3, 3).save(tmp_path / "net.onnx"), 100)


@pytest.mark.heavy
@pytest.mark.parametrize("options", [{}, {"input_range": "0..63/16"}])
def test_standard_operators_alone(tmp_path: Path, options: dict[str, str]) -> None:
    path = plain_qcdq().save(tmp_path / "net.onnx")
    assert equal(path, **options).reference.startswith("onnxruntime")


def test_sums_near_a_sign_are_close_though_their_block_is_gone(tmp_path: Path) -> None:
    sketch = Sketch((1, 6), seed=17)
    sketch.quant(scale=0.1, bits=2, signed=0)
    sketch.dense(6, 8, 3)
    sketch.bipolar()
    sketch.dense(8, 3, 1)
    path = sketch.save(tmp_path / "net.onnx")
    found = check.check(path, bridge.melt(path), 300)
    assert found.good, found.first
    assert 0 < found.strayed < 100


def test_what_stands_behind_the_scores_is_left_out(tmp_path: Path) -> None:
    cell = bridge.melt(plain_qcdq().save(tmp_path / "net.onnx"))
    assert any("Softmax" in note for note in cell.record["melt"]["notes"])


def _trunc(sketch: Sketch) -> None:
    sketch.quant(scale=0.125, bits=5)
    given = [sketch.at, *(sketch.constant(number) for number in (0.125, 0.0, 5, 3))]
    sketch.node("Trunc", *given, domain=sketch.domain, rounding_mode="FLOOR")


def _thresholds(sketch: Sketch) -> None:
    sketch.quant(scale=0.125, bits=4)
    rows = sketch.constant(np.sort(sketch.weights(6, 5), axis=1))
    sketch.node("MultiThreshold", sketch.at, rows, domain=sketch.domain, out_scale=0.5, out_bias=-1.0)


def _rounded(mode: str) -> Callable[[Sketch], None]:
    def make(sketch: Sketch) -> None:
        sketch.quant(scale=0.125, bits=5)  # powers of two, so that halves come up and are exact
        sketch.quant(scale=0.25, bits=4, rounding_mode=mode)

    return make


def _clipped(sketch: Sketch) -> None:
    sketch.quant(scale=0.25, bits=5)
    sketch.node("Clip", sketch.at, sketch.constant(-1.0), sketch.constant(1.5))


def _by_hand(sketch: Sketch) -> None:
    sketch.quant(scale=0.25, bits=5)
    sketch.node("Mul", sketch.at, sketch.constant(-1.5))
    sketch.node("Round", sketch.at)


def _sign(sketch: Sketch) -> None:
    sketch.quant(scale=0.25, bits=4)
    sketch.node("Sign", sketch.at)


def _curved(op: str, **attributes: float) -> Callable[[Sketch], None]:
    def make(sketch: Sketch) -> None:
        sketch.quant(scale=0.3, bits=4)
        sketch.dense(6, 6, 3)
        sketch.node(op, sketch.at, **attributes)
        sketch.quant(scale=0.0625, bits=5)

    return make


MODES = ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"]
MAKERS: dict[str, Callable[[Sketch], None]] = {
    "trunc": _trunc,
    "thresholds": _thresholds,
    "clip": _clipped,
    "round": _by_hand,
    "sign": _sign,
    "sigmoid": _curved("Sigmoid"),
    "tanh": _curved("Tanh"),
    "leaky": _curved("LeakyRelu", alpha=0.1),
    "hard": _curved("HardSigmoid", alpha=0.3),
    **{mode.lower(): _rounded(mode) for mode in MODES},
}


@pytest.mark.parametrize("kind", MAKERS)
def test_quantizers(tmp_path: Path, kind: str) -> None:
    sketch = Sketch((1, 6), seed=5)
    MAKERS[kind](sketch)
    sketch.dense(6, 3, 3)
    assert equal(sketch.save(tmp_path / "net.onnx")).strayed == 0


def test_shapes_hide_behind_preludes(tmp_path: Path) -> None:
    sketch = Sketch((1, 2, 3, 4), opset=11)
    x = sketch.quant(scale=0.25, bits=3)
    first = sketch.node("Gather", sketch.node("Shape", x), sketch.constant(0, np.int64), axis=0)
    sketch.node("Unsqueeze", first, axes=[0])
    shape = sketch.node("Concat", sketch.at, sketch.constant([-1], np.int64), axis=0)
    sketch.node("Transpose", x, perm=[0, 2, 3, 1])
    sketch.node("Reshape", sketch.at, shape)
    sketch.dense(24, 3, 2)
    equal(sketch.save(tmp_path / "net.onnx"))


def test_parts_are_moved_about(tmp_path: Path) -> None:
    sketch = Sketch((1, 2, 3, 3))
    x = sketch.quant(scale=0.25, bits=3)
    padded = sketch.node("Pad", x, sketch.constant([0, 0, 1, 1, 0, 0, 0, 0], np.int64))
    both = sketch.node("Concat", padded, sketch.node("Neg", padded), axis=1)
    ends = [sketch.constant([number], np.int64) for number in (1, 4, 1)]
    sketch.node("Slice", both, *ends)
    sketch.convolution(2, 3, 2, 3)
    sketch.normalised(2)
    sketch.quant(scale=0.5, bits=3)
    sketch.node("Flatten", sketch.at)
    equal(sketch.save(tmp_path / "net.onnx"))


def test_input_of_bytes_needs_no_encoder(tmp_path: Path) -> None:
    sketch = Sketch((1, 4))
    sketch.node("DequantizeLinear", "x", sketch.constant(0.5), sketch.constant(7, np.uint8))
    sketch.dense(4, 2, 3)
    model = sketch.model()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    cell = bridge.melt(path)
    assert cell.inputs[0].encoder is None
    assert cell.inputs[0].high.tolist() == [255] * 4


def test_large_layers_take_seconds(tmp_path: Path) -> None:
    sketch = Sketch((1, 784))
    sketch.quant(scale=0.25, bits=2)
    sketch.dense(784, 256, 2)
    sketch.normalised(256)
    sketch.quant(scale=2.0, bits=2)
    sketch.dense(256, 10, 2)
    cell = bridge.melt(sketch.save(tmp_path / "net.onnx"))
    assert cell.widths[cell.blocks[1].name] == 256


def wrong(tmp_path: Path, sketch: Sketch, words: str) -> None:
    with pytest.raises(InputError, match=words):
        bridge.melt(sketch.save(tmp_path / "net.onnx"))


def test_input_that_nothing_quantizes(tmp_path: Path) -> None:
    sketch = Sketch((1, 4))
    sketch.dense(4, 2)
    wrong(tmp_path, sketch, r"node 'MatMul_1' \(MatMul\): reads the input before it is quantized: .* input_range")
    cell = bridge.melt(tmp_path / "net.onnx", input_range=(0, 3))
    assert cell.inputs[0].high.tolist() == [3] * 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda sketch: sketch.node("Erf", sketch.at), r"node 'Erf_1' \(Erf\): is not supported"),
        (lambda sketch: sketch.node("Mul", sketch.at, sketch.at), "neither is constant"),
        (lambda sketch: sketch.node("Reshape", sketch.at, sketch.constant([1, 7], np.int64)), "cannot be computed"),
        (lambda sketch: sketch.node("Div", sketch.at, sketch.constant(0.0)), "divides by zero"),
        (lambda sketch: sketch.node("Add", sketch.at, sketch.constant(np.nan)), "not finite"),
        (lambda sketch: sketch.quant(scale=-1.0), "a scale that is not positive"),
        (lambda sketch: sketch.quant(bits=24), "steps are supported"),
        (lambda sketch: sketch.quant(rounding_mode="ODD"), "rounding mode 'ODD' is none of"),
        (lambda sketch: sketch.node("MatMul", sketch.at, sketch.constant(np.exp(9 * sketch.weights(4, 2)))), "floats"),
        (lambda sketch: sketch.node("LeakyRelu", sketch.at, alpha=-0.5), "does not rise"),
        (
            lambda sketch: sketch.quant(sketch.node("Tanh", sketch.at), scale=[[0.1, 0.2, 0.1, 0.2]]),
            "scales that differ",
        ),
        (lambda sketch: sketch.node("Cast", sketch.at, to=int(TensorProto.INT32)), "cuts values off"),
        (lambda sketch: sketch.node("Relu", sketch.at, domain="elsewhere"), "operators of 'elsewhere'"),
    ],
)
def test_what_is_not_supported_names_the_node(tmp_path: Path, make: Callable[[Sketch], str], words: str) -> None:
    sketch = Sketch((1, 4))
    sketch.quant(scale=0.3)
    make(sketch)
    wrong(tmp_path, sketch, words)


def test_graphs_that_are_none(tmp_path: Path) -> None:
    sketch = Sketch((1, 4))
    sketch.quant("t1a")
    sketch.node("Relu", "t0a")
    wrong(tmp_path, sketch, "reads, by others, what it gives itself")
    sketch = Sketch((1, 4))
    sketch.node("Relu", "nowhere")
    wrong(tmp_path, sketch, "reads 'nowhere', which nothing gives")
    sketch = Sketch((1, "size"))
    sketch.quant()
    wrong(tmp_path, sketch, "all sizes but the batch must be known")
    sketch = Sketch((1, 0))
    sketch.quant()
    wrong(tmp_path, sketch, "all sizes but the batch must be known, and at least 1")


def test_constants_stay_beside_the_file(tmp_path: Path) -> None:
    sketch = Sketch((1, 4))
    sketch.quant()
    model = sketch.model()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../secret"
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="which is not beside this one"):
        bridge.melt(path)


def test_graphs_within_nodes_are_refused(tmp_path: Path) -> None:
    sketch = Sketch((1, 4))
    inner = helper.make_graph([], "inner", [], [])
    sketch.node("If", sketch.constant(True, np.bool_), then_branch=inner, else_branch=inner)
    wrong(tmp_path, sketch, "holds a graph")


@pytest.mark.parametrize(
    ("kind", "low", "high", "fits"),
    [
        (TensorProto.INT8, -3.0, 3.0, True),
        (TensorProto.INT32, -2.5, 3.0, False),
        (TensorProto.UINT8, -3.0, 3.0, False),
        (TensorProto.INT8, -1000.0, 1000.0, False),
        (TensorProto.BOOL, 0.0, 3.0, False),
        (TensorProto.FLOAT16, -3.0, 3.0, True),
        (TensorProto.FLOAT16, -5000.0, 5000.0, False),
    ],
)
def test_casts_keep_what_the_type_holds(tmp_path: Path, kind: int, low: float, high: float, fits: bool) -> None:
    sketch = Sketch((1, 4))
    sketch.quant(scale=1.0, bits=14)
    sketch.node("Clip", sketch.at, sketch.constant(low), sketch.constant(high))
    sketch.node("Cast", sketch.at, to=kind)
    sketch.node("Cast", sketch.at, to=TensorProto.FLOAT)
    sketch.quant(scale=1.0, bits=3)
    if fits:
        equal(sketch.save(tmp_path / "net.onnx"), 50)
    else:
        wrong(tmp_path, sketch, "cuts values off")


def test_only_whole_constants_have_zero_points(tmp_path: Path) -> None:
    sketch = Sketch((1, 4))
    x = sketch.quant()
    half = sketch.node("DequantizeLinear", sketch.constant(0.5), sketch.constant(1.0))
    sketch.node("Add", x, half)
    wrong(tmp_path, sketch, "scales a constant that is not whole")


@pytest.mark.parametrize("read", [False, True])
def test_outputs_that_no_reader_gives_are_refused(tmp_path: Path, read: bool) -> None:
    sketch = Sketch((1, 4))
    sketch.quant()
    sketch.node("Relu", sketch.at, outputs=2)
    sketch.at = "t1b"
    if read:
        sketch.node("Neg", sketch.at)
    wrong(tmp_path, sketch, ("node 'Neg_2'.*" if read else "output 't1b'.*") + "reads 't1b', a further output")


@pytest.mark.heavy
def test_the_command_of_the_readme(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    multilayer(2, 2).save(tmp_path / "theirs.onnx")
    lines = re.findall(r"^    aigbridge (melt [^#\n]*)", README.read_text(), re.MULTILINE)
    assert lines
    for line in lines:
        found = call(*line.split())
        assert found.code == 0, found.err
    assert bridge.Cell.load("theirs.safetensors").inputs
