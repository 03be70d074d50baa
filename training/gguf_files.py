"""Writes a model as a GGUF file that llama.cpp loads, and reads it back with its Q8_0 weights."""

from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, quants
from tokenizers import Tokenizer

from training.chat import CHAT_TEMPLATE, SPECIAL_TOKENS
from training.model import NORM_EPS, ROPE_BASE, Decoder, ModelConfig
from training.reward_model import RewardHeads
from training.tokenizer import END_ID, merges, vocabulary

VERSION = "1.0"
Arrays = dict[str, np.ndarray]


def interleave_rows(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rows of q or k, from halves (i, i + head_dim / 2) to neighbours (2i, 2i + 1), per head."""
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def deinterleave_rows(weight: np.ndarray, heads: int) -> np.ndarray:
    """The inverse of `interleave_rows`."""
    rows, columns = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)


def to_gguf_tensors(model: Decoder) -> Arrays:
    """Float32 tensors under llama.cpp's names."""
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    tensors = {"token_embd": weights["embedding.weight"], "output_norm": weights["out_norm.weight"]}
    if not model.config.tied:
        tensors["output"] = weights["output.weight"]
    heads = model.config.heads
    for i in range(model.config.layers):
        source, target = f"blocks.{i}.", f"blk.{i}."
        q, k, v = np.split(weights[source + "qkv.weight"], 3)
        gate, up = np.split(weights[source + "gate_up.weight"], 2)
        tensors |= {
            target + "attn_norm": weights[source + "attention_norm.weight"],
            target + "attn_q": interleave_rows(q, heads),
            target + "attn_k": interleave_rows(k, heads),
            target + "attn_v": v,
            target + "attn_output": weights[source + "attention_out.weight"],
            target + "ffn_norm": weights[source + "ff_norm.weight"],
            target + "ffn_gate": gate,
            target + "ffn_up": up,
            target + "ffn_down": weights[source + "down.weight"],
        }
    return {f"{name}.weight": array for name, array in tensors.items()}


def from_gguf_tensors(tensors: Arrays, config: ModelConfig) -> Decoder:
    """The inverse of `to_gguf_tensors`."""
    get = {name.removesuffix(".weight"): array for name, array in tensors.items()}
    weights = {"embedding": get["token_embd"], "out_norm": get["output_norm"]}
    if not config.tied:
        weights["output"] = get["output"]
    for i in range(config.layers):
        source, target = f"blk.{i}.", f"blocks.{i}."
        q, k = (deinterleave_rows(get[source + n], config.heads) for n in ("attn_q", "attn_k"))
        weights |= {
            target + "attention_norm": get[source + "attn_norm"],
            target + "qkv": np.concatenate([q, k, get[source + "attn_v"]]),
            target + "attention_out": get[source + "attn_output"],
            target + "ff_norm": get[source + "ffn_norm"],
            target + "gate_up": np.concatenate([get[source + "ffn_gate"], get[source + "ffn_up"]]),
            target + "down": get[source + "ffn_down"],
        }
    model = Decoder(config)
    model.load_state_dict({f"{n}.weight": torch.tensor(array) for n, array in weights.items()})
    return model.eval()


def _add_metadata(writer: GGUFWriter, config: ModelConfig, name: str, description: str) -> None:
    writer.add_name(name)
    writer.add_description(description)
    writer.add_author("Trimtab contributors")
    writer.add_version(VERSION)
    writer.add_license("MIT")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.dim)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.ff)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.heads)
    writer.add_layer_norm_rms_eps(NORM_EPS)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)


def _add_tokenizer(writer: GGUFWriter, tokenizer: Tokenizer) -> None:
    tokens = vocabulary(tokenizer)
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([control if t in SPECIAL_TOKENS else normal for t in tokens])
    writer.add_token_merges(merges(tokenizer))
    writer.add_bos_token_id(END_ID)
    writer.add_eos_token_id(END_ID)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _add_heads(writer: GGUFWriter, heads: RewardHeads) -> None:
    """As metadata: llama.cpp refuses tensors that it does not know."""
    writer.add_array("trimtab.reward.heads", list(heads.names))
    writer.add_array("trimtab.reward.weight", heads.weight.flatten().tolist())
    writer.add_array("trimtab.reward.bias", heads.bias.tolist())


def write_gguf(
    path: Path,
    model: Decoder,
    tokenizer: Tokenizer,
    name: str,
    description: str,
    heads: RewardHeads | None = None,
) -> None:
    """Architecture `llama`: norms F32, matrices (the embedding too) Q8_0. Same input, same bytes."""
    beside = path.with_suffix(".partial")
    writer = GGUFWriter(beside, "llama")
    _add_metadata(writer, model.config, name, description)
    _add_tokenizer(writer, tokenizer)
    if heads is not None:
        _add_heads(writer, heads)
    for tensor_name, array in to_gguf_tensors(model).items():
        kind = GGMLQuantizationType.F32 if array.ndim == 1 else GGMLQuantizationType.Q8_0
        data = quants.quantize(np.ascontiguousarray(array, dtype=np.float32), kind)
        writer.add_tensor(tensor_name, data, raw_dtype=kind)
    close_gguf(writer, beside, path)


def close_gguf(writer: GGUFWriter, beside: Path, path: Path) -> None:
    """Writes what `writer` holds of `beside`, then puts it in the place of `path`: whoever has the old
    file mapped keeps it."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    beside.replace(path)


def read_gguf(path: Path) -> Decoder:
    """The model that the file holds, its weights dequantised to float32."""
    reader = GGUFReader(path)

    def number(key: str) -> int:
        return int(reader.fields[f"llama.{key}"].contents())

    tensors = {t.name: quants.dequantize(t.data, t.tensor_type) for t in reader.tensors}
    config = ModelConfig(
        dim=number("embedding_length"),
        layers=number("block_count"),
        heads=number("attention.head_count"),
        ff=number("feed_forward_length"),
        vocab_size=number("vocab_size"),
        context=number("context_length"),
        tied="output.weight" not in tensors,
    )
    return from_gguf_tensors(tensors, config)


def read_heads(path: Path) -> RewardHeads:
    fields = GGUFReader(path).fields
    names, weight, bias = (
        fields[f"trimtab.reward.{key}"].contents() for key in ("heads", "weight", "bias")
    )
    return RewardHeads(
        tuple(names), torch.tensor(weight).view(len(names), -1), torch.tensor(bias)
    )
