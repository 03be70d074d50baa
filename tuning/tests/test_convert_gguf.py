"""What vLLM and transformers load is the model of the file, to the last bit of its weights."""

import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from convert_gguf import convert, write_float32
from gguf import GGUFReader, quants
from support import SMALL
from transformers import AutoModelForCausalLM, AutoTokenizer

from errors import TuningError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("converted")
    convert(SMALL, made / "model")
    write_float32(SMALL, made / "model.gguf")
    return made


def test_the_float32_file_holds_the_same_weights_and_metadata(folder: Path) -> None:
    before, after = GGUFReader(SMALL), GGUFReader(folder / "model.gguf")
    for one, other in zip(before.tensors, after.tensors, strict=True):
        assert one.name == other.name
        assert (quants.dequantize(one.data, one.tensor_type) == other.data).all()
    assert after.fields["general.file_type"].contents() == gguf.LlamaFileType.ALL_F32
    kept = [name for name in before.fields if not name.startswith("GGUF.") and name != "general.file_type"]
    assert all(before.fields[name].contents() == after.fields[name].contents() for name in kept)


@torch.inference_mode()
def test_the_folder_computes_what_the_float32_file_does(folder: Path) -> None:
    ids = torch.arange(40)[None]
    written = AutoModelForCausalLM.from_pretrained(folder / "model")
    read = AutoModelForCausalLM.from_pretrained(folder, gguf_file="model.gguf", dtype=torch.float32)
    assert {parameter.dtype for parameter in written.parameters()} == {torch.float32}
    assert torch.equal(written(ids).logits, read(ids).logits)


def test_the_tokenizer_numbers_tokens_as_the_file_does(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    tokens = GGUFReader(SMALL).fields["tokenizer.ggml.tokens"].contents()
    assert [tokenizer.convert_ids_to_tokens(i) for i in range(len(tokens))] == tokens
    plain = tokenizer("<|user|> Where?", add_special_tokens=False).input_ids
    assert plain == [1, *tokenizer(" Where?", add_special_tokens=False).input_ids]
    assert "<|assistant|>" in tokenizer.chat_template


def test_an_adapter_is_merged_into_the_weights(tmp_path: Path) -> None:
    name, rank = "blk.1.attn_k.weight", 2
    before = {tensor.name: quants.dequantize(tensor.data, tensor.tensor_type) for tensor in GGUFReader(SMALL).tensors}
    draw = np.random.default_rng(1)
    a = draw.normal(size=(rank, before[name].shape[1])).astype(np.float32)
    b = draw.normal(size=(before[name].shape[0], rank)).astype(np.float32)
    write_lora(tmp_path / "lora.gguf", {name: (a, b)}, alpha=6)
    write_float32(SMALL, tmp_path / "merged.gguf", [(tmp_path / "lora.gguf", 0.5)])
    for tensor in GGUFReader(tmp_path / "merged.gguf").tensors:
        change = 0.5 * 6 / rank * (b @ a) if tensor.name == name else 0
        np.testing.assert_allclose(tensor.data, before[tensor.name] + change, atol=1e-5)


def test_an_adapter_of_another_model_is_told(tmp_path: Path) -> None:
    narrow = np.zeros((2, 8), np.float32), np.zeros((8, 2), np.float32)
    write_lora(tmp_path / "lora.gguf", {"blk.0.attn_q.weight": narrow}, alpha=2)
    with pytest.raises(TuningError, match="is no adapter of this model: its blk.0.attn_q.weight"):
        write_float32(SMALL, tmp_path / "merged.gguf", [(tmp_path / "lora.gguf", 1)])


def write_lora(path: Path, parts: dict[str, tuple[np.ndarray, np.ndarray]], alpha: float) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
    for name, (a, b) in parts.items():
        writer.add_tensor(f"{name}.lora_a", a)
        writer.add_tensor(f"{name}.lora_b", b)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(40))
    with pytest.raises(TuningError, match="cannot be read"):
        convert(tmp_path / "x.gguf", tmp_path / "out")
    program = Path(__file__).parents[1] / "convert_gguf.py"
    run = subprocess.run([sys.executable, program, tmp_path / "x.gguf", tmp_path], capture_output=True, text=True)
    assert (run.returncode, run.stderr.startswith("error: ")) == (1, True)
