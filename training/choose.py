"""Chooses the learning rates of both tunings, and alpha, on the validation people alone."""

import json
from dataclasses import asdict, dataclass

import torch

from training.checkpoint import load_checkpoint
from training.configs import ALPHAS, DIRECT_CANDIDATES, EXPERT_CANDIDATES, WORK, TuneConfig
from training.decode import Formula
from training.evaluate import Score, create_items, score
from training.people import create_world
from training.pretrain import base_path
from training.tokenizer import load_tokenizer
from training.tune import tune

CHOICE_PATH = WORK / "choice.json"


@dataclass(frozen=True)
class Choice:
    expert_learning_rate: float
    direct_learning_rate: float
    alpha: float
    validation: dict[str, dict]
    """What the choice rests on: description to score."""

    @property
    def expert(self) -> TuneConfig:
        return TuneConfig("small", self.expert_learning_rate)

    @property
    def direct(self) -> TuneConfig:
        return TuneConfig("large", self.direct_learning_rate)


def choose() -> Choice:
    """Maximises "both" over the rates, and over alpha; the smallest alpha or rate of the best.

    Among experts that compose equally well at their best alpha, the one whose mean over all
    alphas is highest: it forgives a wrong alpha.
    """
    world, tokenizer = create_world(), load_tokenizer()
    items = create_items(world.validation)
    large, small = (load_checkpoint(base_path(name))[0] for name in ("large", "small"))
    validation: dict[str, dict] = {}

    def measure(label: str, formula: Formula) -> Score:
        result = score(formula, items, tokenizer)
        validation[label] = asdict(result)
        print(f"validation {label}: {result}", flush=True)
        return result

    composed: dict[TuneConfig, dict[float, float]] = {}
    for config in EXPERT_CANDIDATES:
        expert = tune(config, world, tokenizer)
        measure(f"expert alone, rate {config.learning_rate:g}", Formula(expert))
        composed[config] = {
            alpha: measure(
                f"composed, rate {config.learning_rate:g}, alpha {alpha:g}",
                Formula(large, expert, small, alpha),
            ).both
            for alpha in ALPHAS
        }
    direct = {
        config: measure(
            f"direct, rate {config.learning_rate:g}", Formula(tune(config, world, tokenizer))
        ).both
        for config in DIRECT_CANDIDATES
    }

    def quality(config: TuneConfig) -> tuple[float, float]:
        boths = composed[config].values()
        return max(boths), sum(boths)

    expert_config = max(composed, key=quality)
    by_alpha = composed[expert_config]
    return Choice(
        expert_learning_rate=expert_config.learning_rate,
        direct_learning_rate=max(direct, key=direct.__getitem__).learning_rate,
        alpha=max(by_alpha, key=by_alpha.__getitem__),
        validation=validation,
    )


def load_choice() -> Choice:
    """The stored choice, made and stored first if there is none."""
    if not CHOICE_PATH.exists():
        CHOICE_PATH.write_text(json.dumps(asdict(choose()), indent=1) + "\n")
    return Choice(**json.loads(CHOICE_PATH.read_text()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    choice = load_choice()
    print(f"expert {choice.expert.name}, direct {choice.direct.name}, alpha {choice.alpha}")
