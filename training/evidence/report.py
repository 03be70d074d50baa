"""Measures the files on the held-out people and writes the log of a world."""

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.cloze import OTHER_CUT_STATEMENTS, cloze_accuracy
from training.configs import LABEL_SMOOTHING
from training.decode import Formula
from training.evaluate import create_items, generic_loss, score
from training.evidence.choose import STEERINGS, Choice, validation_measurements
from training.evidence.configs import (
    EVIDENCE_WORK, LORA_ALPHA, LORA_RANK, LORA_SEED, candidates,
)
from training.evidence.export import (
    EVIDENCE_MODELS, KINDS, base_paths, exported_files, read_tuned,
)
from training.evidence.measurements import Measurements
from training.evidence.regimes import STRANGERS_SEED, Regime
from training.evidence.worlds import bases, world_of
from training.gguf_files import read_gguf
from training.people import World
from training.report import file_log, pretraining_log
from training.tune import CHATS_SEED


def log_path(world: int) -> Path:
    return EVIDENCE_MODELS / f"world-{world}.json"


def formulas(world: int, choices: dict[Regime, Choice]) -> Iterator[tuple[dict, Formula]]:
    """What is compared: a description of each, and the formula."""
    large, small = (read_gguf(path) for path in base_paths(world))
    yield {"what": "large base"}, Formula(large)
    yield {"what": "small base"}, Formula(small)
    for regime, choice in choices.items():
        expert = read_tuned(choice.expert)
        entry = {"regime": regime}
        yield entry | {"what": "small expert alone"}, Formula(expert)
        yield entry | {"what": "large tuned directly"}, Formula(read_tuned(choice.direct))
        yield entry | {"what": "large with an adapter"}, Formula(read_tuned(choice.lora))
        for alpha, plausibility in STEERINGS:
            steering = {"what": "composed", "alpha": alpha, "plausibility": plausibility}
            yield entry | steering, Formula(large, expert, small, alpha, plausibility)


def measure_formula(formula: Formula, world: World, tokenizer: Tokenizer) -> dict[str, float]:
    """No loss under a mask: what it bans has an infinite one."""
    cloze = cloze_accuracy(formula.logits, tokenizer, world.heldout, OTHER_CUT_STATEMENTS)
    row = asdict(score(formula, create_items(world.heldout), tokenizer)) | {"cloze": round(cloze, 4)}
    if formula.plausibility:
        return row
    return row | {"generic_loss": generic_loss(formula, world, tokenizer)}


def heldout_measurements(world: int) -> Measurements:
    """Of the very files that are there."""
    files = (*base_paths(world), *exported_files(world))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return Measurements(EVIDENCE_WORK / f"{world}-heldout-{digest[:8]}.json")


def measure(number: int, choices: dict[Regime, Choice], tokenizer: Tokenizer) -> list[dict]:
    world, measurements = world_of(number), heldout_measurements(number)
    return [
        entry
        | measurements.get(json.dumps(entry), lambda: measure_formula(formula, world, tokenizer))
        for entry, formula in formulas(number, choices)
    ]


def validation_log(world: int, regime: Regime) -> dict[str, dict]:
    """The scores on which the choices of a regime rest."""
    scores = validation_measurements(world).results
    return {
        key: scores[key]
        for kind in KINDS
        for candidate in candidates(world, regime, kind)
        for key in scores
        if key.split(",")[0] == candidate.name
    }


def write_log(world: int, choices: dict[Regime, Choice], tokenizer: Tokenizer) -> None:
    log = {
        "world": world,
        "seeds": {
            "world": bases(world)[0].world_seed,
            "strangers": STRANGERS_SEED,
            "tuning_chats": CHATS_SEED,
            "adapter": LORA_SEED,
        },
        "questions": {
            role: len(create_items(getattr(world_of(world), role)))
            for role in ("validation", "heldout")
        },
        "pretraining": {config.name: pretraining_log(config.name) for config in bases(world)},
        "label_smoothing": LABEL_SMOOTHING,
        "adapter": {"rank": LORA_RANK, "alpha": LORA_ALPHA},
        "choices": {regime: asdict(choice) for regime, choice in choices.items()},
        "validation": {regime: validation_log(world, regime) for regime in choices},
        "heldout": measure(world, choices, tokenizer),
        "files": {path.name: file_log(path) for path in exported_files(world)},
        "software": {"python": platform.python_version(), "torch": torch.__version__},
    }
    log_path(world).write_text(json.dumps(log, indent=1) + "\n")
