"""Scales of singular values: what they compute, how they are learned, and the file."""

import hashlib

import numpy as np
import pytest
import torch
from gguf import GGUFReader, quants

from errors import TuningError
from model_files import GgufFile, block_layers, load_model
from adapter_file import AdapterLayout
from svf_model import SvfModel
from support import SMALL, of_kind, run, write_settings


@pytest.fixture(scope="module")
def model() -> SvfModel:
    file = GgufFile(SMALL)
    frozen = load_model(file, None, torch.float32)
    return SvfModel(frozen, file, AdapterLayout(file, frozen, block_layers(frozen)).names)


def test_scales_the_feed_forward_matrices_alone(model: SvfModel) -> None:
    assert len(model.names) == 2 * 3
    assert all(".ffn_" in name for name in model.names.values())
    assert model.trainable == sum(len(sigma) for sigma in model.sigma.values()) == 6 * 64


def test_computes_what_is_published(model: SvfModel) -> None:
    """`U diag(sigma z) V^T` by NumPy, of both shapes of matrices."""
    torch.manual_seed(3)
    reader = {tensor.name: tensor for tensor in GGUFReader(SMALL).tensors}
    for layer, name in model.names.items():
        weights = quants.dequantize(reader[name].data, reader[name].tensor_type).astype(np.float64)
        left, sigma, right = np.linalg.svd(weights, full_matrices=False)
        z = np.random.default_rng(4).uniform(0, 2, len(sigma))
        module = model._layers[layer]
        x = torch.randn(5, weights.shape[1])
        plain = module(x).detach()
        with torch.no_grad():
            module.delta.copy_(torch.tensor(z - 1))
        expected = x.numpy() @ (left * sigma * z @ right).T
        assert np.abs(module(x).detach().numpy() - expected).max() < 1e-4
        with torch.no_grad():
            module.delta.zero_()
        assert torch.equal(module(x).detach(), plain)


def test_learns_and_writes_where_it_comes_from(tmp_path) -> None:
    settings = write_settings(tmp_path, form="svf", rate=5e-2, task="copying", date="2026-12-01")
    status, events = run(settings)
    assert status == 0
    (done,) = of_kind(events, "done")
    assert done["development"] < done["untuned"]
    reader = GGUFReader(tmp_path / "expert.gguf")
    text = {key: field.contents() for key, field in reader.fields.items()}
    assert text["general.type"] == "adapter"
    assert text["adapter.type"] == "svf"
    assert text["svf.task"] == "copying"
    assert text["svf.date"] == "2026-12-01"
    assert text["svf.base.sha256"] == hashlib.sha256(SMALL.read_bytes()).hexdigest()
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    sigmas = [data for name, data in tensors.items() if name.endswith(".sigma")]
    assert text["svf.sigma.sha256"] == hashlib.sha256(b"".join(s.tobytes() for s in sigmas)).hexdigest()
    assert all((np.diff(sigma) <= 0).all() for sigma in sigmas)
    assert any(np.abs(data - 1).max() > 0.01 for name, data in tensors.items() if name.endswith(".z"))
    assert (tmp_path / "expert.gguf").stat().st_size < 20_000


def test_refuses_another_form(tmp_path) -> None:
    status, events = run(write_settings(tmp_path, form="dora"))
    assert status == 1
    assert "form must be lora or svf" in of_kind(events, "failed")[0]["message"]


def test_refuses_a_model_without_such_matrices(model: SvfModel) -> None:
    file = GgufFile(SMALL)
    with pytest.raises(TuningError, match="no feed-forward matrices"):
        SvfModel(model._model, file, {"layer": "blk.0.attn_q.weight"})
