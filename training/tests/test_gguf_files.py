"""GGUF export and import are inverse but for the rounding of Q8_0, which happens once."""

from pathlib import Path

import torch
from gguf import GGMLQuantizationType, GGUFReader

from training.chat import CHAT_TEMPLATE
from training.gguf_files import from_gguf_tensors, read_gguf, to_gguf_tensors, write_gguf
from training.model import Decoder, ModelConfig
from training.people import create_world
from training.tokenizer import train_tokenizer

CONFIG = ModelConfig(dim=64, layers=2, heads=2, ff=96)


def write_random(path: Path) -> Decoder:
    torch.manual_seed(3)
    model = Decoder(CONFIG).eval()
    write_gguf(path, model, train_tokenizer(create_world()), "Test", "A test.")
    return model


def test_tensor_names_are_undone() -> None:
    model = Decoder(CONFIG)
    back = from_gguf_tensors(to_gguf_tensors(model), CONFIG).state_dict()
    assert all(torch.equal(back[name], weight) for name, weight in model.state_dict().items())


def test_reading_a_file_and_writing_it_again_changes_no_byte(tmp_path: Path) -> None:
    write_random(tmp_path / "a.gguf")
    tokenizer = train_tokenizer(create_world())
    write_gguf(tmp_path / "b.gguf", read_gguf(tmp_path / "a.gguf"), tokenizer, "Test", "A test.")
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()


@torch.no_grad()
def test_rounding_moves_logits_little(tmp_path: Path) -> None:
    model, ids = write_random(tmp_path / "a.gguf"), torch.arange(20)[None]
    read = read_gguf(tmp_path / "a.gguf")
    assert read.config == CONFIG
    assert (read(ids) - model(ids)).std() < 0.05 * model(ids).std()


def test_file_says_what_llama_cpp_needs(tmp_path: Path) -> None:
    write_random(tmp_path / "a.gguf")
    reader = GGUFReader(tmp_path / "a.gguf")

    def value(key: str) -> object:
        return reader.fields[key].contents()

    assert value("general.architecture") == "llama"
    assert value("general.license") == "MIT"
    assert value("llama.context_length") == 512
    assert value("llama.rope.dimension_count") == 32
    assert value("tokenizer.ggml.model") == "gpt2"
    assert value("tokenizer.ggml.bos_token_id") == value("tokenizer.ggml.eos_token_id") == 0
    assert value("tokenizer.ggml.add_bos_token") is True
    assert value("tokenizer.ggml.token_type")[:4] == [3, 3, 3, 1]
    assert value("tokenizer.chat_template") == CHAT_TEMPLATE
    kinds = {t.name: t.tensor_type for t in reader.tensors}
    assert kinds["token_embd.weight"] == GGMLQuantizationType.Q8_0
    assert kinds["blk.0.attn_norm.weight"] == GGMLQuantizationType.F32
