"""Chooses the rate of the expert of many manners, and its alpha, on the validation people alone."""

import json
from dataclasses import asdict, dataclass
from statistics import mean

import torch

from training.attributes import STYLE_ATTRIBUTES, STYLE_NAMES, style_prompt
from training.checkpoint import load_checkpoint
from training.configs import STYLED_ALPHAS, STYLED_CANDIDATES, WORK, StyledConfig
from training.evaluate import create_items
from training.people import create_world
from training.pretrain import base_path
from training.sampling import composition
from training.style_evaluate import measure_style
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


def quality(scores: dict[str, dict]) -> float:
    """Mean share of right answers over all requests, plus the mean of the attribute requested."""
    return mean(score["fact"] for score in scores.values()) + mean(
        scores[STYLE_ATTRIBUTES[name].prompt]["means"][name] for name in STYLE_NAMES
    )


def measure_candidate(config: StyledConfig) -> dict[str, dict[str, dict]]:
    """Alpha to system message (none is empty) to the score of greedy answers; kept, once measured."""
    path = WORK / f"{config.name}.json"
    if path.exists():
        return json.loads(path.read_text())
    world, tokenizer = create_world(), load_tokenizer()
    people = {person.name: person for person in world.validation}
    items = create_items(world.validation)
    large, small = (load_checkpoint(base_path(name))[0] for name in ("large", "small"))
    styled = tune_styled(config, world, tokenizer)
    measured: dict[str, dict[str, dict]] = {}
    for alpha in STYLED_ALPHAS:
        scores = measured[f"{alpha:g}"] = {}
        for request in REQUESTS:
            notice = style_prompt(request)
            terms = composition(large, styled, small, alpha, notice)
            scores[notice or ""] = asdict(measure_style(terms, items, people, tokenizer))
        print(f"validation {config.name}, alpha {alpha:g}: {quality(scores):.4f}", flush=True)
    path.write_text(json.dumps(measured, indent=1) + "\n")
    return measured


def choose_styled() -> StyledChoice:
    """The rate and alpha of the best quality of greedy answers."""
    validation = {
        (config.learning_rate, float(alpha)): scores
        for config in STYLED_CANDIDATES
        for alpha, scores in measure_candidate(config).items()
    }
    rate, alpha = max(validation, key=lambda setting: quality(validation[setting]))
    return StyledChoice(
        rate, alpha, {f"rate {r:g}, alpha {a:g}": s for (r, a), s in validation.items()}
    )


def load_styled_choice() -> StyledChoice:
    """The stored choice, made and stored first if there is none."""
    if not CHOICE_PATH.exists():
        CHOICE_PATH.write_text(json.dumps(asdict(choose_styled()), indent=1) + "\n")
    return StyledChoice(**json.loads(CHOICE_PATH.read_text()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    choice = load_styled_choice()
    print(f"styled {choice.styled.name}, alpha {choice.alpha:g}")
