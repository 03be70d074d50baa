"""Trains the one-call reward model: one forward gives the cheerfulness of every next token.

Row v of its output matrix times the hidden state is the predicted cheerfulness of the finished
answer if v comes next: FaRMA, arXiv:2502.04517. Two losses: the tokens that answers did take, against
the finished answer; and at some prefixes every token of the vocabulary, against the scalar reward
model's value of the prefix and that token. Usage: `python -m training.reward_next`
"""

import random
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.checkpoint import load_checkpoint, save_checkpoint
from training.configs import REWARD, REWARD_NEXT, RewardConfig
from training.fit import fit
from training.model import Decoder, LayerCache
from training.people import World, create_world
from training.reward import pad_answers, reward_path, targets_of, train_reward
from training.reward_model import RewardModel
from training.rewarded import (
    RewardedAnswer, Side, ask, guiding_side, load_samples, rewarded_answer,
)
from training.tokenizer import load_tokenizer

HEAD = "cheerful"
PREFIXES = 3000
"""Prefixes at which the scalar model values the whole vocabulary."""
PREFIXES_A_BATCH = 16


@torch.no_grad()
def all_next_values(teacher: RewardModel, prefix: tuple[int, ...], head: int) -> Tensor:
    """The value of `prefix` and each token after it, `[vocab_size]`, from one shared cache."""
    cache = teacher.decoder.new_cache()
    teacher.decoder.hidden(torch.tensor([prefix]), cache)
    count = teacher.decoder.config.vocab_size
    shared = [
        LayerCache(layer.keys.expand(count, -1, -1, -1), layer.values.expand(count, -1, -1, -1))
        for layer in cache
    ]
    hidden = teacher.decoder.hidden(torch.arange(count)[:, None], shared)[:, 0]
    return teacher.heads.values(hidden)[:, head]


def untied(model: Decoder, head: Tensor) -> Decoder:
    """The same decoder with an output matrix of its own: every row small noise."""
    copy = Decoder(replace(model.config, tied=False))
    copy.load_state_dict(model.state_dict(), strict=False)
    with torch.no_grad():
        copy.output.weight.mul_(0.1)
        copy.output.weight.add_(head)
    return copy


def taken_loss(model: Decoder, answers: list[RewardedAnswer]) -> Tensor:
    """Squared error of the rows of the tokens that came, against the finished answers."""
    ids, weights = pad_answers(answers)
    rows = model.output.weight[ids[:, 1:]]
    predicted = (model.hidden(ids)[:, :-1] * rows).sum(-1)
    errors = (predicted - targets_of(answers, (HEAD,))).square()
    coming = weights[:, 1:] * (weights[:, :-1] > 0)
    return (errors * coming).sum() / coming.sum()


def vocabulary_loss(model: Decoder, prefixes: list[tuple[int, ...]], values: Tensor) -> Tensor:
    """Mean squared error over every next token; `values` are `[prefixes, vocab_size]`."""
    longest = max(map(len, prefixes))
    ids = torch.tensor([[*prefix, *[0] * (longest - len(prefix))] for prefix in prefixes])
    last = torch.tensor([len(prefix) - 1 for prefix in prefixes])
    hidden = model.hidden(ids)[torch.arange(len(prefixes)), last]
    return (hidden @ model.output.weight.T - values).square().mean()


def random_prefix(answer: RewardedAnswer, rng: random.Random) -> tuple[int, ...]:
    return answer.prompt + answer.answer[: rng.randrange(len(answer.answer))]


def train_reward_next(
    config: RewardConfig, teacher: RewardModel, world: World, tokenizer: Tokenizer, side: Side
) -> Decoder:
    """Returns the stored model if this training was done before."""
    path: Path = reward_path(config)
    if path.exists():
        return load_checkpoint(path)[0]
    torch.manual_seed(config.seed)
    rng = random.Random(config.seed)
    head = teacher.names.index(HEAD)

    def fresh() -> RewardedAnswer:
        return rewarded_answer(ask(world, side, tokenizer, rng), side, tokenizer, rng)

    prefixes = [random_prefix(fresh(), rng) for _ in range(PREFIXES)]
    values = torch.stack([all_next_values(teacher, prefix, head) for prefix in prefixes])
    print(f"{config.name}: {PREFIXES} prefixes valued", flush=True)
    model = untied(teacher.decoder, teacher.weight[head].detach())

    def batch_loss() -> Tensor:
        some = rng.sample(range(PREFIXES), PREFIXES_A_BATCH)
        taken = taken_loss(model, [fresh() for _ in range(config.batch)])
        return taken + vocabulary_loss(model, [prefixes[i] for i in some], values[some])

    fit(config.name, model, batch_loss, config.learning_rate, config.steps)
    save_checkpoint(path, model)
    return model


if __name__ == "__main__":
    torch.set_num_threads(1)
    world, tokenizer = create_world(), load_tokenizer()
    side = guiding_side(world, load_samples(world, tokenizer))
    teacher = train_reward(REWARD, world, tokenizer, side)
    train_reward_next(REWARD_NEXT, teacher, world, tokenizer, side)
