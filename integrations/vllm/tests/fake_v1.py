"""The contract of vLLM's V1 model runner: a batch whose rows are removed, added, moved and swapped, and lists of
sampled tokens that grow behind the processor's back."""

import random
from dataclasses import dataclass, field
from enum import Enum
from types import SimpleNamespace

import torch
from tiny import VOCABULARY, TinyPair

from trimtab_vllm.batch_rows import BatchRows
from trimtab_vllm.steering import Steering


class Direction(Enum):
    UNIDIRECTIONAL = 0
    SWAP = 1


@dataclass
class FakeRequest:
    steering: Steering
    prompt: list[int]
    output: list[int] = field(default_factory=list)


class FakeV1Runner:
    """Random histories; every row of every step is compared with what it must be."""

    def __init__(self, seed: int, slots: int = 5) -> None:
        self.draw = random.Random(seed)
        self.random = torch.Generator().manual_seed(seed)
        self.tiny = TinyPair(slots)
        self.slots = slots
        self.rows = BatchRows(self.tiny.pair, lambda params: params)
        self.batch: list[FakeRequest] = []
        self.preempted: list[FakeRequest] = []
        self.steered = self.unsteered = 0

    def step(self) -> None:
        self.rows.update(self._change_batch())
        base = torch.randn(len(self.batch), VOCABULARY, generator=self.random)
        base[:, self.draw.randrange(VOCABULARY)] = -torch.inf  # what a grammar forbids
        logits = base.clone()
        assert self.rows.apply(logits) is logits
        for i, request in enumerate(self.batch):
            self._check(request, base[i], logits[i])
            if self.draw.random() < 0.85:  # else its prompt is not yet read
                request.output.append(self.draw.randrange(VOCABULARY))

    def _check(self, request: FakeRequest, base: torch.Tensor, row: torch.Tensor) -> None:
        if request.steering.alpha == 0:
            assert torch.equal(row, base)
            self.unsteered += 1
            return
        expected = self.tiny.expected(base, request.prompt + request.output, request.steering)
        torch.testing.assert_close(row, expected, atol=2e-4, rtol=1e-4)
        self.steered += 1

    def _change_batch(self) -> SimpleNamespace | None:
        removed = sorted((i for i in range(len(self.batch)) if self.draw.random() < 0.15), reverse=True)
        rows: list[FakeRequest | None] = list(self.batch)
        for i in removed:
            self._end(rows[i])
            rows[i] = None
        added, moved, empty = [], [], sorted(removed)
        for _ in range(self.draw.randrange(3)):
            if sum(row is not None for row in rows) == self.slots:
                break
            request = self._request()
            place = empty.pop(0) if empty else len(rows)
            rows[place : place + 1] = [request]
            added.append((place, request.steering, request.prompt, request.output))
        removed = list(reversed(empty))  # vLLM tells of a row that was taken at once as added alone
        while empty:  # the last rows fill what is left empty
            last = rows.pop()
            if last is None:
                empty.remove(len(rows))
            else:
                place = empty.pop(0)
                rows[place] = last
                moved.append((len(rows), place, Direction.UNIDIRECTIONAL))
        if len(rows) > 1 and self.draw.random() < 0.3:
            here, there = self.draw.sample(range(len(rows)), 2)
            rows[here], rows[there] = rows[there], rows[here]
            moved.append((here, there, Direction.SWAP))
        self.batch = [row for row in rows if row is not None]
        if not (removed or added or moved):
            return None
        return SimpleNamespace(batch_size=len(self.batch), removed=removed, added=added, moved=moved)

    def _end(self, request: FakeRequest) -> None:
        if self.draw.random() < 0.5:
            self.preempted.append(request)

    def _request(self) -> FakeRequest:
        if self.preempted and self.draw.random() < 0.5:
            return self.preempted.pop()
        length = self.draw.choice((1, 3, 17, 30))
        prompt = [self.draw.randrange(VOCABULARY) for _ in range(length)]
        return FakeRequest(Steering(self.draw.choice((0.0, 0.5, 1.5))), prompt)
