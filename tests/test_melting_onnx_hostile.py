"""Broken ONNX files: one sentence, whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import bridge
from bridge.errors import InputError
from bridge.melting.onnx.reading import recognises
from support.onnx_models import BREVITAS, convolutional, multilayer, plain_qcdq, residual
from support.onnx_mutants import mutants

MODELS = [multilayer(2, 2), convolutional(3, 3, BREVITAS), plain_qcdq(), residual(3, 3)]


@pytest.mark.heavy
@pytest.mark.parametrize("place", range(len(MODELS)))
def test_mutants_get_one_sentence(tmp_path: Path, place: int) -> None:
    path, said = tmp_path / "net.onnx", []
    for data in mutants(MODELS[place].model(), 40, seed=100 + place):
        path.write_bytes(data)
        try:
            bridge.melt(path)
        except InputError as error:
            said.append(str(error))
    assert said
    assert not [sentence for sentence in said if "\n" in sentence or len(sentence) > 600]
    assert not [sentence for sentence in said if "fault of aigbridge" in sentence]


def test_an_axis_must_be_a_number(tmp_path: Path) -> None:
    model = plain_qcdq().model()
    node = next(node for node in model.graph.node if node.op_type == "QuantizeLinear")
    del node.attribute[:]
    node.attribute.append(helper.make_attribute("axis", "x"))
    scale = next(tensor for tensor in model.graph.initializer if tensor.name == node.input[1])
    scale.CopyFrom(numpy_helper.from_array(np.ones(1, np.float32), scale.name))
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(InputError, match="has no axis 'x'"):
        bridge.melt(tmp_path / "net.onnx")


def test_files_are_told_by_what_they_hold() -> None:
    model = multilayer(1, 1).model().SerializeToString()
    assert recognises(model)
    assert recognises(model[:40])
    assert not recognises(b"")
    assert not recognises(b'{"learner": 1}')
    assert not recognises(b"tree\nversion=v4\n")


@pytest.mark.parametrize(
    ("operator", "attribute"),
    [("MaxPool", "ceil_mode"), ("Pad", "mode"), ("Cast", "to"), ("Shape", "start"), ("Constant", "value_floats")],
)
@pytest.mark.parametrize("value", ["x", [1, 2], np.zeros(2, np.float32)], ids=["word", "list", "tensor"])
def test_attributes_of_another_type(operator: str, attribute: str, value: object, tmp_path: Path) -> None:
    model = plain_qcdq().model()
    last = model.graph.output[0].name
    given = {attribute: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value}
    model.graph.node.append(helper.make_node(operator, [] if operator == "Constant" else [last], ["odd"], **given))
    model.graph.output[0].name = "odd"
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(InputError) as refused:
        bridge.melt(tmp_path / "net.onnx")
    assert "fault of aigbridge" not in str(refused.value)
