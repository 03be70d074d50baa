"""Measures the files on the held-out people and writes the log of a world."""

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.cloze import OTHER_CUT_STATEMENTS, cloze_accuracy
from training.configs import LABEL_SMOOTHING
from training.decode import Formula
from training.evaluate import create_items, generic_loss
from training.evidence.choose import Choice, validation_measurements
from training.evidence.composed import TRAINING_ALPHA
from training.evidence.configs import (
    EVIDENCE_WORK, LORA_ALPHA, LORA_RANK, LORA_SEED, Kind,
)
from training.evidence.export import (
    EVIDENCE_MODELS, KINDS, base_paths, exported_files, read_tuned,
)
from training.evidence.measurements import Measurements
from training.evidence.notation import ENTRIES_SEED, TUNING_SEED
from training.evidence.regimes import STRANGERS_SEED, Regime, examiner
from training.evidence.worlds import bases, world_of
from training.gguf_files import read_gguf
from training.people import World
from training.report import file_log, pretraining_log
from training.tune import CHATS_SEED


def log_path(world: int) -> Path:
    return EVIDENCE_MODELS / f"world-{world}.json"


TUNED: dict[Kind, str] = {
    "direct": "large tuned directly",
    "lora": "large with an adapter",
    "expert": "small expert alone",
    "composed-expert": "composed expert alone",
}
COMPOSED: dict[Kind, str] = {"expert": "composed", "composed-expert": "composed, expert tuned inside"}


@dataclass(frozen=True)
class Row:
    regime: Regime
    what: str
    formula: Formula
    kind: Kind | None = None
    """Of the composition's expert."""


def compared(world: int, choices: dict[Regime, Choice]) -> Iterator[Row]:
    """The bases in every regime's examination, and what was chosen in it."""
    large, small = (read_gguf(path) for path in base_paths(world))
    for regime, choice in choices.items():
        yield Row(regime, "large base", Formula(large))
        yield Row(regime, "small base", Formula(small))
        for kind, candidate in choice.tuned.items():
            yield Row(regime, TUNED[kind], Formula(read_tuned(candidate)))
        for kind, by in choice.steering.items():
            expert = read_tuned(choice.tuned[kind])
            formula = Formula(large, expert, small, by.alpha, by.plausibility)
            yield Row(regime, COMPOSED[kind], formula, kind)


def measure_row(row: Row, world: World, tokenizer: Tokenizer) -> dict[str, float]:
    """No loss under a mask: what it bans has an infinite one."""
    cloze = cloze_accuracy(row.formula.logits, tokenizer, world.heldout, OTHER_CUT_STATEMENTS)
    score = examiner(row.regime)(row.formula, world.heldout, tokenizer)
    scores = asdict(score) | {"cloze": round(cloze, 4)}
    if row.formula.plausibility:
        return scores
    return scores | {"generic_loss": generic_loss(row.formula, world, tokenizer)}


def heldout_measurements(world: int) -> Measurements:
    """Of the very files that are there."""
    files = (*base_paths(world), *exported_files(world))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return Measurements(EVIDENCE_WORK / f"{world}-heldout-{digest[:8]}.json")


def measure(number: int, choices: dict[Regime, Choice], tokenizer: Tokenizer) -> list[dict]:
    world, measurements = world_of(number), heldout_measurements(number)
    return [
        {"regime": row.regime, "what": row.what}
        | measurements.get(
            f"{row.regime}, {row.what}", lambda: measure_row(row, world, tokenizer)
        )
        for row in compared(number, choices)
    ]


def validation_log(world: int, regime: Regime) -> dict[str, dict]:
    """The scores on which the choices of a regime rest."""
    scores = validation_measurements(world).results
    return {
        key: scores[key]
        for kind in KINDS
        for key in scores
        if key.startswith(f"{world}-{regime}-{kind}-")
    }


def write_log(world: int, choices: dict[Regime, Choice], tokenizer: Tokenizer) -> None:
    log = {
        "world": world,
        "seeds": {
            "world": bases(world)[0].world_seed,
            "strangers": STRANGERS_SEED,
            "tuning_chats": CHATS_SEED,
            "tuning_entries": TUNING_SEED,
            "heldout_entries": ENTRIES_SEED,
            "adapter": LORA_SEED,
        },
        "questions": {
            role: len(create_items(getattr(world_of(world), role)))
            for role in ("validation", "heldout")
        },
        "pretraining": {config.name: pretraining_log(config.name) for config in bases(world)},
        "label_smoothing": LABEL_SMOOTHING,
        "training_alpha": TRAINING_ALPHA,
        "adapter": {"rank": LORA_RANK, "alpha": LORA_ALPHA},
        "choices": {regime: choice.log() for regime, choice in choices.items()},
        "validation": {regime: validation_log(world, regime) for regime in choices},
        "heldout": measure(world, choices, tokenizer),
        "files": {path.name: file_log(path) for path in exported_files(world)},
        "software": {"python": platform.python_version(), "torch": torch.__version__},
    }
    log_path(world).write_text(json.dumps(log, indent=1) + "\n")
