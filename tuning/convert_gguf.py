"""Writes the model of a GGUF file as a folder in Hugging Face's format, in float32; see `python convert_gguf.py --help`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, quants
from transformers import AutoTokenizer

from errors import TuningError
from model_files import GgufFile, load_model


def convert(file: Path, folder: Path) -> None:
    """Weights dequantised, tokenizer and chat template. Throws `TuningError` if the file cannot be read."""
    model = load_model(GgufFile(file), None, torch.float32).to("cpu")
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


Laid = tuple[Path, float]
"""A LoRA adapter's GGUF file, and what its product is multiplied by, as a recipe says it."""


def write_float32(file: Path, target: Path, adapters: Sequence[Laid] = ()) -> None:
    """The same file with every tensor dequantised, and adapters merged into them: what has the very weights that
    `convert` writes of it. Throws `TuningError` if an adapter is of another model."""
    reader = GGUFReader(file)
    changes = _changes(reader, adapters)
    beside = target.with_name(target.name + ".partial")
    writer = GGUFWriter(beside, str(reader.fields["general.architecture"].contents()))
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        kind, items = field.types[0], field.types[-1]
        writer.add_key_value(
            name, field.contents(), kind, sub_type=items if kind == GGUFValueType.ARRAY else None
        )
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        weights = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        for change in changes.get(tensor.name, ()):
            weights = weights + change
        writer.add_tensor(tensor.name, weights, raw_dtype=GGMLQuantizationType.F32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    beside.replace(target)


def _changes(reader: GGUFReader, adapters: Sequence[Laid]) -> dict[str, list[np.ndarray]]:
    """By tensor, `scale * alpha / rank * B A`. Adapters stand in the order of rows of their model's file."""
    changes: dict[str, list[np.ndarray]] = {}
    shapes = {tensor.name: tuple(reversed(tensor.shape.tolist())) for tensor in reader.tensors}
    for path, scale in adapters:
        try:
            file = GGUFReader(path)
        except (OSError, ValueError, IndexError) as error:
            raise TuningError(f"{path} cannot be read as a GGUF file: {error}") from error
        parts = {t.name: quants.dequantize(t.data, t.tensor_type).astype(np.float32) for t in file.tensors}
        field = file.get_field(gguf.Keys.Adapter.LORA_ALPHA)
        alpha = 0 if field is None else field.contents()
        for name in sorted({part.removesuffix(".lora_a").removesuffix(".lora_b") for part in parts}):
            a, b = parts.get(f"{name}.lora_a"), parts.get(f"{name}.lora_b")
            if a is None or b is None or (b.shape[0], a.shape[1]) != shapes.get(name):
                raise TuningError(f"{path} is no adapter of this model: its {name} does not fit")
            share = scale * alpha / a.shape[0] if alpha else scale  # as llama.cpp has it
            changes.setdefault(name, []).append(np.float32(share) * (b @ a))
    return changes


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Writes the model of a GGUF file as a folder in Hugging Face's format, in float32, with its "
        "tokenizer and chat template: what vLLM and transformers load."
    )
    parser.add_argument("file", type=Path, help="the GGUF file")
    parser.add_argument("folder", type=Path, help="made where it is missing, written over where it is there")
    parser.add_argument("--float32-gguf", type=Path, metavar="FILE", help="the same weights as a GGUF file, too")
    parser.add_argument(
        "--adapter",
        nargs=2,
        action="append",
        default=[],
        metavar=("FILE", "SCALE"),
        help="a LoRA adapter that is merged into the weights; may be given again",
    )
    given = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        _convert_merged(given)
    except TuningError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _convert_merged(given: argparse.Namespace) -> None:
    adapters = [(Path(file), float(scale)) for file, scale in given.adapter]
    with tempfile.TemporaryDirectory() as folder:
        source = given.file
        if adapters:
            source = Path(folder) / "merged.gguf"
            write_float32(given.file, source, adapters)
        convert(source, given.folder)
        if given.float32_gguf is not None:
            write_float32(source, given.float32_gguf)


if __name__ == "__main__":
    sys.exit(main())
