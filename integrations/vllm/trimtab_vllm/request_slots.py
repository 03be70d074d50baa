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
    length: int = 0
    """Tokens that the pair holds: accepted ones, and then drafts of the last step, rejected or not."""


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
        lacking = self._accepted([(r.slot, self._slots[r.slot].length, r.first) for r in requests])
        extensions = [self._extension(r, tokens) for r, tokens in zip(requests, lacking, strict=True)]
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
        """Accepted tokens of slots, each from a position to another; none, as a rule, once a prompt is read."""
        ids = self._state.all_token_ids.gpu
        return [ids[slot, start:end].tolist() if start < end else [] for slot, start, end in spans]

    def _extension(self, rows: Rows, lacking: list[int]) -> Extension:
        """What the pair lacks before this step's tokens, and these.

        The first of these is the token after the last accepted draft, whatever was drafted in its place: writing
        from there on rolls the pair back to what was accepted.
        """
        slot = self._slots[rows.slot]
        start = min(slot.length, rows.first)
        slot.length = rows.first + len(rows.tokens)
        # A placeholder in place of a draft is rejected whatever its row says.
        drafted = [token if 0 <= token < self._pair.vocabulary else 0 for token in rows.tokens]
        return Extension(rows.slot, start, lacking + drafted, rows=len(drafted))
