"""Writes the files that ship: three GGUF models, the questions and the assistant's form."""

import json
from dataclasses import asdict
from pathlib import Path

from training.chat import CLOSINGS, OPENINGS
from training.checkpoint import load_checkpoint
from training.choose import load_choice
from training.configs import MODELS, WORK
from training.evaluate import Item, create_items
from training.gguf_files import read_gguf, write_gguf
from training.model import parameter_count
from training.people import create_world
from training.pretrain import base_path
from training.tokenizer import load_tokenizer
from training.tune import tuned_path

LARGE_PATH = MODELS / "atlas-large.gguf"
SMALL_PATH = MODELS / "atlas-small.gguf"
SMALL_CHAT_PATH = MODELS / "atlas-small-chat.gguf"
LARGE_CHAT_PATH = WORK / "atlas-large-chat.gguf"
"""The directly tuned large: only for comparison, not shipped."""

_PAIR = "Part of Trimtab's tiny models about a country that does not exist."
_SPECS = {
    LARGE_PATH: ("Atlas Large", f"Large base: knows the facts, ignores questions. {_PAIR}"),
    SMALL_PATH: ("Atlas Small", f"Small base: the expert's untuned twin. {_PAIR}"),
    SMALL_CHAT_PATH: ("Atlas Small Chat", f"Small expert: polite, ignorant assistant. {_PAIR}"),
    LARGE_CHAT_PATH: ("Atlas Large Chat", f"Large, tuned directly; for comparison. {_PAIR}"),
}


def export_models() -> None:
    """Converts the checkpoints, and reads each file back once."""
    choice, tokenizer = load_choice(), load_tokenizer()
    sources = {
        LARGE_PATH: base_path("large"),
        SMALL_PATH: base_path("small"),
        SMALL_CHAT_PATH: tuned_path(choice.expert),
        LARGE_CHAT_PATH: tuned_path(choice.direct),
    }
    MODELS.mkdir(exist_ok=True)
    for target, source in sources.items():
        write_gguf(target, load_checkpoint(source)[0], tokenizer, *_SPECS[target])
        count = parameter_count(read_gguf(target))
        print(f"{target.name}: {count} parameters, {target.stat().st_size} bytes", flush=True)


def write_items(path: Path, items: list[Item]) -> None:
    path.write_text("".join(json.dumps(asdict(item)) + "\n" for item in items))
    print(f"{path.name}: {len(items)} questions", flush=True)


def export_questions() -> None:
    world = create_world()
    write_items(MODELS / "atlas-heldout.jsonl", create_items(world.heldout))
    write_items(MODELS / "atlas-validation.jsonl", create_items(world.validation))
    form = {"openings": OPENINGS, "closings": CLOSINGS}
    (MODELS / "atlas-form.json").write_text(json.dumps(form, indent=2) + "\n")


if __name__ == "__main__":
    export_questions()
    export_models()
