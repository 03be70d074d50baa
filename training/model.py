"""A Llama-style decoder: RMSNorm, RoPE, SwiGLU, no biases; embeddings are tied unless said."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NORM_EPS = 1e-5
ROPE_BASE = 10000.0


@dataclass(frozen=True)
class ModelConfig:
    """Every dimension is a multiple of 32, the block length of Q8_0."""

    dim: int
    layers: int
    heads: int
    ff: int
    vocab_size: int = 1280
    context: int = 512
    tied: bool = True
    """Is the output matrix the embedding?"""

    def __post_init__(self) -> None:
        for name in ("dim", "ff", "vocab_size"):
            if getattr(self, name) % 32:
                raise ValueError(f"{name} must be a multiple of 32, got {getattr(self, name)}.")
        if self.dim % self.heads:
            raise ValueError(f"{self.heads} heads do not divide dim {self.dim}.")

    @property
    def head_dim(self) -> int:
        return self.dim // self.heads


@dataclass
class LayerCache:
    """Keys and values of the tokens read so far, `[batch, heads, length, head_dim]`."""

    keys: Tensor | None = None
    values: Tensor | None = None

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        if self.keys is not None and self.values is not None:
            keys = torch.cat([self.keys, keys], 2)
            values = torch.cat([self.values, values], 2)
        self.keys, self.values = keys, values
        return keys, values


def rope_tables(head_dim: int, context: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines, `[context, head_dim]`. Su et al. 2021, RoFormer, arXiv:2104.09864."""
    frequencies = ROPE_BASE ** -(torch.arange(0, head_dim, 2).float() / head_dim)
    angles = torch.outer(torch.arange(context).float(), frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates coordinate i with i + head_dim / 2 (not with its neighbour, as GGUF files do)."""
    low, high = x.chunk(2, -1)
    return x * cos + torch.cat([-high, low], -1) * sin


class RMSNorm(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, NORM_EPS)


def _linear(fan_in: int, fan_out: int, gain: float = 1.0) -> nn.Linear:
    layer = nn.Linear(fan_in, fan_out, bias=False)
    nn.init.normal_(layer.weight, std=gain * fan_in**-0.5)
    return layer


class Block(nn.Module):
    """Attention and SwiGLU, each behind a norm and added to the residual stream."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim, ff = config.dim, config.ff
        residual_gain = 1 / math.sqrt(2 * config.layers)
        self.heads = config.heads
        self.attention_norm = RMSNorm(dim)
        self.qkv = _linear(dim, 3 * dim)
        self.attention_out = _linear(dim, dim, residual_gain)
        self.ff_norm = RMSNorm(dim)
        self.gate_up = _linear(dim, 2 * ff)
        self.down = _linear(ff, dim, residual_gain)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: LayerCache | None) -> Tensor:
        batch, length, dim = x.shape
        qkv = self.qkv(self.attention_norm(x)).view(batch, length, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = cache.append(k, v)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        x = x + self.attention_out(mixed.transpose(1, 2).reshape(batch, length, dim))
        gate, up = self.gate_up(self.ff_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Decoder(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.dim)
        nn.init.normal_(self.embedding.weight, std=0.5 * config.dim**-0.5)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.out_norm = RMSNorm(config.dim)
        if not config.tied:
            self.output = _linear(config.dim, config.vocab_size)
        cos, sin = rope_tables(config.head_dim, config.context)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def new_cache(self) -> list[LayerCache]:
        return [LayerCache() for _ in self.blocks]

    def hidden(self, ids: Tensor, cache: list[LayerCache] | None = None) -> Tensor:
        """Token ids `[batch, length]` to states after the last norm, `[batch, length, dim]`.

        With a non-empty cache only one token may follow: the causal mask assumes position 0.
        """
        start = 0 if cache is None or cache[0].keys is None else cache[0].keys.shape[2]
        length = ids.shape[1]
        if start > 0 and length > 1:
            raise ValueError(f"{length} tokens after a filled cache; feed them one by one.")
        cos, sin = self.cos[start : start + length], self.sin[start : start + length]
        x = self.embedding(ids)
        for i, block in enumerate(self.blocks):
            x = block(x, cos, sin, None if cache is None else cache[i])
        return self.out_norm(x)

    def forward(self, ids: Tensor, cache: list[LayerCache] | None = None) -> Tensor:
        """Token ids `[batch, length]` to logits `[batch, length, vocab_size]`; see `hidden`."""
        output = self.embedding if self.config.tied else self.output
        return F.linear(self.hidden(ids, cache), output.weight)


def parameter_count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
