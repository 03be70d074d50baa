"""Trains the judge: four heads that compare whole answers, held out from all guidance.

The Bradley-Terry loss on pairs, a tenth of the labels wrong; other people, questions, samples and
seed than those of the reward models, and another start: the last layer is drawn anew.
Usage: `python -m training.judge`
"""

import random

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from training.attributes import STYLE_NAMES
from training.checkpoint import load_checkpoint
from training.configs import JUDGE, RewardConfig
from training.fit import fit
from training.model import Block, Decoder
from training.people import World, create_world
from training.pretrain import base_path
from training.reward import pad_answers, reward_path
from training.reward_model import RewardModel, load_reward_model, save_reward_model
from training.rewarded import RewardedAnswer, Side, judging_side, load_samples, rewarded_pair
from training.tokenizer import load_tokenizer

LABEL_NOISE = 0.1
CENTRED_ON = 1000
"""Answers whose mean value is made 0: pairs say nothing about where the scale begins."""

Pair = tuple[RewardedAnswer, RewardedAnswer]


def with_new_last_layer(model: Decoder) -> Decoder:
    model.blocks[-1] = Block(model.config)
    nn.init.ones_(model.out_norm.weight)
    return model


def last_values(model: RewardModel, answers: list[RewardedAnswer]) -> Tensor:
    """Values of the whole answers, `[batch, heads]`."""
    ids, _ = pad_answers(answers)
    lengths = [len(a.prompt) + len(a.answer) for a in answers]
    return model(ids)[torch.arange(len(answers)), torch.tensor(lengths) - 1]


def noisy_preferences(pairs: list[Pair], rng: random.Random) -> Tensor:
    """1 where the first has more of an attribute, -1 where the second has, 0 for ties;
    `[pairs, heads]`. Each label is turned round with probability `LABEL_NOISE`."""
    return torch.tensor([
        [
            ((a.values[n] > b.values[n]) - (a.values[n] < b.values[n]))
            * (-1.0 if rng.random() < LABEL_NOISE else 1.0)
            for n in STYLE_NAMES
        ]
        for a, b in pairs
    ])


def preference_loss(gaps: Tensor, preferences: Tensor) -> Tensor:
    """Bradley-Terry: `-log sigmoid(gap)` of the preferred answer; ties do not count."""
    counted = preferences.abs()
    return -(F.logsigmoid(gaps * preferences) * counted).sum() / counted.sum().clamp_min(1)


def train_judge(config: RewardConfig, world: World, tokenizer: Tokenizer, side: Side) -> RewardModel:
    """Returns the stored model if this training was done before."""
    path = reward_path(config)
    if path.exists():
        return load_reward_model(path)
    torch.manual_seed(config.seed)
    decoder = with_new_last_layer(load_checkpoint(base_path("small"))[0])
    model = RewardModel(decoder, STYLE_NAMES)
    rng = random.Random(config.seed)

    def batch_loss() -> Tensor:
        pairs = [rewarded_pair(world, side, tokenizer, rng) for _ in range(config.batch)]
        values = last_values(model, [answer for pair in pairs for answer in pair])
        return preference_loss(values[0::2] - values[1::2], noisy_preferences(pairs, rng))

    fit(config.name, model, batch_loss, config.learning_rate, config.steps)
    centre(model, [rewarded_pair(world, side, tokenizer, rng)[0] for _ in range(CENTRED_ON)])
    save_reward_model(path, model)
    return model


@torch.no_grad()
def centre(model: RewardModel, answers: list[RewardedAnswer]) -> None:
    model.bias -= last_values(model, answers).mean(0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    world, tokenizer = create_world(), load_tokenizer()
    side = judging_side(world, load_samples(world, tokenizer))
    train_judge(JUDGE, world, tokenizer, side)
