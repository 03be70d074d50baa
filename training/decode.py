"""Greedy decoding of one model, or of a large one steered by a small pair (proxy-tuning)."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

import torch
from torch import Tensor

from training.model import Decoder, LayerCache
from training.tokenizer import END_ID

MAX_NEW_TOKENS = 40

Caches = list[list[LayerCache]]


@dataclass(frozen=True)
class Formula:
    """`base + alpha * (expert - anti_expert)` over logits; the base alone if there is no pair.

    Liu et al. 2024, Tuning Language Models by Proxy, arXiv:2401.08565.
    """

    base: Decoder
    expert: Decoder | None = None
    anti_expert: Decoder | None = None
    alpha: float = 0.0
    plausibility: float = 0.0
    """If positive, keeps a token when base or expert gives it this share of its own best's
    probability, and bans the others."""

    def models(self) -> list[Decoder]:
        return [m for m in (self.base, self.expert, self.anti_expert) if m is not None]

    def new_caches(self) -> Caches:
        return [model.new_cache() for model in self.models()]

    def logits(self, ids: Tensor, caches: Caches | None = None) -> Tensor:
        """Token ids `[batch, length]` to steered logits `[batch, length, vocab_size]`."""
        outputs = [
            model(ids, None if caches is None else caches[i])
            for i, model in enumerate(self.models())
        ]
        if len(outputs) == 1:
            return outputs[0]
        base, expert, anti_expert = outputs
        steered = base + self.alpha * (expert - anti_expert)
        if self.plausibility > 0:
            kept = self._plausible(base) | self._plausible(expert)
            steered = steered.masked_fill(~kept, -math.inf)
        return steered

    def _plausible(self, logits: Tensor) -> Tensor:
        best = logits.max(-1, keepdim=True).values
        return logits >= best + math.log(self.plausibility)


@dataclass
class Continuation:
    """Greedy tokens, `<|end|>` last unless the limit came first."""

    ids: list[int] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    """For each token, the gap between the best two logits: a small one marks a near tie, which
    other arithmetic may decide otherwise."""


@torch.no_grad()
def greedy_batch(formula: Formula, prompts: Tensor, limit: int) -> list[Continuation]:
    """Continues prompts of one length, `[batch, length]`."""
    caches = formula.new_caches()
    outputs = [Continuation() for _ in prompts]
    done = [False] * len(outputs)
    ids = prompts
    for _ in range(limit):
        best = formula.logits(ids, caches)[:, -1].topk(2, -1)
        gaps = (best.values[:, 0] - best.values[:, 1]).tolist()
        for row, token in enumerate(best.indices[:, 0].tolist()):
            if not done[row]:
                outputs[row].ids.append(token)
                outputs[row].margins.append(gaps[row])
                done[row] = token == END_ID
        if all(done):
            break
        ids = best.indices[:, :1]
    return outputs


def greedy(
    formula: Formula, prompts: list[list[int]], limit: int = MAX_NEW_TOKENS
) -> list[list[int]]:
    """Continuations in the order of the prompts, which are batched by length."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, prompt in enumerate(prompts):
        by_length[len(prompt)].append(i)
    outputs: list[list[int]] = [[] for _ in prompts]
    for group in by_length.values():
        batch = torch.tensor([prompts[i] for i in group])
        for i, output in zip(group, greedy_batch(formula, batch, limit), strict=True):
            outputs[i] = output.ids
    return outputs
