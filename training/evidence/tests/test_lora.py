"""An adapter adds `(alpha / rank) B A`, whether it is apart, merged, or read from a file."""

from pathlib import Path

import pytest
import torch
from gguf import GGUFReader
from torch import Tensor

from training.configs import TuneConfig
from training.evidence.adapter_files import read_adapted, write_adapter
from training.evidence.lora import Adapter, attach, linear_layers, merge
from training.model import Decoder, ModelConfig
from training.tune import Chat, fit_chats

TINY = ModelConfig(dim=64, layers=2, heads=2, ff=32, vocab_size=96, context=64)
RANK, ALPHA = 4, 12.0
IDS = torch.arange(20).view(2, 10)


def tiny() -> Decoder:
    torch.manual_seed(0)
    return Decoder(TINY).eval()


def adapted() -> tuple[Decoder, Adapter]:
    """With a `B` that is not zero."""
    model = tiny()
    adapters = attach(model, RANK, ALPHA, seed=1)
    with torch.no_grad():
        for adapter in adapters.values():
            adapter.b.normal_(std=0.1)
    return model, {name: adapter.state_dict() for name, adapter in adapters.items()}


@torch.no_grad()
def test_an_adapter_begins_as_nothing() -> None:
    model = tiny()
    expected = model(IDS)
    attach(model, RANK, ALPHA, seed=1)
    assert torch.equal(model(IDS), expected)


@torch.no_grad()
def test_merged_equals_unmerged() -> None:
    model, _ = adapted()
    expected = model(IDS)
    assert not torch.allclose(expected, tiny()(IDS), atol=0.1)
    merge(model)
    assert model.state_dict().keys() == tiny().state_dict().keys()
    assert torch.allclose(model(IDS), expected, atol=1e-6)


@torch.no_grad()
def test_a_layer_adds_the_scaled_product() -> None:
    model, adapter = adapted()
    x: Tensor = torch.randn(3, TINY.dim)
    for name in ("blocks.0.qkv", "blocks.1.gate_up"):
        a, b = adapter[name]["a"], adapter[name]["b"]
        expected = linear_layers(tiny())[name](x) + 3.0 * (x @ a.T) @ b.T
        assert torch.allclose(linear_layers(model)[name](x), expected, atol=1e-5)


def test_every_linear_layer_is_adapted_and_nothing_else_learns() -> None:
    model = tiny()
    adapters = attach(model, RANK, ALPHA, seed=1)
    assert len(adapters) == 4 * TINY.layers
    chats = [Chat([0, 5, 6], [7, 8, 0]), Chat([0, 5], [9, 0])]
    fit_chats(model, TuneConfig("tiny", 1e-2, epochs=3, batch=1), chats)
    assert all(adapter.b.abs().max() > 0 for adapter in adapters.values())
    merge(model)
    before = tiny().state_dict()
    changed = {name for name, w in model.state_dict().items() if not torch.equal(w, before[name])}
    assert changed == {f"{name}.weight" for name in adapters}


@torch.no_grad()
def test_the_file_holds_the_adapter(tmp_path: Path) -> None:
    model, adapter = adapted()
    path = tmp_path / "adapter.gguf"
    write_adapter(path, adapter, TINY.heads, ALPHA, "Tiny", "A test.")
    read = read_adapted(tiny(), path)
    assert torch.allclose(read(IDS), model(IDS), atol=0.02)  # matrices are F16
    assert not torch.allclose(tiny()(IDS), model(IDS), atol=0.1)


@pytest.mark.parametrize("name", ["attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up", "ffn_down"])
def test_the_file_has_llama_cpp_s_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / "adapter.gguf"
    write_adapter(path, adapted()[1], TINY.heads, ALPHA, "Tiny", "A test.")
    shapes = {tensor.name: tuple(tensor.data.shape) for tensor in GGUFReader(path).tensors}
    outputs, inputs = {"ffn_gate": (32, 64), "ffn_up": (32, 64), "ffn_down": (64, 32)}.get(
        name, (64, 64)
    )
    assert shapes[f"blk.1.{name}.weight.lora_a"] == (RANK, inputs)
    assert shapes[f"blk.1.{name}.weight.lora_b"] == (outputs, RANK)
