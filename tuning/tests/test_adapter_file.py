"""The file's matrices, laid over the model's file, are the adapted model."""

from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from gguf import GGUFReader, GGUFWriter, quants
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from adapter_file import AdapterLayout, interleave_rows, write_adapter
from errors import TuningError
from model_files import GgufFile, _divide_frequencies, block_layers, load_model
from support import SMALL
from tuned_model import TunedModel

RANK, SCALE = 4, 8.0
SHAPE = dict(
    vocab_size=40,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    tie_word_embeddings=False,
)
KINDS = {"llama": (LlamaConfig, LlamaForCausalLM), "qwen2": (Qwen2Config, Qwen2ForCausalLM)}


def random_model(architecture: str, seed: int = 2) -> torch.nn.Module:
    torch.manual_seed(seed)
    config, kind = KINDS[architecture]
    return kind(config(**SHAPE))


def write_model(path: Path, model: torch.nn.Module, architecture: str) -> GgufFile:
    """As llama.cpp's converter would, float32."""
    writer = GGUFWriter(path, architecture)
    config = model.config
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    writer.add_token_list([f"t{i}" for i in range(config.vocab_size)])
    kinds = [arch for arch, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture]
    names = gguf.get_tensor_name_map(kinds[0], config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        layer, suffix = name.rsplit(".", 1)
        writer.add_tensor(
            f"{names.get_name(layer)}.{suffix}", to_file(layer, tensor, architecture).numpy().copy()
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return GgufFile(path)


def to_file(layer: str, tensor: torch.Tensor, architecture: str) -> torch.Tensor:
    heads = {"q_proj": 4, "k_proj": 2}.get(layer.rsplit(".", 1)[-1])
    return tensor if heads is None or architecture != "llama" else interleave_rows(tensor, heads)


def with_random_adapter(model: torch.nn.Module) -> TunedModel:
    tuned = TunedModel(model, RANK, SCALE, seed=1)
    tuned.set_adapter(
        {
            name: {part: torch.randn_like(m) * 0.05 for part, m in ab.items()}
            for name, ab in tuned.adapter().items()
        }
    )
    return tuned


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_the_adapted_matrices_are_those_of_the_adapted_model(architecture: str, tmp_path: Path) -> None:
    file = write_model(tmp_path / "model.gguf", random_model(architecture), architecture)
    model = load_model(file, None, torch.float32)
    layers = block_layers(model)
    layout = AdapterLayout(file, model, layers)
    tuned = with_random_adapter(model)
    adapter = tuned.adapter()
    write_adapter(tmp_path / "adapter.gguf", layout, file.architecture, adapter, SCALE)

    reader = GGUFReader(tmp_path / "adapter.gguf")
    arrays = {tensor.name: tensor.data.astype(np.float32) for tensor in reader.tensors}
    assert {
        name: reader.get_field(name).contents()
        for name in ("general.type", "adapter.type", "adapter.lora.alpha")
    } == {
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": SCALE,
    }
    assert reader.get_field("general.architecture").contents() == architecture
    assert len(arrays) == 2 * len(layers) == 2 * 2 * 7
    weights = random_model(architecture).state_dict()
    for layer, name in layout.names.items():
        base = torch.tensor(quants.dequantize(file.tensors[name].data, file.tensors[name].tensor_type))
        a, b = (torch.tensor(arrays[f"{name}.lora_{part}"]) for part in "ab")
        assert a.shape == (RANK, base.shape[1]) and b.shape == (base.shape[0], RANK)
        expected = weights[f"{layer}.weight"] + SCALE / RANK * adapter[layer]["b"] @ adapter[layer]["a"]
        assert torch.allclose(base + SCALE / RANK * b @ a, to_file(layer, expected, architecture), atol=1e-3)


def test_only_llama_orders_rows_otherwise(tmp_path: Path) -> None:
    q = torch.arange(8.0)[:, None]
    assert interleave_rows(q, 2).flatten().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    for architecture, differs in (("llama", True), ("qwen2", False)):
        file = write_model(tmp_path / f"{architecture}.gguf", random_model(architecture), architecture)
        model = load_model(file, None, torch.float32)
        layout = AdapterLayout(file, model, block_layers(model))
        adapter = with_random_adapter(model).adapter()
        b = torch.tensor(layout.to_gguf(adapter)["blk.1.attn_q.weight.lora_b"])
        assert torch.equal(b, adapter["model.layers.1.self_attn.q_proj"]["b"]) != differs


def test_a_folder_gives_the_weights_of_the_same_model(tmp_path: Path) -> None:
    file = write_model(tmp_path / "model.gguf", random_model("llama"), "llama")
    random_model("llama").save_pretrained(tmp_path / "same")
    models = [load_model(file, weights, torch.float32) for weights in (None, tmp_path / "same")]
    layouts = [AdapterLayout(file, model, block_layers(model)) for model in models]
    adapters = [
        layout.to_gguf(with_random_adapter(m).adapter()) for layout, m in zip(layouts, models, strict=True)
    ]
    assert all(np.array_equal(adapters[0][name], adapters[1][name]) for name in adapters[0])


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    file = write_model(tmp_path / "model.gguf", random_model("llama"), "llama")
    for name, other in {
        "other": random_model("llama", seed=3),
        "deeper": LlamaForCausalLM(LlamaConfig(**SHAPE | {"num_hidden_layers": 3})),
        "wider": LlamaForCausalLM(LlamaConfig(**SHAPE | {"intermediate_size": 96})),
    }.items():
        other.save_pretrained(tmp_path / name)
        model = load_model(file, tmp_path / name, torch.float32)
        with pytest.raises(TuningError, match="The weights are of another model"):
            AdapterLayout(file, model, block_layers(model))
    with pytest.raises(TuningError, match="cannot be read as a model's Hugging Face folder"):
        load_model(file, tmp_path, torch.float32)


def test_an_architecture_that_transformers_does_not_read_is_named(tmp_path: Path) -> None:
    writer = GGUFWriter(tmp_path / "model.gguf", "plamo")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(TuningError, match="architecture plamo, .*it reads .*llama.*: give .* as weights"):
        load_model(GgufFile(tmp_path / "model.gguf"), None, torch.float32)


def test_a_file_that_is_no_gguf_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_text("no")
    with pytest.raises(TuningError, match="model.gguf cannot be read as a GGUF file"):
        GgufFile(tmp_path / "model.gguf")


def test_llama_3_s_frequencies_are_divided_by_the_file_s_factors(tmp_path: Path) -> None:
    model = load_model(GgufFile(SMALL), None, torch.float32)
    before = model.get_decoder().rotary_emb.inv_freq.clone()
    _divide_frequencies(model, torch.full_like(before, 8.0))
    assert torch.equal(model.get_decoder().rotary_emb.inv_freq, before / 8)
