"""Broken ONNX files: one sentence, whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_files_are_told_by_what_they_hold() -> None:
    model = multilayer(1, 1).model().SerializeToString()
    assert recognises(model)
    assert recognises(model[:40])
    assert not recognises(b"")
    assert not recognises(b'{"learner": 1}')
    assert not recognises(b"tree\nversion=v4\n")
