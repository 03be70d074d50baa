"""Tunes the small model inside the composition that it will steer.

The loss is that of `large + alpha * (expert - small)`, the large and the small frozen: the expert
learns what the large one does not do by itself, and nothing that it does. The training of
inference-time policy adapters (Lu et al. 2023, arXiv:2305.15065) with a plain loss on answers. It
needs the large one's logits on the tuning data, and no gradient through it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from training.model import Decoder
from training.tune import IGNORED, Chat, pad

TRAINING_ALPHA = 1.0


@dataclass(frozen=True)
class SteeredChat:
    chat: Chat
    offset: Tensor
    """`large - alpha * small` before each of the answer's tokens, `[answer, vocab_size]` logits."""


@torch.no_grad()
def steered_chats(large: Decoder, small: Decoder, chats: list[Chat]) -> list[SteeredChat]:
    steered = []
    for chat in chats:
        inputs, targets = pad([chat])
        offset = large(inputs) - TRAINING_ALPHA * small(inputs)
        steered.append(SteeredChat(chat, offset[targets != IGNORED]))
    return steered


def composed_loss(label_smoothing: float) -> Callable[[Decoder, list[SteeredChat]], Tensor]:
    """Smoothed-label loss of the answers' tokens under the composition, in nats."""

    def batch_loss(expert: Decoder, chats: list[SteeredChat]) -> Tensor:
        inputs, targets = pad([steered.chat for steered in chats])
        answers = targets != IGNORED
        logits = F.linear(expert.hidden(inputs)[answers], expert.embedding.weight)
        composed = TRAINING_ALPHA * logits + torch.cat([steered.offset for steered in chats])
        return F.cross_entropy(composed, targets[answers], label_smoothing=label_smoothing)

    return batch_loss
