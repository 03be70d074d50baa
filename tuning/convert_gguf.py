"""Writes the model of a GGUF file as a folder in Hugging Face's format, in float32; see `python convert_gguf.py --help`."""

import argparse
import os
import sys
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


def write_float32(file: Path, target: Path) -> None:
    """The same file with every tensor dequantised: what has the very weights that `convert` writes."""
    reader = GGUFReader(file)
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
        writer.add_tensor(tensor.name, weights, raw_dtype=GGMLQuantizationType.F32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    beside.replace(target)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Writes the model of a GGUF file as a folder in Hugging Face's format, in float32, with its "
        "tokenizer and chat template: what vLLM and transformers load."
    )
    parser.add_argument("file", type=Path, help="the GGUF file")
    parser.add_argument("folder", type=Path, help="made where it is missing, written over where it is there")
    parser.add_argument("--float32-gguf", type=Path, metavar="FILE", help="the same weights as a GGUF file, too")
    given = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        convert(given.file, given.folder)
        if given.float32_gguf is not None:
            write_float32(given.file, given.float32_gguf)
    except TuningError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
