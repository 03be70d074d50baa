"""Trains the autoregressive reward model of cheerfulness: an answer's log-probability is its reward.

Starts from the expert of many manners; Bradley-Terry loss on pairs of answers to one question, which
differ in opening and closing alone: Xu et al. 2024, GenARM, arXiv:2410.08193. Pairs of unlike length
and facts taught nothing: the log-probabilities of these outweigh any manner. The labels are drawn as
an annotator gives them who prefers by `sigmoid(SLOPE * difference)`, so that the reward has a scale.
Usage: `python -m training.reward_auto`
"""

import math
import random

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from training.attributes import style_values
from training.checkpoint import load_checkpoint, save_checkpoint
from training.choose_styled import load_styled_choice
from training.configs import REWARD_AUTO, RewardConfig, StyledConfig
from training.fit import fit
from training.manners import mannered_answer, reframed
from training.model import Decoder
from training.people import World, create_world
from training.reward import reward_path
from training.rewarded import (
    Asked, RewardedAnswer, Side, ask, guiding_side, load_samples,
)
from training.styled import output_logits, styled_path
from training.tokenizer import END_ID, encode, load_tokenizer
from training.tune import IGNORED, Chat, pad

HEAD = "cheerful"
SLOPE = 8.0
"""A difference of a quarter, one cheerful piece, is preferred with probability 0.88."""
NATS = 0.5
"""Reward of one nat of log-probability: one cheerful piece should gain `SLOPE / 4 / NATS` nats."""


def twins(
    world: World, side: Side, tokenizer: Tokenizer, rng: random.Random
) -> tuple[RewardedAnswer, RewardedAnswer]:
    """Two answers that say the same between their openings and closings."""
    asked = ask(world, side, tokenizer, rng)
    text = mannered_answer(asked.person, asked.attribute, rng)
    first, second = (valued_answer(asked, t, tokenizer) for t in (text, reframed(text, rng)))
    return first, second


def valued_answer(asked: Asked, text: str, tokenizer: Tokenizer) -> RewardedAnswer:
    ids = (*encode(tokenizer, text), END_ID)
    return RewardedAnswer(asked.prompt, ids, style_values(text.strip()))


def answer_logprobs(model: Decoder, answers: list[RewardedAnswer]) -> Tensor:
    """Sum of the log-probabilities of each answer's tokens, in nats, `[batch]`."""
    inputs, targets = pad([Chat(list(a.prompt), list(a.answer)) for a in answers])
    counted = targets != IGNORED
    logits = output_logits(model, model.hidden(inputs)[counted])
    losses = F.cross_entropy(logits, targets[counted], reduction="none")
    return -losses.new_zeros(targets.shape).masked_scatter(counted, losses).sum(1)


def preferred_first(
    pair: tuple[RewardedAnswer, RewardedAnswer], rng: random.Random
) -> tuple[RewardedAnswer, RewardedAnswer]:
    first, second = pair
    difference = first.values[HEAD] - second.values[HEAD]
    wins = rng.random() < 1 / (1 + math.exp(-SLOPE * difference))
    return (first, second) if wins else (second, first)


def train_reward_auto(
    config: RewardConfig, styled: StyledConfig, world: World, tokenizer: Tokenizer, side: Side
) -> Decoder:
    """Returns the stored model if this training was done before."""
    path = reward_path(config)
    if path.exists():
        return load_checkpoint(path)[0]
    model = load_checkpoint(styled_path(styled))[0]
    rng = random.Random(config.seed)

    def batch_loss() -> Tensor:
        pairs = [
            preferred_first(twins(world, side, tokenizer, rng), rng)
            for _ in range(config.batch)
        ]
        logprobs = answer_logprobs(model, [answer for pair in pairs for answer in pair])
        return -F.logsigmoid(NATS * (logprobs[0::2] - logprobs[1::2])).mean()

    fit(config.name, model, batch_loss, config.learning_rate, config.steps)
    save_checkpoint(path, model)
    return model


if __name__ == "__main__":
    torch.set_num_threads(1)
    world, tokenizer = create_world(), load_tokenizer()
    styled = load_styled_choice().styled
    side = guiding_side(world, load_samples(world, tokenizer))
    train_reward_auto(REWARD_AUTO, styled, world, tokenizer, side)
