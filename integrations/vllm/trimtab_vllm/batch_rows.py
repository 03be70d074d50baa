"""vLLM's V1 model runner: requests are known by their rows in the batch, which it tells when they change."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from trimtab_vllm.pair import Pair
from trimtab_vllm.small_model import Extension
from trimtab_vllm.steering import Steering


class BatchUpdate(Protocol):
    """Of `vllm.v1.sample.logits_processor`."""

    removed: list[int]
    added: list[tuple[int, Any, list[int] | None, list[int]]]
    moved: list[tuple[int, int, Any]]


@dataclass
class Request:
    steering: Steering
    slot: int
    prompt: list[int]
    output: list[int]
    """vLLM's own list, which grows."""
    read: list[int] = field(default_factory=list)
    """What the pair's slot holds."""


class BatchRows:
    """The steered requests of the batch, by row; each has a slot of the pair for as long as it is in the batch."""

    def __init__(self, pair: Pair, steering_of: Callable[[Any], Steering]) -> None:
        self._pair = pair
        self._steering_of = steering_of
        self._requests: dict[int, Request] = {}
        self._free = list(range(pair.slots))

    def update(self, change: BatchUpdate | None) -> None:
        if change is None:
            return
        for row in change.removed:
            self._leave(row)
        for row, params, prompt, output in change.added:
            self._leave(row)
            self._enter(row, self._steering_of(params), prompt, output)
        for here, there, direction in change.moved:
            self._move(here, there, direction.name == "SWAP")

    def apply(self, logits: Tensor) -> Tensor:
        """`[requests, vocabulary]`, in place."""
        rows = sorted(self._requests)
        if rows:
            extensions = [self._extension(self._requests[row]) for row in rows]
            self._pair.steer(logits, rows, extensions, [self._requests[row].steering for row in rows])
        return logits

    def _enter(self, row: int, steering: Steering, prompt: list[int] | None, output: list[int]) -> None:
        if steering.alpha == 0:
            return
        if prompt is None:
            raise ValueError("A prompt of embeddings cannot be steered: the pair reads tokens.")
        self._requests[row] = Request(steering, heapq.heappop(self._free), prompt, output)

    def _leave(self, row: int) -> None:
        request = self._requests.pop(row, None)
        if request is not None:
            heapq.heappush(self._free, request.slot)

    def _move(self, here: int, there: int, is_swap: bool) -> None:
        moving = self._requests.pop(here, None)
        if is_swap:
            back = self._requests.pop(there, None)
            if back is not None:
                self._requests[here] = back
        else:
            self._leave(there)
        if moving is not None:
            self._requests[there] = moving

    @staticmethod
    def _extension(request: Request) -> Extension:
        """What the slot lacks of the request's tokens: always the last one, whose row is wanted."""
        tokens = request.prompt + request.output
        if tokens[-1] < 0:
            raise RuntimeError(
                "vLLM gives a placeholder in place of the token that was sampled: start it with "
                "--logits-processors trimtab_vllm:PairLogitsProcessor, or with --no-async-scheduling."
            )
        start = _common_length(request.read, tokens[:-1])
        request.read = tokens
        return Extension(request.slot, start, tokens[start:])


def _common_length(one: list[int], other: list[int]) -> int:
    length = min(len(one), len(other))
    if one[:length] == other[:length]:  # as a rule
        return length
    return next(i for i in range(length) if one[i] != other[i])
