"""The loss inside a composition against the same over the whole vocabulary."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from errors import TuningError
from examples import Example
from losses import AloneLoss, ComposedLoss, composed_loss

V, STRENGTH = 12, 1.5
GENERATOR = torch.Generator().manual_seed(5)


def rows(count: int) -> torch.Tensor:
    return torch.randn(count, V, generator=GENERATOR).log_softmax(-1)


@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_with_all_tokens_as_candidates_it_is_the_loss_over_the_vocabulary(smoothing: float) -> None:
    expert, base, twin = rows(5), rows(5), rows(5)
    targets = torch.tensor([3, 0, 11, 7, 7])
    expected = AloneLoss()(base + STRENGTH * (expert - twin), targets, targets, smoothing)
    order = torch.randperm(V, generator=GENERATOR)
    places = (order[None] == targets[:, None]).int().argmax(-1)
    rest = torch.full((5,), -math.inf)
    mixed = composed_loss(expert[:, order], base[:, order], twin[:, order], rest, places, STRENGTH, smoothing)
    assert mixed.item() == pytest.approx(expected.item(), rel=1e-5)


def test_what_is_outside_keeps_the_mass_of_the_base() -> None:
    expert, base, twin, k = rows(1), rows(1), rows(1), 4
    expert[:, k:] = twin[:, k:] = -3.0  # there the difference is nothing
    whole = functional.cross_entropy(base + STRENGTH * (expert - twin), torch.tensor([2]))
    rest = base[:, k:].logsumexp(-1)
    cut = composed_loss(expert[:, :k], base[:, :k], twin[:, :k], rest, torch.tensor([2]), STRENGTH, 0)
    assert cut.item() == pytest.approx(whole.item(), rel=1e-5)


def write_rows(path: Path, ids: np.ndarray, base: np.ndarray, twin: np.ndarray, rest: np.ndarray) -> None:
    parts = [ids.astype("<i4"), base.astype("<f4"), twin.astype("<f4"), rest.astype("<f4")[:, None]]
    path.write_bytes(b"".join(part[i].tobytes() for i in range(len(ids)) for part in parts))


def test_records_are_read_by_the_answer_tokens_they_are_of(tmp_path: Path) -> None:
    base, twin, logits = rows(3), rows(3), torch.randn(3, V, generator=GENERATOR, requires_grad=True)
    ids = np.tile(np.arange(V), (3, 1))
    write_rows(tmp_path / "rows.bin", ids, base.numpy(), twin.numpy(), np.full(3, -np.inf))
    loss = ComposedLoss(tmp_path / "rows.bin", V, STRENGTH)
    loss.check([Example([1], [2, 3], 1, 0), Example([1], [4], 1, 2)])
    records, targets = torch.tensor([2, 0]), torch.tensor([4, 2])
    value = loss(logits[records], targets, records, 0.1)
    composed = base[records] + STRENGTH * (logits.log_softmax(-1)[records] - twin[records])
    expected = AloneLoss()(composed, targets, records, 0.1)
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    gradients = [torch.autograd.grad(x, logits, retain_graph=True)[0] for x in (value, expected)]
    assert torch.allclose(*gradients, atol=1e-5)


def test_padding_of_the_base_is_not_moved(tmp_path: Path) -> None:
    base, twin, logits, padding = rows(1), rows(1), torch.randn(1, V, generator=GENERATOR), -4.0
    row = [torch.cat([x, torch.tensor([[padding]])], -1).numpy() for x in (base, twin)]
    write_rows(tmp_path / "rows.bin", np.arange(V + 1)[None], *row, np.full(1, -np.inf))
    place = torch.tensor([0])
    value = ComposedLoss(tmp_path / "rows.bin", V + 1, STRENGTH)(logits, torch.tensor([3]), place, 0)
    moved = base + STRENGTH * (logits.log_softmax(-1) - twin)
    expected = functional.cross_entropy(torch.cat([moved, torch.tensor([[padding]])], -1), torch.tensor([3]))
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)


def test_records_of_other_answers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    write_rows(path, np.tile(np.arange(4), (2, 1)), np.zeros((2, 4)), np.zeros((2, 4)), np.zeros(2))
    loss = ComposedLoss(path, 4, 1)
    with pytest.raises(TuningError, match="has 2 records; the examples have 3 answer tokens"):
        loss.check([Example([1], [2, 3, 1], 1, 0)])
    with pytest.raises(TuningError, match="the records of example 7 lack an answer token"):
        loss.check([Example([1], [2, 9], 7, 0)])
    with pytest.raises(TuningError, match="not of 5 candidates"):
        ComposedLoss(path, 5, 1)
