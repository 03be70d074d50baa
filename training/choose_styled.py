"""Chooses the rate of the expert of many manners, and its alpha, on the validation people alone."""

import json
from dataclasses import asdict, dataclass
from statistics import mean

import torch

from training.attributes import STYLE_NAMES, style_prompt
from training.checkpoint import load_checkpoint
from training.configs import STYLED_ALPHAS, STYLED_CANDIDATES, WORK, StyledConfig
from training.evaluate import create_items
from training.people import create_world
from training.pretrain import base_path
from training.sampling import Term
from training.style_evaluate import StyleScore, measure_style
from training.styled import tune_styled
from training.tokenizer import load_tokenizer

CHOICE_PATH = WORK / "styled-choice.json"
REQUESTS: tuple[tuple[str, ...], ...] = ((), *((name,) for name in STYLE_NAMES))


@dataclass(frozen=True)
class StyledChoice:
    learning_rate: float
    alpha: float
    validation: dict[str, dict]
    """What the choice rests on: description to scores by request."""

    @property
    def styled(self) -> StyledConfig:
        return next(c for c in STYLED_CANDIDATES if c.learning_rate == self.learning_rate)


def quality(scores: dict[tuple[str, ...], StyleScore]) -> float:
    """Mean share of right answers over all requests, plus the mean of the attribute requested."""
    return mean(score.fact for score in scores.values()) + mean(
        scores[(name,)].means[name] for name in STYLE_NAMES
    )


def choose_styled() -> StyledChoice:
    """The rate and alpha of the best quality of greedy answers."""
    world, tokenizer = create_world(), load_tokenizer()
    people = {person.name: person for person in world.validation}
    items = create_items(world.validation)
    large, small = (load_checkpoint(base_path(name))[0] for name in ("large", "small"))
    validation: dict[str, dict] = {}
    qualities: dict[tuple[float, float], float] = {}
    for config in STYLED_CANDIDATES:
        styled = tune_styled(config, world, tokenizer)
        for alpha in STYLED_ALPHAS:
            scores = {}
            for request in REQUESTS:
                notice = style_prompt(request)
                terms = [
                    Term(1, large, notice), Term(alpha, styled, notice), Term(-alpha, small, notice)
                ]
                scores[request] = measure_style(terms, items, people, tokenizer)
            label = f"rate {config.learning_rate:g}, alpha {alpha:g}"
            qualities[config.learning_rate, alpha] = quality(scores)
            validation[label] = {
                style_prompt(request) or "": asdict(score) for request, score in scores.items()
            }
            print(f"validation {label}: quality {quality(scores):.4f} {scores}", flush=True)
    rate, alpha = max(qualities, key=qualities.__getitem__)
    return StyledChoice(rate, alpha, validation)


def load_styled_choice() -> StyledChoice:
    """The stored choice, made and stored first if there is none."""
    if not CHOICE_PATH.exists():
        CHOICE_PATH.write_text(json.dumps(asdict(choose_styled()), indent=1) + "\n")
    return StyledChoice(**json.loads(CHOICE_PATH.read_text()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    choice = load_styled_choice()
    print(f"styled {choice.styled.name}, alpha {choice.alpha:g}")
