"""A decoder whose hidden states are read by linear heads, one for each attribute."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from training.checkpoint import load_checkpoint, save_checkpoint
from training.model import Decoder


@dataclass(frozen=True)
class RewardHeads:
    names: tuple[str, ...]
    weight: Tensor
    """`[heads, dim]`"""
    bias: Tensor
    """`[heads]`"""

    def values(self, hidden: Tensor) -> Tensor:
        """States after the last norm `[..., dim]` to values `[..., heads]`."""
        return nn.functional.linear(hidden, self.weight, self.bias)


class RewardModel(nn.Module):
    """Values of the text so far, at every token."""

    def __init__(self, decoder: Decoder, names: tuple[str, ...]) -> None:
        super().__init__()
        self.decoder = decoder
        self.names = names
        self.weight = nn.Parameter(torch.zeros(len(names), decoder.config.dim))
        self.bias = nn.Parameter(torch.zeros(len(names)))

    @property
    def heads(self) -> RewardHeads:
        return RewardHeads(self.names, self.weight, self.bias)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids `[batch, length]` to values `[batch, length, heads]`."""
        return self.heads.values(self.decoder.hidden(ids))


def save_reward_model(path: Path, model: RewardModel) -> None:
    save_checkpoint(
        path, model.decoder, names=model.names,
        weight=model.weight.detach(), bias=model.bias.detach(),
    )


def load_reward_model(path: Path) -> RewardModel:
    decoder, stored = load_checkpoint(path)
    model = RewardModel(decoder, tuple(stored["names"]))
    with torch.no_grad():
        model.weight.copy_(stored["weight"])
        model.bias.copy_(stored["bias"])
    return model.eval()
