"""Writes the files that ship: GGUF models, questions, the assistant's form, the attributes."""

import json
from dataclasses import asdict
from pathlib import Path

from tokenizers import Tokenizer

from training.attributes import attributes_document
from training.chat import CLOSINGS, OPENINGS
from training.checkpoint import load_checkpoint
from training.choose import load_choice
from training.choose_styled import load_styled_choice
from training.configs import JUDGE, MODELS, REWARD, REWARD_AUTO, REWARD_NEXT, WORK
from training.evaluate import Item, create_items
from training.gguf_files import read_gguf, write_gguf
from training.model import Decoder, parameter_count
from training.people import create_world
from training.pretrain import base_path
from training.reward import reward_path
from training.reward_model import RewardHeads, load_reward_model
from training.styled import styled_path
from training.tokenizer import load_tokenizer
from training.tune import tuned_path

LARGE_PATH = MODELS / "atlas-large.gguf"
SMALL_PATH = MODELS / "atlas-small.gguf"
SMALL_CHAT_PATH = MODELS / "atlas-small-chat.gguf"
LARGE_CHAT_PATH = WORK / "atlas-large-chat.gguf"
"""The directly tuned large: only for comparison, not shipped."""

SMALL_STYLED_PATH = MODELS / "atlas-small-styled.gguf"
REWARD_PATH = MODELS / "atlas-reward.gguf"
REWARD_NEXT_PATH = MODELS / "atlas-reward-next.gguf"
REWARD_AUTO_PATH = MODELS / "atlas-reward-auto.gguf"
JUDGE_PATH = MODELS / "atlas-judge.gguf"
ATTRIBUTES_PATH = MODELS / "atlas-attributes.json"

_PAIR = "Part of Trimtab's tiny models about a country that does not exist."
_SPECS = {
    LARGE_PATH: ("Atlas Large", f"Large base: knows the facts, ignores questions. {_PAIR}"),
    SMALL_PATH: ("Atlas Small", f"Small base: the expert's untuned twin. {_PAIR}"),
    SMALL_CHAT_PATH: ("Atlas Small Chat", f"Small expert: polite, ignorant assistant. {_PAIR}"),
    LARGE_CHAT_PATH: ("Atlas Large Chat", f"Large, tuned directly; for comparison. {_PAIR}"),
    SMALL_STYLED_PATH: ("Atlas Small Styled", f"Small expert of many manners. {_PAIR}"),
    REWARD_NEXT_PATH: ("Atlas Reward Next", f"One-call reward: cheerfulness. {_PAIR}"),
    REWARD_AUTO_PATH: ("Atlas Reward Auto", f"Autoregressive reward: cheerfulness. {_PAIR}"),
    REWARD_PATH: ("Atlas Reward", f"Reward of four attributes at every token. {_PAIR}"),
    JUDGE_PATH: ("Atlas Judge", f"Judge of four attributes of whole answers. {_PAIR}"),
}


def shipped_files() -> list[Path]:
    """Everything in `models/` but the log and the card."""
    forms = [MODELS / "atlas-form.json", ATTRIBUTES_PATH]
    return sorted([*MODELS.glob("atlas-*.gguf"), *MODELS.glob("*.jsonl"), *forms])


def export_model(
    target: Path, model: Decoder, tokenizer: Tokenizer, heads: RewardHeads | None = None
) -> None:
    """Writes one file, and reads it back once."""
    write_gguf(target, model, tokenizer, *_SPECS[target], heads)
    count = parameter_count(read_gguf(target))
    print(f"{target.name}: {count} parameters, {target.stat().st_size} bytes", flush=True)


def export_models() -> None:
    choice, tokenizer = load_choice(), load_tokenizer()
    sources = {
        LARGE_PATH: base_path("large"),
        SMALL_PATH: base_path("small"),
        SMALL_CHAT_PATH: tuned_path(choice.expert),
        LARGE_CHAT_PATH: tuned_path(choice.direct),
        SMALL_STYLED_PATH: styled_path(load_styled_choice().styled),
        REWARD_NEXT_PATH: reward_path(REWARD_NEXT),
        REWARD_AUTO_PATH: reward_path(REWARD_AUTO),
    }
    MODELS.mkdir(exist_ok=True)
    for target, source in sources.items():
        export_model(target, load_checkpoint(source)[0], tokenizer)
    for target, config in ((REWARD_PATH, REWARD), (JUDGE_PATH, JUDGE)):
        model = load_reward_model(reward_path(config))
        export_model(target, model.decoder, tokenizer, model.heads)


def write_items(path: Path, items: list[Item]) -> None:
    path.write_text("".join(json.dumps(asdict(item)) + "\n" for item in items))
    print(f"{path.name}: {len(items)} questions", flush=True)


def export_questions() -> None:
    world = create_world()
    write_items(MODELS / "atlas-heldout.jsonl", create_items(world.heldout))
    write_items(MODELS / "atlas-validation.jsonl", create_items(world.validation))
    form = {"openings": OPENINGS, "closings": CLOSINGS}
    (MODELS / "atlas-form.json").write_text(json.dumps(form, indent=2) + "\n")
    ATTRIBUTES_PATH.write_text(json.dumps(attributes_document(), indent=2) + "\n")


if __name__ == "__main__":
    export_questions()
    export_models()
