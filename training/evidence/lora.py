"""Low-rank adapters of a decoder's matrices: `W + (alpha / rank) B A`.

Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from training.model import Decoder

Adapter = dict[str, dict[str, Tensor]]
"""By the layer's name: `a` `[rank, inputs]` and `b` `[outputs, rank]`."""


class LowRank(nn.Module):
    """`A` `[rank, inputs]` begins random, `B` `[outputs, rank]` at zero: the sum begins as `W`."""

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        outputs, inputs = weight.shape
        self.a = nn.Parameter(torch.randn(rank, inputs) * inputs**-0.5)
        self.b = nn.Parameter(torch.zeros(outputs, rank))
        self.scale = alpha / rank

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * (self.b @ self.a)


def linear_layers(model: Decoder) -> dict[str, nn.Linear]:
    """By name: all matrices but the embedding."""
    return {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear)}


def attach(model: Decoder, rank: int, alpha: float, seed: int) -> dict[str, LowRank]:
    """Freezes the model and adapts every linear layer; returns the adapters by the layer's name."""
    model.requires_grad_(False)
    torch.manual_seed(seed)
    adapters = {}
    for name, layer in linear_layers(model).items():
        adapters[name] = LowRank(layer.weight, rank, alpha)
        parametrize.register_parametrization(layer, "weight", adapters[name])
    return adapters


def merge(model: Decoder) -> None:
    """Leaves plain matrices that hold the sums."""
    for layer in linear_layers(model).values():
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
