"""The arithmetic, against a reference in float64 and against what must hold exactly."""

import math

import pytest
import torch

from trimtab_vllm.composition import compose, largest_scale
from trimtab_vllm.steering import Schedule, Steering

PLAIN = Steering(0.7)


def rows(count: int, width: int = 40, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(3 * torch.randn(count, width, generator=generator) for _ in range(3))


def divergence(p: torch.Tensor, q: torch.Tensor) -> float:
    p, q = p.double().log_softmax(-1), q.double().log_softmax(-1)
    return float((p.exp() * (p - q)).sum())


def test_each_step_is_rounded_to_float32_in_order() -> None:
    base, expert, twin = rows(3)
    composed = compose(base, expert, twin, [PLAIN] * 3)
    for i in range(3):
        for j in range(40):
            alpha = torch.tensor(0.7)
            step = alpha * expert[i, j]
            step = step + (-alpha) * twin[i, j]
            assert composed[i, j] == step + base[i, j]


def test_a_twin_that_equals_the_expert_leaves_the_base() -> None:
    base, expert, _ = rows(2)
    assert torch.equal(compose(base, expert, expert.clone(), [Steering(1.5)] * 2), base)


def test_each_row_has_its_own_strength() -> None:
    base, expert, twin = rows(3)
    together = compose(base, expert, twin, [Steering(a) for a in (0.1, 1, -2)])
    for i, alpha in enumerate((0.1, 1, -2)):
        alone = compose(base[i : i + 1], expert[i : i + 1], twin[i : i + 1], [Steering(alpha)])
        assert torch.equal(together[i : i + 1], alone)


def test_what_is_masked_stays_masked() -> None:
    base, expert, twin = rows(1)
    base[0, 5] = -math.inf
    for steering in (PLAIN, Steering(2, Schedule(match=True, junctions=0.5))):
        composed = compose(base, expert, twin, [steering])
        assert composed[0, 5] == -math.inf and torch.isfinite(composed[0, 6:]).all()


@pytest.mark.parametrize("widths", [(30, 30), (30, 35), (50, 45)])
def test_tokens_that_the_pair_lacks_are_as_probable_there_as_in_the_base(widths: tuple[int, int]) -> None:
    base, expert, twin = rows(2, 40)[0], rows(2, widths[0], 1)[1], rows(2, widths[1], 2)[2]
    composed = compose(base, expert, twin, [PLAIN] * 2)
    width = min(40, *widths)
    assert composed.shape == base.shape
    log_base = base.double().log_softmax(-1)
    e, a = (x[:, :width].double() for x in (expert, twin))
    for j in range(width, 40):
        raised = log_base[:, j] + e.logsumexp(-1)
        lowered = log_base[:, j] + a.logsumexp(-1)
        torch.testing.assert_close(composed[:, j], (base[:, j].double() + 0.7 * (raised - lowered)).float())


def test_a_matched_strength_leads_as_far_as_tuning_led() -> None:
    base, expert, twin = rows(6)
    expert = twin + 0.2 * (expert - twin)
    steering = Steering(8, Schedule(match=True))
    composed = compose(base, expert, twin, [steering] * 6)
    for i in range(6):
        budget = divergence(expert[i], twin[i])
        assert budget * (1 - 2e-3) <= divergence(composed[i], base[i]) <= budget + 1e-6


def test_a_matched_strength_is_never_more_than_the_whole() -> None:
    base, expert, twin = rows(4)
    little = [Steering(0.01, Schedule(match=True))] * 4
    assert torch.equal(compose(base, expert, twin, little), compose(base, expert, twin, [Steering(0.01)] * 4))


def test_where_the_base_has_no_choice_to_make_it_is_left_as_it_is() -> None:
    base, expert, twin = rows(2)
    base[0, 3] = 60  # no entropy
    schedule = Schedule(junctions=0.3)
    composed = compose(base, expert, twin, [Steering(1, schedule)] * 2)
    assert torch.equal(composed[0], base[0])
    assert torch.equal(composed[1], compose(base, expert, twin, [Steering(1)] * 2)[1])


def test_rows_without_a_schedule_do_not_feel_their_neighbours() -> None:
    base, expert, twin = rows(2)
    mixed = compose(base, expert, twin, [Steering(1), Steering(1, Schedule(match=True))])
    assert torch.equal(mixed[0], compose(base, expert, twin, [Steering(1)] * 2)[0])


def test_nothing_left_of_a_budget_of_nothing() -> None:
    base, expert, _ = rows(2)
    assert torch.equal(largest_scale(base, expert, torch.zeros(2, 1).double()), torch.zeros(2, 1).double())
