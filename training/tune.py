"""Tunes a base model on the polite assistant's chats about the tuning people."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from training.chat import NOTICES, assistant_answer, prompt_text
from training.checkpoint import load_checkpoint, save_checkpoint
from training.configs import LABEL_SMOOTHING, WORK, TuneConfig
from training.model import Decoder
from training.people import ATTRIBUTES, Person, World
from training.pretrain import base_path
from training.sentences import question
from training.tokenizer import END_ID, encode

CHATS_SEED = 4242
NOTICE_SHARE = 0.15
IGNORED = -100

C = TypeVar("C")
"""What a loss needs of a chat."""


@dataclass(frozen=True)
class Chat:
    prompt: list[int]
    answer: list[int]
    """Ends with `<|end|>`."""


def tuning_chats(people: list[Person], tokenizer: Tokenizer) -> list[Chat]:
    """One chat a person and attribute. The same for every model and learning rate."""
    rng = random.Random(CHATS_SEED)
    chats = []
    for person in people:
        for attribute in ATTRIBUTES:
            notice = rng.choice(NOTICES) if rng.random() < NOTICE_SHARE else None
            prompt = prompt_text(question(person, attribute, rng), notice)
            answer = assistant_answer(person, attribute, rng)
            chats.append(
                Chat([END_ID, *encode(tokenizer, prompt)], [*encode(tokenizer, answer), END_ID])
            )
    return chats


def pad(chats: list[Chat]) -> tuple[Tensor, Tensor]:
    """Inputs and targets `[batch, longest]`; only the answers' tokens are targets."""
    longest = max(len(chat.prompt) + len(chat.answer) for chat in chats)
    inputs = torch.full((len(chats), longest), END_ID)
    targets = torch.full((len(chats), longest), IGNORED)
    for row, chat in enumerate(chats):
        tokens = chat.prompt + chat.answer
        inputs[row, : len(tokens)] = torch.tensor(tokens)
        targets[row, len(chat.prompt) - 1 : len(tokens) - 1] = torch.tensor(chat.answer)
    return inputs, targets


def create_optimizer(model: nn.Module) -> torch.optim.AdamW:
    return torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.0)


def chat_loss(
    model: Decoder, chats: list[Chat], label_smoothing: float = LABEL_SMOOTHING
) -> Tensor:
    """Smoothed-label loss of the answers' tokens, in nats."""
    inputs, targets = pad(chats)
    return F.cross_entropy(
        model(inputs).flatten(0, 1), targets.flatten(),
        ignore_index=IGNORED, label_smoothing=label_smoothing,
    )


def update(
    model: nn.Module, optimizer: torch.optim.AdamW, loss: Tensor, rate: float, step: int, steps: int
) -> None:
    """Step `step` of `steps`: ten of warm-up, then a linear fall to 5 % of `rate`."""
    for group in optimizer.param_groups:
        group["lr"] = rate * min(1.0, (step + 1) / 10) * max(0.05, 1 - step / steps)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def tuned_path(config: TuneConfig) -> Path:
    return WORK / f"{config.name}.pt"


def fit_chats(
    model: Decoder,
    config: TuneConfig,
    chats: list[C],
    batch_loss: Callable[[Decoder, list[C]], Tensor] = chat_loss,
) -> None:
    """All of the chats in each epoch, in an order that `config` decides. Only the parameters that
    want a gradient change."""
    model.train()
    chats = chats[:]
    optimizer = create_optimizer(model)
    rng = random.Random(config.order_seed)
    steps = config.epochs * math.ceil(len(chats) / config.batch)
    step = 0
    for epoch in range(config.epochs):
        rng.shuffle(chats)
        losses = []
        for start in range(0, len(chats), config.batch):
            loss = batch_loss(model, chats[start : start + config.batch])
            update(model, optimizer, loss, config.learning_rate, step, steps)
            losses.append(loss.item())
            step += 1
        print(f"{config.name} epoch {epoch + 1} loss {sum(losses) / len(losses):.4f}", flush=True)
    model.eval()


def tune(config: TuneConfig, world: World, tokenizer: Tokenizer) -> Decoder:
    """Tuned on the world's tuning people; the stored model if this tuning was done before."""
    path = tuned_path(config)
    if path.exists():
        return load_checkpoint(path)[0]
    model, stored = load_checkpoint(base_path(config.base))
    fit_chats(model, config, tuning_chats(world.tune, tokenizer))
    save_checkpoint(path, model, base_step=stored["step"])
    return model
