"""vLLM's V2 model runner: requests are known by slots, rows come in another order at every step, and under
speculative decoding a request has a row for each drafted token."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from trimtab_vllm.pair import Pair
from trimtab_vllm.small_model import Extension
from trimtab_vllm.steering import Steering


class Written(Protocol):
    """A tensor that vLLM writes by steps; `gpu` is how it stands."""

    gpu: Tensor


class RequestState(Protocol):
    """Of `vllm.v1.worker.gpu.sample.logits_processor`."""

    all_token_ids: Written
    """`[slots, longest]`, accepted tokens."""


class LogitsContext(Protocol):
    """Of `vllm.v1.worker.gpu.sample.logits_processor`."""

    idx_mapping_np: Any
    expanded_idx_mapping: Tensor
    input_ids: Tensor
    pos: Tensor


@dataclass
class Slot:
    steering: Steering
    start: int = 0
    """Position of the first token of `recent`; what is before it, the pair holds, and vLLM has accepted."""
    recent: list[int] = field(default_factory=list)
    """What the pair was last given: accepted or not, the next step shows."""


@dataclass
class Rows:
    """One request's of a step."""

    slot: int
    places: list[int] = field(default_factory=list)
    """Rows of the logits, by position."""
    tokens: list[int] = field(default_factory=list)
    """What the model read there: the last accepted token, then the drafted ones."""
    first: int = 0
    """Position of the first of them."""


class RequestSlots:
    """The steered requests by vLLM's slot, which is the pair's too."""

    def __init__(self, pair: Pair, state: RequestState, steering_of: Callable[[Any], Steering]) -> None:
        self._pair = pair
        self._state = state
        self._steering_of = steering_of
        self._slots: dict[int, Slot] = {}

    def add(self, slot: int, params: Any) -> bool:
        """A request enters the slot, or enters it again after it was preempted. Returns whether it is steered."""
        steering = self._steering_of(params)
        self._slots.pop(slot, None)
        if steering.alpha == 0:
            return False
        self._slots[slot] = Slot(steering)
        return True

    def apply(self, logits: Tensor, context: LogitsContext) -> Tensor:
        """`[rows, vocabulary]`, in place."""
        if not any(int(slot) in self._slots for slot in context.idx_mapping_np):
            return logits
        requests = self._rows(context)
        accepted = self._accepted([(r.slot, self._slots[r.slot].start, r.first) for r in requests])
        extensions = [self._extension(r, tokens) for r, tokens in zip(requests, accepted, strict=True)]
        rows = [place for r in requests for place in r.places]
        wanted = [self._slots[r.slot].steering for r in requests for _ in r.places]
        self._pair.steer(logits, rows, extensions, wanted)
        return logits

    def _rows(self, context: LogitsContext) -> list[Rows]:
        columns = torch.stack([t.to(torch.int64) for t in (context.expanded_idx_mapping, context.pos, context.input_ids)])
        requests: dict[int, Rows] = {}
        by_position = sorted(enumerate(zip(*columns.tolist(), strict=True)), key=lambda row: row[1][1])
        for place, (slot, position, token) in by_position:
            if slot not in self._slots:
                continue
            rows = requests.setdefault(slot, Rows(slot, first=position))
            rows.places.append(place)
            rows.tokens.append(token)
        return list(requests.values())

    def _accepted(self, spans: list[tuple[int, int, int]]) -> list[list[int]]:
        """Accepted tokens of slots, each from a position to another, in one transfer."""
        ids = self._state.all_token_ids.gpu
        lengths = [max(0, end - start) for _, start, end in spans]
        parts = [ids[slot, start : start + n] for (slot, start, _), n in zip(spans, lengths, strict=True)]
        flat = iter(torch.cat(parts).tolist())
        return [[next(flat) for _ in range(n)] for n in lengths]

    def _extension(self, rows: Rows, accepted: list[int]) -> Extension:
        """What the pair lacks before this step's tokens, and these: drafts that were rejected are written over.

        `accepted` are the tokens from the slot's `start` to the step's first position.
        """
        slot = self._slots[rows.slot]
        start = min(slot.start + _common_length(slot.recent, accepted), rows.first)
        tokens = accepted[start - slot.start :] + rows.tokens
        slot.start, slot.recent = start, tokens
        # A placeholder in place of a draft is rejected whatever its row says.
        readable = [token if 0 <= token < self._pair.vocabulary else 0 for token in tokens]
        return Extension(rows.slot, start, readable, rows=len(rows.tokens))


def _common_length(one: list[int], other: list[int]) -> int:
    length = min(len(one), len(other))
    return next((i for i in range(length) if one[i] != other[i]), length)
