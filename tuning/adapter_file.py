"""Writes an adapter as the GGUF file that llama.cpp loads over its model."""

from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGUFWriter, quants
from torch import Tensor, nn

from errors import TuningError
from model_files import GgufFile
from tuned_model import Adapter

FARTHEST = 0.5
"""Of a matrix from the same one in the GGUF file, relative to its size: quantised to 2 bits it is at about
0.25, and with its rows in another order, or of another model, at 1.4."""


class AdapterLayout:
    """How a model's layers are named in its GGUF file, and in what order the rows of each stand there."""

    def __init__(self, file: GgufFile, model: nn.Module, layers: list[str]) -> None:
        """Throws `TuningError` if the model is not that of the file."""
        self._file = file
        self.names = _gguf_names(file, layers)
        self._heads: dict[str, int | None] = {}
        for layer, name in self.names.items():
            weight = model.get_submodule(layer).weight
            if tuple(weight.shape) != file.shape(name):
                raise TuningError(
                    f"The weights are of another model than {file.path}: {layer} has the shape "
                    f"{tuple(weight.shape)}, {name} there {file.shape(name)}"
                )
            block, kind = name.removeprefix("blk.").split(".", 1)
            if int(block) in (0, file.blocks - 1):
                heads = self._heads_of(layer, name, weight)
                if self._heads.setdefault(kind, heads) != heads:
                    raise TuningError(f"{file.path}: the rows of {kind} are not ordered alike in all blocks")

    def to_gguf(self, adapter: Adapter) -> dict[str, np.ndarray]:
        """Under llama.cpp's names, the rows of `b` in the order of the matrix's rows."""
        arrays = {}
        for layer, name in self.names.items():
            heads = self._heads[name.removeprefix("blk.").split(".", 1)[1]]
            a, b = adapter[layer]["a"], adapter[layer]["b"]
            arrays[f"{name}.lora_a"] = a.numpy()
            arrays[f"{name}.lora_b"] = b.numpy() if heads is None else interleave_rows(b, heads).numpy()
        return arrays

    def _heads_of(self, layer: str, name: str, weight: Tensor) -> int | None:
        """By how many heads the file's rows are interleaved; `None` if they stand as the model's."""
        tensor = self._file.tensors[name]
        there = torch.from_numpy(quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32))
        here = weight.detach().to("cpu", torch.float32)
        orders: list[int | None] = [None]
        if name.endswith(("attn_q.weight", "attn_k.weight")):
            orders += [int(self._file.number(f"attention.{key}")) for key in ("head_count", "head_count_kv")]
        for heads in orders:
            ordered = here if heads is None else interleave_rows(here, heads)
            if (ordered - there).norm() < FARTHEST * there.norm():
                return heads
        raise TuningError(
            f"The weights are of another model than {self._file.path}, or in an order that tuning does not "
            f"know: {layer} is far from {name} there"
        )


def _gguf_names(file: GgufFile, layers: list[str]) -> dict[str, str]:
    kinds = [arch for arch, name in gguf.MODEL_ARCH_NAMES.items() if name == file.architecture]
    if not kinds:
        raise TuningError(f"{file.path}: the package gguf does not know the architecture {file.architecture}")
    if not layers:
        raise TuningError(
            f"{file.path}: models of the architecture {file.architecture} have no linear layers to tune"
        )
    known = gguf.get_tensor_name_map(kinds[0], file.blocks)
    names = {}
    for layer in layers:
        name = f"{known.get_name(layer)}.weight"
        if name not in file.tensors:
            raise TuningError(
                f"The weights are of another model than {file.path}, which has no tensor for {layer}"
            )
        names[layer] = name
    blocks = {name.split(".")[1] for name in names.values()}
    if len(blocks) != file.blocks:
        raise TuningError(
            f"The weights are of another model than {file.path}: {len(blocks)} blocks, {file.blocks} there"
        )
    return names


def interleave_rows(matrix: Tensor, heads: int) -> Tensor:
    """Rows of q or k, from halves (i, i + head_dim / 2) to neighbours (2i, 2i + 1), per head: llama.cpp's
    order for the architecture llama."""
    rows, columns = matrix.shape
    if rows % (2 * heads):
        return matrix
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def write_adapter(
    path: Path, layout: AdapterLayout, architecture: str, adapter: Adapter, scale: float
) -> None:
    """Matrices F16. `scale` over the rank multiplies their product. Same input, same bytes."""
    beside = path.with_name(path.name + ".partial")
    writer = GGUFWriter(beside, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, scale)
    for name, array in layout.to_gguf(adapter).items():
        writer.add_tensor(name, np.ascontiguousarray(array, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    beside.replace(path)
