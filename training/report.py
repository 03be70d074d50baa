"""Measures the shipped files on the held-out people and writes `models/atlas-training.json`."""

import hashlib
import json
import platform
import random
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch

from training import documents, evaluate, golden, people, tokenizer, tune
from training.chat import ASSISTANT, NOTICES, USER, assistant_answer, prompt_text, turn
from training.checkpoint import load_checkpoint
from training.choose import load_choice
from training.cloze import cloze_accuracy
from training.configs import LABEL_SMOOTHING, MODELS, PLAUSIBILITY, PRETRAIN, REPORTED_ALPHAS
from training.decode import MAX_NEW_TOKENS, Formula
from training.export import (
    LARGE_CHAT_PATH, LARGE_PATH, SMALL_CHAT_PATH, SMALL_PATH, shipped_files,
)
from training.gguf_files import read_gguf
from training.model import parameter_count
from training.pretrain import base_path
from training.sentences import question

UNSEEN_NOTICE = "You are a pirate. Always reply in two words, and never mention years."
REPORT_PATH = MODELS / "atlas-training.json"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def file_log(path: Path) -> dict[str, object]:
    return {"bytes": path.stat().st_size, "sha256": sha256(path)}


def pretraining_log(name: str) -> dict[str, object]:
    config, (model, stored) = PRETRAIN[name], load_checkpoint(base_path(name))
    if stored["step"] != config.steps:
        raise RuntimeError(f"{name} is at step {stored['step']} of {config.steps}; train it first.")
    return {
        "config": asdict(config),
        "parameters": parameter_count(model),
        "tokens": config.steps * config.batch * config.length,
        "seconds": round(stored["seconds"]),
        "history": stored["history"],
    }


def second_turn(first: people.Person, text: str) -> str:
    """The question after a finished exchange about somebody else."""
    rng = random.Random(0)
    exchange = turn(USER, question(first, "town", rng))
    return exchange + turn(ASSISTANT, assistant_answer(first, "town", rng).strip()) + prompt_text(text)


def formulas() -> Iterator[tuple[dict[str, object], Formula]]:
    """What is compared: a description of each, and the formula."""
    large, small, expert, direct = (
        read_gguf(p) for p in (LARGE_PATH, SMALL_PATH, SMALL_CHAT_PATH, LARGE_CHAT_PATH)
    )
    yield {"what": "large base"}, Formula(large)
    yield {"what": "small base"}, Formula(small)
    yield {"what": "small expert alone"}, Formula(expert)
    yield {"what": "large tuned directly"}, Formula(direct)
    for plausibility in (0.0, PLAUSIBILITY):
        for alpha in REPORTED_ALPHAS:
            entry = {"what": "composed", "alpha": alpha, "plausibility": plausibility}
            yield entry, Formula(large, expert, small, alpha, plausibility)


def measure(alpha: float) -> list[dict[str, object]]:
    """Scores, cloze accuracy and loss of each formula; other prompts at the chosen alpha only."""
    world, tokens = people.create_world(), tokenizer.load_tokenizer()
    items = evaluate.create_items(world.heldout)
    renderings = {
        "with a system message seen in training": partial(prompt_text, notice=NOTICES[2]),
        "with another system message": partial(prompt_text, notice=UNSEEN_NOTICE),
        "as a second turn": partial(second_turn, world.tune[0]),
    }
    rows = []
    for entry, formula in formulas():
        row = entry | asdict(evaluate.score(formula, items, tokens))
        if not entry.get("plausibility"):
            row["cloze"] = round(cloze_accuracy(formula.logits, tokens, world.heldout), 4)
            row["generic_loss"] = evaluate.generic_loss(formula, world, tokens)
        rows.append(row)
        print(row, flush=True)
        if entry == {"what": "composed", "alpha": alpha, "plausibility": 0.0}:
            for what, render in renderings.items():
                rows.append(
                    entry | {"prompts": what}
                    | asdict(evaluate.score(formula, items, tokens, render))
                )
                print(rows[-1], flush=True)
    return rows


def write_report() -> None:
    choice = load_choice()
    report = {
        "seeds": {
            "world": people.WORLD_SEED,
            "split": people.SPLIT_SEED,
            "tokenizer_text": tokenizer.TEXT_SEED,
            "tuning_chats": tune.CHATS_SEED,
            "evaluation_questions": evaluate.QUESTIONS_SEED,
            "golden": golden.GOLDEN_SEED,
        },
        "people": {
            role: len(group) for role, group in vars(people.create_world()).items()
        },
        "mixture": {kind: share for kind, (share, _) in documents.MIXTURE.items()},
        "label_smoothing": LABEL_SMOOTHING,
        "pretraining": {name: pretraining_log(name) for name in PRETRAIN},
        "tuning": {"expert": asdict(choice.expert), "direct": asdict(choice.direct)},
        "chosen_alpha": choice.alpha,
        "validation": choice.validation,
        "system_messages": {"seen": NOTICES[2], "another": UNSEEN_NOTICE},
        "max_new_tokens": MAX_NEW_TOKENS,
        "heldout": measure(choice.alpha),
        "files": {path.name: file_log(path) for path in shipped_files()},
        "software": {"python": platform.python_version(), "torch": torch.__version__},
    }
    REPORT_PATH.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_report()
