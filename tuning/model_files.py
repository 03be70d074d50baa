"""Reads the model to tune: from its GGUF file, or from a folder of safetensors of the same model."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gguf
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, GgufConfig
from transformers.integrations.gguf.gguf_conversion_mapping import GGUF_ARCHS
from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

from errors import TuningError

READABLE = {*GGUF_SUPPORTED_ARCHITECTURES, *GGUF_ARCHS} - {"general", "tokenizer", "t5", "umt5"}
"""Architectures that transformers reads from GGUF, as it spells them."""


class GgufFile:
    """A model's header, and its tensors, which stay in the file until they are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._reader = gguf.GGUFReader(path)
        except (OSError, ValueError, IndexError) as error:
            raise TuningError(f"{path} cannot be read as a GGUF file: {error}") from error
        self.tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        self.architecture = str(self.value("general.architecture"))
        self.blocks = int(self.number("block_count"))
        self.context = int(self.number("context_length"))

    def value(self, key: str, otherwise: object = None) -> object:
        field = self._reader.get_field(key)
        return otherwise if field is None else field.contents()

    def number(self, key: str) -> float:
        """One of the architecture's own. Throws `TuningError` if the file lacks it or has one per block."""
        value = self.value(f"{self.architecture}.{key}")
        if not isinstance(value, int | float):
            raise TuningError(f"{self.path}: {self.architecture}.{key} is {value}, and should be a number")
        return value

    @contextmanager
    def read_once(self) -> Iterator[None]:
        """Spares transformers half its time: it would read the vocabulary twice more, and make the map of
        names for each of the model's modules."""
        names = functools.cache(gguf.get_tensor_name_map)
        stand_ins = {"GGUFReader": lambda *_: self._reader, "get_tensor_name_map": names}
        own = {name: getattr(gguf, name) for name in stand_ins}
        try:
            vars(gguf).update(stand_ins)
            yield
        finally:
            vars(gguf).update(own)

    def shape(self, name: str) -> tuple[int, ...]:
        """As in PyTorch, whose order of dimensions is the other way round."""
        return tuple(int(n) for n in reversed(self.tensors[name].shape))


def load_model(file: GgufFile, weights: Path | None, matrices: torch.dtype) -> nn.Module:
    """The frozen model on the device to train on. Throws `TuningError` if transformers cannot read it.

    Matrices of the blocks and the embedding are of the type `matrices`, all else float32.
    """
    model = _from_gguf(file, matrices) if weights is None else _from_folder(weights, matrices)
    model.requires_grad_(False)
    model.eval()
    kept = {id(model.get_submodule(name).weight) for name in block_layers(model)}
    if model.get_output_embeddings().weight is not model.get_input_embeddings().weight:
        kept.add(id(model.get_input_embeddings().weight))
    for tensor in (*model.parameters(), *model.buffers()):
        if id(tensor) not in kept and tensor.is_floating_point():
            tensor.data = tensor.data.float()
    return model.to("cuda" if torch.cuda.is_available() else "cpu")


def _from_gguf(file: GgufFile, matrices: torch.dtype) -> nn.Module:
    architecture = file.architecture
    spellings = {architecture, architecture.replace("moe", "_moe"), architecture.replace("-", "_")}
    if spellings.isdisjoint(READABLE):
        raise TuningError(
            f"{file.path} is of the architecture {architecture}, which transformers does not read from GGUF "
            f"(it reads {', '.join(sorted(READABLE))}): give the model's Hugging Face folder as weights"
        )
    scaling = file.value(f"{architecture}.rope.scaling.type", "none")
    if scaling != "none" and architecture != "gpt-oss":
        raise TuningError(
            f"{file.path} scales its positions ({architecture}.rope.scaling.type is {scaling}), which "
            "transformers does not read from GGUF: give the model's Hugging Face folder as weights"
        )
    with file.read_once():
        model = AutoModelForCausalLM.from_pretrained(
            file.path.parent,
            gguf_file=file.path.name,
            dtype=matrices,
            quantization_config=GgufConfig(dequantize=True),
            local_files_only=True,
        )
    if "rope_freqs.weight" in file.tensors:
        _divide_frequencies(model, torch.tensor(file.tensors["rope_freqs.weight"].data))
    return model


def _divide_frequencies(model: nn.Module, factors: Tensor) -> None:
    """Llama 3's factors of the rotary frequencies, which are a tensor in its GGUF files."""
    rotary = model.get_decoder().rotary_emb
    rotary.inv_freq = rotary.inv_freq / factors
    rotary.original_inv_freq = rotary.inv_freq


def _from_folder(folder: Path, matrices: torch.dtype) -> nn.Module:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        return AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=matrices, local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError) as error:
        raise TuningError(f"{folder} cannot be read as a model's Hugging Face folder: {error}") from error


def block_layers(model: nn.Module) -> list[str]:
    """The names of the linear layers of the decoder's blocks: not the embedding, nor the output layer."""
    head = model.get_output_embeddings()
    return [n for n, m in model.named_modules() if isinstance(m, nn.Linear) and m is not head]


def matrix_type() -> torch.dtype:
    """bfloat16 where the processor multiplies it itself, in half the time; else float32."""
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if native else torch.float32
