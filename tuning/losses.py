"""What an answer costs, in nats summed over its tokens: by the tuned model alone, or in a composition."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from errors import TuningError
from examples import Example


class AloneLoss:
    """The cross entropy of the tuned model's own distribution."""

    def __call__(self, logits: Tensor, targets: Tensor, records: Tensor, smoothing: float) -> Tensor:
        return functional.cross_entropy(logits, targets, reduction="sum", label_smoothing=smoothing)


class ComposedLoss:
    """The cross entropy of `softmax(base + strength * (expert - twin))`, the expert being what is tuned.

    A record holds the base's and the twin's log-probs of K tokens, the target among them. Outside of these
    the composition is taken for the base: its mass there is one event more.
    """

    def __init__(self, path: Path, candidates: int, strength: float) -> None:
        self._strength = strength
        self._path = path
        kind = np.dtype(
            [
                ("ids", "<i4", candidates),
                ("base", "<f4", candidates),
                ("twin", "<f4", candidates),
                ("rest", "<f4"),
            ]
        )
        size = path.stat().st_size
        if size == 0 or size % kind.itemsize:
            raise TuningError(
                f"{path} has {size} bytes, no multiple of {kind.itemsize}: "
                f"it is not of {candidates} candidates"
            )
        self._records = np.memmap(path, dtype=kind, mode="r")

    def check(self, examples: Sequence[Example]) -> None:
        """Throws `TuningError` where the records are not those of the examples' answers."""
        expected = examples[-1].first + len(examples[-1].answer)
        if len(self._records) != expected:
            raise TuningError(
                f"{self._path} has {len(self._records)} records; the examples have {expected} answer tokens"
            )
        for example in examples:
            records = self._records[example.first : example.first + len(example.answer)]
            where = f"{self._path}: the records of example {example.line}"
            if not (records["ids"] == np.array(example.answer)[:, None]).any(axis=1).all():
                raise TuningError(f"{where} lack an answer token among their ids")
            if records["ids"].min() < 0:
                raise TuningError(f"{where} have ids below 0")
            if any(np.isnan(records[name]).any() for name in ("base", "twin", "rest")):
                raise TuningError(f"{where} hold values that are not numbers")

    def __call__(self, logits: Tensor, targets: Tensor, records: Tensor, smoothing: float) -> Tensor:
        rows = self._records[records.cpu().numpy()]
        ids, base, twin, rest = (
            torch.from_numpy(np.ascontiguousarray(rows[name])).to(logits.device)
            for name in ("ids", "base", "twin", "rest")
        )
        # What is padding of a larger base is no token of the expert, which then is taken for its twin.
        known = ids < logits.shape[-1]
        logprobs = (logits - logits.logsumexp(-1, keepdim=True)).gather(-1, ids.long().where(known, 0))
        expert = logprobs.where(known, twin)
        places = (ids == targets[:, None]).int().argmax(-1)
        return composed_loss(expert, base, twin, rest, places, self._strength, smoothing)


def composed_loss(
    expert: Tensor,
    base: Tensor,
    twin: Tensor,
    rest: Tensor,
    places: Tensor,
    strength: float,
    smoothing: float,
) -> Tensor:
    """Shapes: log-probs `[tokens, K]`; `rest`, the log of the base's mass outside, and `places`, the targets'
    indices, `[tokens]`. Smoothing spreads over what is possible at all."""
    inside = base + strength * (expert - twin)
    logprobs = torch.cat([inside, rest[:, None]], -1).log_softmax(-1)
    loss = -logprobs.gather(-1, places[:, None]).sum()
    if smoothing == 0:
        return loss
    possible = logprobs > -math.inf
    spread = -(logprobs.where(possible, 0).sum(-1) / possible.sum(-1)).sum()
    return (1 - smoothing) * loss + smoothing * spread
