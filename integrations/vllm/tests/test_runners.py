"""Whatever vLLM does with its batch, every steered row is that of a pair which reads the whole sequence anew."""

import pytest
import torch
from fake_v1 import FakeV1Runner
from fake_v2 import FakeV2Runner
from tiny import VOCABULARY, TinyPair

from trimtab_vllm.batch_rows import BatchRows
from trimtab_vllm.small_model import Extension
from trimtab_vllm.steering import Steering

SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
def test_v1_rows_that_come_go_and_move(seed: int) -> None:
    runner = FakeV1Runner(seed)
    for _ in range(30):
        runner.step()
    assert runner.steered > 30 and runner.unsteered > 8


@pytest.mark.parametrize("seed", SEEDS)
def test_v2_rows_drafted_rejected_and_reordered(seed: int) -> None:
    runner = FakeV2Runner(seed)
    for _ in range(40):
        runner.step()
    assert runner.steered > 50 and runner.unsteered > 10
    assert runner.accepted > 10 and runner.rejected > 10


def test_a_batch_without_steered_requests_runs_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = TinyPair(2)
    monkeypatch.setattr(tiny.pair, "steer", lambda *_: pytest.fail("the pair ran"))
    rows = BatchRows(tiny.pair, lambda params: params)
    change = {"removed": [], "added": [(0, Steering(0), [1, 2], []), (1, Steering(0), None, [])], "moved": []}
    rows.update(type("Change", (), change))
    logits = torch.randn(2, VOCABULARY)
    before = logits.clone()
    assert torch.equal(rows.apply(logits), before)


def test_v2_says_which_requests_it_leaves_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = FakeV2Runner(0)
    monkeypatch.setattr(runner.tiny.pair, "steer", lambda *_: pytest.fail("the pair ran"))
    assert not runner.processor.add(1, Steering(0))
    context = type("Context", (), {"idx_mapping_np": [1]})
    logits = torch.randn(1, VOCABULARY)
    assert runner.processor.apply(logits, context) is logits
    assert runner.processor.add(1, Steering(1))
    assert not runner.processor.add(1, Steering(0))  # another request in the same slot
    assert runner.processor.apply(logits, context) is logits


def test_a_placeholder_in_place_of_a_token_is_told() -> None:
    rows = BatchRows(TinyPair(1).pair, lambda params: params)
    change = {"removed": [], "added": [(0, Steering(1), [1, 2], [3, -1])], "moved": []}
    rows.update(type("Change", (), change))
    with pytest.raises(RuntimeError, match="--logits-processors"):
        rows.apply(torch.zeros(1, VOCABULARY))


@pytest.mark.parametrize("lengths", [(1, 1, 1), (40, 1, 3), (16, 17, 60), (2, 2)])
def test_many_at_once_are_as_each_alone(lengths: tuple[int, ...]) -> None:
    tiny, alone = TinyPair(4), TinyPair(4)
    slots = [3, 0, 2, 1][: len(lengths)]
    extensions = [
        Extension(slot, 0, [(7 * slot + i) % VOCABULARY for i in range(length)], rows=min(2, length))
        for slot, length in zip(slots, lengths, strict=True)
    ]
    together = tiny.pair._expert.extend(extensions)
    each = torch.cat([alone.pair._expert.extend([one]) for one in extensions])
    torch.testing.assert_close(together, each, atol=1e-4, rtol=1e-4)


def test_a_prompt_longer_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trimtab_vllm.small_model.CHUNK", 7)
    tiny = TinyPair(1)
    tokens = [(3 * i) % VOCABULARY for i in range(60)]
    rows = tiny.pair._expert.extend([Extension(0, 0, tokens, rows=5)])
    whole = tiny.models[0](torch.tensor([tokens])).logits[0, -5:]
    torch.testing.assert_close(rows, whole, atol=1e-4, rtol=1e-4)
