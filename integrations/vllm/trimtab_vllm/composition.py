"""`base + alpha * (expert - twin)` on rows of logits, in the order and precision of Trimtab's own composition."""

from collections.abc import Sequence

import torch
from torch import Tensor

from trimtab_vllm.steering import Steering

SLACK_SHARE = 1e-3
SLACK_NATS = 1e-6
"""What may be left of a divergence that is matched: this share of it, or these nats."""

MOST_STEPS = 60


def compose(base: Tensor, expert: Tensor, twin: Tensor, steerings: Sequence[Steering]) -> Tensor:
    """The composed logits `[rows, vocabulary]` of the base's `[rows, vocabulary]`, all float32.

    The difference is formed before it is added, each step rounded to float32: a twin that equals the expert
    leaves the base as it is, and what vLLM has masked (`-inf`) stays masked. The pair's rows may be narrower or
    wider than the base's: a token that they lack is as probable there as the base finds it.
    """
    width = min(base.shape[1], expert.shape[1], twin.shape[1])
    expert, twin = expert[:, :width], twin[:, :width]
    most = _column(base, [each.alpha for each in steerings])
    composed = _sum(base, expert, twin, most)
    if all(each.schedule is None for each in steerings):
        return composed
    alphas = _scheduled(base, composed, expert, twin, steerings)
    follows = _column(base, [each.schedule is not None for each in steerings]).bool()
    anew = torch.where(alphas == 0, base, _sum(base, expert, twin, alphas.float()))
    return torch.where(follows, anew, composed)


def _column(like: Tensor, values: list[float] | list[bool]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=like.device)[:, None]


def _sum(base: Tensor, expert: Tensor, twin: Tensor, alphas: Tensor) -> Tensor:
    shift = expert * alphas
    shift -= twin * alphas
    width = shift.shape[1]
    if width == base.shape[1]:
        return shift.add_(base)
    lacking = alphas.double() * (_log_sum(expert) - _log_sum(twin))
    return torch.cat([shift.add_(base[:, :width]), base[:, width:] + lacking.float()], dim=1)


def _log_sum(logits: Tensor) -> Tensor:
    return logits.double().logsumexp(-1, keepdim=True)


def _scheduled(
    base: Tensor, composed: Tensor, expert: Tensor, twin: Tensor, steerings: Sequence[Steering]
) -> Tensor:
    """The alphas `[rows, 1]`, float64; what they are without a schedule is not asked."""
    schedules = [each.schedule for each in steerings]
    alphas = _column(base, [each.alpha for each in steerings]).double()
    matches = _column(base, [s is not None and s.match for s in schedules]).bool()
    if bool(matches.any()):
        shift = torch.where(base == -torch.inf, 0, composed - base)
        scales = largest_scale(base, shift, _divergence(expert, twin))
        alphas = torch.where(matches, scales * alphas, alphas)
    junctions = _column(base, [0.0 if s is None else s.junctions for s in schedules])
    log_probs = base.double().log_softmax(-1)
    entropy = -torch.special.xlogy(log_probs.exp(), log_probs.exp()).sum(-1, keepdim=True)
    return torch.where(entropy < junctions, 0, alphas)


def _divergence(p: Tensor, q: Tensor) -> Tensor:
    """KL(softmax(p) || softmax(q)) `[rows, 1]` in nats, float64."""
    log_p, log_q = p.double().log_softmax(-1), q.double().log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1, keepdim=True).clamp(min=0)


def largest_scale(base: Tensor, shift: Tensor, budget: Tensor) -> Tensor:
    """The largest t in [0, 1], `[rows, 1]`, with `KL(softmax(base + t shift) || softmax(base)) <= budget`.

    The divergence never falls along the shift, and its derivative is `t Var[shift]`: Newton's method on its square
    root inside a bracket, as Trimtab's own `largestScale` has it, for all rows in step. `shift` is finite.
    """
    base, shift = base.double(), shift.double()
    log_sum, _, variance = _tilted(base, shift, torch.zeros_like(budget))

    def divergence_at(t: Tensor) -> tuple[Tensor, Tensor]:
        tilted_sum, mean, tilted_variance = _tilted(base, shift, t)
        return (t * mean - (tilted_sum - log_sum)).clamp(min=0), t * tilted_variance

    is_whole = divergence_at(torch.ones_like(budget))[0] <= budget
    inside, reached = torch.zeros_like(budget), torch.zeros_like(budget)
    outside = torch.ones_like(budget)
    enough = budget - torch.clamp(SLACK_SHARE * budget, min=SLACK_NATS)
    aim = (enough + budget) / 2
    following = torch.sqrt(2 * aim / variance)
    for _ in range(MOST_STEPS):
        goes_on = ~is_whole & (reached < enough)
        if not bool(goes_on.any()):
            break
        is_between = (following > inside) & (following < outside)
        t = torch.where(is_between, following, (inside + outside) / 2)
        divergence, slope = divergence_at(t)
        fits = divergence <= budget
        inside, reached = (
            torch.where(goes_on & fits, t, inside),
            torch.where(goes_on & fits, divergence, reached),
        )
        outside = torch.where(goes_on & ~fits, t, outside)
        root = divergence.sqrt()
        following = t + (aim.sqrt() - root) * 2 * root / slope
    return torch.where(is_whole, 1.0, inside)


def _tilted(base: Tensor, shift: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of `softmax(base + t shift)`: the log of the sum, and the shift's mean and variance, `[rows, 1]` each."""
    tilted = base + t * shift
    log_sum = tilted.logsumexp(-1, keepdim=True)
    q = (tilted - log_sum).exp()
    mean = (q * shift).sum(-1, keepdim=True)
    return log_sum, mean, (q * (shift - mean).square()).sum(-1, keepdim=True)
