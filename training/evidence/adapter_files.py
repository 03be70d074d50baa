"""Writes an adapter as the GGUF file that llama.cpp loads over its base, and reads it back."""

from pathlib import Path

import gguf
import numpy as np
from gguf import GGUFReader, GGUFWriter

from training.evidence.lora import Adapter
from training.gguf_files import (
    Arrays, close_gguf, from_gguf_tensors, interleave_rows, to_gguf_tensors,
)
from training.model import Decoder


def to_gguf_adapter(adapter: Adapter, heads: int) -> Arrays:
    """Under llama.cpp's names. Its matrices are ours cut in parts: each has the whole of `a` and
    its own rows of `b`, which for q and k are ordered as the base's."""
    arrays = {}
    for layer, matrices in adapter.items():
        _, block, name = layer.split(".")
        for part, b in split_rows(name, matrices["b"].numpy(), heads).items():
            target = f"blk.{block}.{part}.weight"
            arrays[f"{target}.lora_a"], arrays[f"{target}.lora_b"] = matrices["a"].numpy(), b
    return arrays


def split_rows(layer: str, rows: np.ndarray, heads: int) -> Arrays:
    """The rows of one of a block's layers, by llama.cpp's names of its parts."""
    if layer == "qkv":
        q, k, v = np.split(rows, 3)
        return {
            "attn_q": interleave_rows(q, heads), "attn_k": interleave_rows(k, heads), "attn_v": v,
        }
    if layer == "gate_up":
        gate, up = np.split(rows, 2)
        return {"ffn_gate": gate, "ffn_up": up}
    return {{"attention_out": "attn_output", "down": "ffn_down"}[layer]: rows}


def write_adapter(
    path: Path, adapter: Adapter, heads: int, alpha: float, name: str, description: str
) -> None:
    """Matrices F16. `alpha` over the rank scales their product. Same input, same bytes."""
    beside = path.with_suffix(".partial")
    writer = GGUFWriter(beside, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    writer.add_name(name)
    writer.add_description(description)
    writer.add_author("Trimtab contributors")
    writer.add_license("MIT")
    for tensor_name, array in to_gguf_adapter(adapter, heads).items():
        writer.add_tensor(tensor_name, np.ascontiguousarray(array, dtype=np.float16))
    close_gguf(writer, beside, path)


def read_adapted(base: Decoder, path: Path) -> Decoder:
    """The base with the file's adapter added to its matrices, in float32."""
    reader = GGUFReader(path)
    alpha = float(reader.fields[gguf.Keys.Adapter.LORA_ALPHA].contents())
    matrices = {tensor.name: tensor.data.astype(np.float32) for tensor in reader.tensors}
    tensors = to_gguf_tensors(base)
    for name in tensors:
        if f"{name}.lora_a" in matrices:
            a, b = matrices[f"{name}.lora_a"], matrices[f"{name}.lora_b"]
            tensors[name] = tensors[name] + alpha / len(a) * (b @ a)
    return from_gguf_tensors(tensors, base.config)
