"""Writes scales of singular values as the GGUF file that Trimtab reads as an SVF expert."""

import hashlib
from pathlib import Path

import gguf
import numpy as np
from gguf import GGUFWriter

from model_files import GgufFile
from svf_model import SvfModel
from tuned_model import Adapter

OBJECTIVE = "likelihood of the answers"


def write_expert(path: Path, file: GgufFile, model: SvfModel, adapter: Adapter, *, task: str, date: str) -> None:
    """`z` and the singular values that it scales, float32, with where they come from. Same input, same bytes."""
    beside = path.with_name(path.name + ".partial")
    digest = hashlib.sha256()
    tensors: list[tuple[str, np.ndarray]] = []
    for layer, name in sorted(model.names.items(), key=lambda item: item[1]):
        sigma = model.sigma[layer].numpy()
        digest.update(sigma.astype("<f4").tobytes())
        tensors += [(f"{name}.z", 1 + adapter[layer]["delta"].numpy()), (f"{name}.sigma", sigma)]
    writer = GGUFWriter(beside, file.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "svf")
    with file.path.open("rb") as base:
        writer.add_string("svf.base.sha256", hashlib.file_digest(base, "sha256").hexdigest())
    writer.add_string("svf.base.name", file.path.name)
    writer.add_string("svf.sigma.sha256", digest.hexdigest())
    writer.add_string("svf.task", task)
    writer.add_string("svf.objective", OBJECTIVE)
    writer.add_string("svf.date", date)
    for name, array in tensors:
        writer.add_tensor(name, np.ascontiguousarray(array, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    beside.replace(path)
