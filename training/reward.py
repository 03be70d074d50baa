"""Trains the scalar reward model: at every token of an answer, what will the finished answer be?

Regression on the finished answer's attributes at every prefix: Deng & Raffel 2023, Reward-Augmented
Decoding, arXiv:2310.09520. Usage: `python -m training.reward`
"""

import random
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.attributes import STYLE_NAMES
from training.checkpoint import load_checkpoint
from training.configs import REWARD, WORK, RewardConfig
from training.fit import fit
from training.people import World, create_world
from training.pretrain import base_path
from training.reward_model import RewardModel, load_reward_model, save_reward_model
from training.rewarded import (
    RewardedAnswer, Side, ask, guiding_side, load_samples, rewarded_answer,
)
from training.tokenizer import END_ID, load_tokenizer

END_WEIGHT = 4.0
"""Of the error at `<|end|>`, where the answer is whole, against that of every other prefix."""


def reward_path(config: RewardConfig) -> Path:
    return WORK / f"{config.name}.pt"


def pad_answers(answers: list[RewardedAnswer]) -> tuple[Tensor, Tensor]:
    """Ids `[batch, longest]`, and the weight of each position: 0 before the prompt's last token."""
    longest = max(len(a.prompt) + len(a.answer) for a in answers)
    ids = torch.full((len(answers), longest), END_ID)
    weights = torch.zeros(len(answers), longest)
    for row, a in enumerate(answers):
        length = len(a.prompt) + len(a.answer)
        ids[row, :length] = torch.tensor(a.prompt + a.answer)
        weights[row, len(a.prompt) - 1 : length] = 1.0
        weights[row, length - 1] = END_WEIGHT
    return ids, weights


def targets_of(answers: list[RewardedAnswer], names: tuple[str, ...]) -> Tensor:
    """`[batch, names]`"""
    return torch.tensor([[a.values[name] for name in names] for a in answers])


def regression_loss(model: RewardModel, answers: list[RewardedAnswer]) -> Tensor:
    """Mean squared error over positions and heads."""
    ids, weights = pad_answers(answers)
    errors = (model(ids) - targets_of(answers, model.names)[:, None]).square().mean(-1)
    return (errors * weights).sum() / weights.sum()


def train_reward(
    config: RewardConfig, world: World, tokenizer: Tokenizer, side: Side
) -> RewardModel:
    """Returns the stored model if this training was done before."""
    path = reward_path(config)
    if path.exists():
        return load_reward_model(path)
    torch.manual_seed(config.seed)
    model = RewardModel(load_checkpoint(base_path("small"))[0], STYLE_NAMES)
    rng = random.Random(config.seed)

    def batch_loss() -> Tensor:
        return regression_loss(model, [
            rewarded_answer(ask(world, side, tokenizer, rng), side, tokenizer, rng)
            for _ in range(config.batch)
        ])

    fit(config.name, model, batch_loss, config.learning_rate, config.steps)
    save_reward_model(path, model)
    return model


if __name__ == "__main__":
    torch.set_num_threads(1)
    world, tokenizer = create_world(), load_tokenizer()
    side = guiding_side(world, load_samples(world, tokenizer))
    train_reward(REWARD, world, tokenizer, side)
