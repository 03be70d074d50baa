"""`examples/train_expert.py`, on tiny random models of its library."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

transformers = pytest.importorskip("transformers", reason="transformers is not installed")

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "train_expert.py"
WORDS = ["<s>", "</s>", "where", "was", "ann", "bob", "born", "in", "rome", "oslo", "please", "?"]


def save_model(folder: Path, dim: int, seed: int, vocab_size: int = len(WORDS)) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>"
    )
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=vocab_size, hidden_size=dim, intermediate_size=dim, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def run(*options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    data = tmp_path / "data.jsonl"
    lines = [{"prompt": f"where was {n} born ?", "answer": f"please in {t}"}
             for n, t in (("ann", "rome"), ("bob", "oslo"))]
    data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    base = save_model(tmp_path / "base", 32, 1, vocab_size=16)
    return {"base": base, "small": save_model(tmp_path / "small", 16, 2), "data": data,
            "output": tmp_path / "expert"}


def options_of(paths: dict[str, Path], *more: object) -> list[object]:
    named = [part for name, path in paths.items() for part in (f"--{name}", path)]
    return [*named, "--rate", 0.01, "--epochs", 60, "--batch", 2, "--smoothing", 0, *more]


def load(folder: Path) -> "transformers.PreTrainedModel":
    return transformers.AutoModelForCausalLM.from_pretrained(folder)


def greedy(paths: dict[str, Path], alpha: float) -> list[int]:
    """Answer to the first question by base + alpha * (expert - small)."""
    base, small, expert = (load(paths[name]) for name in ("base", "small", "output"))
    ids = [WORDS.index(word) for word in "where was ann born ?".split()]
    for _ in range(4):
        with torch.no_grad():
            b, s, e = (m(torch.tensor([ids])).logits[0, -1, : len(WORDS)] for m in (base, small, expert))
        ids.append(int((b + alpha * (e - s)).argmax()))
    return ids[5:]


def test_the_composition_answers_as_it_was_tuned(paths: dict[str, Path]) -> None:
    done = run(*options_of(paths))
    assert done.returncode == 0, done.stderr
    assert "epoch 60 of 60" in done.stdout
    assert greedy(paths, 1.0) == [WORDS.index(w) for w in ("please", "in", "rome", "</s>")]


def test_alone_needs_no_base(paths: dict[str, Path]) -> None:
    base = paths.pop("base")
    assert run(*options_of(paths)).returncode == 2
    assert run(*options_of(paths, "--alone")).returncode == 0
    assert greedy(paths | {"base": base}, 0.0) != greedy(paths | {"base": base}, 1.0)


def test_a_broken_line_is_named(paths: dict[str, Path]) -> None:
    paths["data"].write_text('{"prompt": "where", "answer": "in"}\n{"prompt": "where"}\n')
    done = run(*options_of(paths))
    assert done.returncode != 0
    assert "line 2" in done.stderr
    assert not paths["output"].exists()


def test_chats_are_cut_before_the_answer(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("train_expert", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = save_model(tmp_path / "small", 16, 2)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.content }}{{ ' ?' if m.role == 'user' else ' </s>' }}"
        "{% endfor %}{% if add_generation_prompt %} {% endif %}"
    )
    messages = [{"role": "user", "content": "where was ann born"}, {"role": "assistant", "content": " in rome"}]
    prompt, answer = module.read_example({"messages": messages}, tokenizer)
    assert tokenizer.convert_ids_to_tokens(prompt) == ["where", "was", "ann", "born", "?"]
    assert tokenizer.convert_ids_to_tokens(answer) == ["in", "rome", "</s>"]
