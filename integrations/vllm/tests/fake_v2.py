"""The contract of vLLM's V2 model runner: slots that are used again, rows in another order at every step, several
drafted rows a request of which some are rejected, prompts read in parts, and preemption."""

import random
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import torch
from tiny import LENGTH, VOCABULARY, TinyPair

from trimtab_vllm.request_slots import RequestSlots
from trimtab_vllm.steering import Steering

PLACEHOLDER = -1


@dataclass
class FakeRequest:
    steering: Steering
    tokens: list[int]
    """Accepted ones: prompt and output."""
    computed: int = 0
    """Tokens that the base's cache holds."""
    prefill: int = 0
    drafts: list[int] = field(default_factory=list)


class FakeV2Runner:
    """Random histories; every row of every step is compared with what it must be."""

    def __init__(self, seed: int, slots: int = 5, context: type = SimpleNamespace) -> None:
        self.draw = random.Random(seed)
        self.random = torch.Generator().manual_seed(seed)
        self.tiny = TinyPair(slots)
        self.context = context
        ids = torch.full((slots, LENGTH), PLACEHOLDER, dtype=torch.int32)
        self.state = SimpleNamespace(all_token_ids=SimpleNamespace(gpu=ids))
        self.processor = RequestSlots(self.tiny.pair, self.state, lambda params: params)
        self.free = list(range(slots))
        self.requests: dict[int, FakeRequest] = {}
        self.waiting: list[FakeRequest] = []
        self.steered = self.unsteered = self.rejected = self.accepted = 0

    def step(self) -> None:
        self._admit()
        running = [s for s in self.requests if self.draw.random() < 0.9]
        self.draw.shuffle(running)
        if not running:
            return
        read = {slot: self._read(self.requests[slot]) for slot in running}
        # (slot, its row's offset, position, token) of each row of logits
        rows = [(s, i, position, token) for s in running for i, (position, token) in enumerate(read[s])]
        base = torch.randn(len(rows), VOCABULARY, generator=self.random)
        base[:, self.draw.randrange(VOCABULARY)] = -torch.inf
        logits = base.clone()
        self._apply(logits, running, rows)
        for i, row in enumerate(rows):
            self._check(row, base[i], logits[i])
        for slot in running:
            self._sample(slot, read[slot])

    def _apply(self, logits: torch.Tensor, running: list[int], rows: list[tuple[int, int, int, int]]) -> None:
        """Whole, or in parts that split no request, as the rejection sampler does."""
        cut = self.draw.randrange(len(running)) if self.draw.random() < 0.3 else 0
        for part in (running[:cut], running[cut:]):
            places = [i for i, row in enumerate(rows) if row[0] in part]
            if not places:
                continue
            columns = [torch.tensor(column) for column in zip(*(rows[i] for i in places), strict=True)]
            context = self.context(
                expanded_idx_mapping=columns[0].int(),
                idx_mapping=torch.tensor(part, dtype=torch.int32),
                idx_mapping_np=np.array(part, dtype=np.int32),
                expanded_local_pos=columns[1].int(),
                input_ids=columns[3].int(),
                pos=columns[2],
                seq_lens_upper_bound_np=np.array([LENGTH] * len(part), dtype=np.int32),
            )
            view = logits[places[0] : places[-1] + 1]
            assert self.processor.apply(view, context) is view

    def _read(self, request: FakeRequest) -> list[tuple[int, int]]:
        """Positions and tokens of the rows: the last token that is read, then drafts."""
        left = len(request.tokens) - request.computed
        if left > 1 and self.draw.random() < 0.5:  # a part of the prompt
            request.computed += self.draw.randrange(1, left)
            position = request.computed - 1
            return [(position, request.tokens[position])]
        first = len(request.tokens) - 1
        if request.computed < request.prefill and self.draw.random() < 0.2:  # drafts before there can be any
            drafts = [PLACEHOLDER] * self.draw.randrange(3)
        else:
            drafts = request.drafts
        request.computed = len(request.tokens)
        return list(enumerate([request.tokens[-1], *drafts], first))

    def _check(self, row: tuple[int, int, int, int], base: torch.Tensor, logits: torch.Tensor) -> None:
        slot, offset, position, token = row
        request = self.requests[slot]
        if request.steering.alpha == 0:
            assert torch.equal(logits, base)
            self.unsteered += 1
            return
        if token == PLACEHOLDER:
            return  # rejected whatever its row says
        tokens = (request.tokens + request.drafts)[: position + 1]
        expected = self.tiny.expected(base, tokens, request.steering)
        torch.testing.assert_close(logits, expected, atol=2e-4, rtol=1e-4)
        self.steered += 1

    def _sample(self, slot: int, read: list[tuple[int, int]]) -> None:
        request = self.requests[slot]
        if request.computed < len(request.tokens):
            return
        drafts = [token for _, token in read[1:]]
        count = 0 if PLACEHOLDER in drafts else self.draw.randrange(len(drafts) + 1)
        self.accepted += count
        self.rejected += len(drafts) - count
        new = [*drafts[:count], self.draw.randrange(VOCABULARY)]
        self.state.all_token_ids.gpu[slot, len(request.tokens) : len(request.tokens) + len(new)] = torch.tensor(new)
        request.computed = len(request.tokens) + count
        request.tokens += new
        request.drafts = [self.draw.randrange(VOCABULARY) for _ in range(self.draw.randrange(4))]
        if len(request.tokens) > LENGTH - 8 or self.draw.random() < 0.08:
            self._leave(slot)

    def _leave(self, slot: int) -> None:
        request = self.requests.pop(slot)
        self.free.append(slot)
        if len(request.tokens) <= LENGTH - 8 and self.draw.random() < 0.6:  # preempted
            self.waiting.append(FakeRequest(request.steering, request.tokens))

    def _admit(self) -> None:
        for _ in range(self.draw.randrange(3)):
            if not self.free:
                return
            request = self.waiting.pop() if self.waiting else self._request()
            request.computed = self.draw.randrange(len(request.tokens))  # of a prefix that the base's cache had
            request.prefill = len(request.tokens)
            slot = self.free.pop()
            self.requests[slot] = request
            row = self.state.all_token_ids.gpu[slot]
            row[: len(request.tokens)] = torch.tensor(request.tokens)
            assert self.processor.add(slot, request.steering) == (request.steering.alpha != 0)

    def _request(self) -> FakeRequest:
        length = self.draw.choice((1, 3, 17, 30))
        tokens = [self.draw.randrange(VOCABULARY) for _ in range(length)]
        return FakeRequest(Steering(self.draw.choice((0.0, 0.5, 1.5))), tokens)
