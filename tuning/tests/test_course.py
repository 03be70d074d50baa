"""When a tuning stops, and what it keeps."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from course import Course, rate_share
from errors import TuningError
from examples import Example, MicroBatch
from losses import AloneLoss
from settings import Settings
from tuned_model import Adapter

EXAMPLES = [Example([1], [2], line, line - 1) for line in (1, 2, 3)]


class ScriptedModel:
    """Its development losses are given; its adapter counts the micro-batches learned."""

    device = torch.device("cpu")

    def __init__(self, losses: list[float]) -> None:
        self.parameters = [nn.Parameter(torch.zeros(1))]
        self._losses = iter(losses)
        self._learned = 0

    def learn(self, batch: MicroBatch, loss: AloneLoss, smoothing: float, weight: float) -> float:
        self.parameters[0].grad = torch.ones(1)
        self._learned += 1
        return 2.0 * len(batch.targets)

    def measure(self, batch: MicroBatch, loss: AloneLoss) -> float:
        return next(self._losses) * len(batch.targets)

    def adapter(self) -> Adapter:
        return {"layer": {"a": torch.tensor([self._learned])}}


def course_of(losses: list[float], epochs: int = 4) -> Course:
    nowhere = Path("nowhere")
    settings = Settings(nowhere, nowhere, nowhere, nowhere, nowhere, epochs=epochs, batch=2)
    return Course(settings, ScriptedModel(losses), AloneLoss(), EXAMPLES, EXAMPLES, lambda: None)


def run(course: Course) -> Course:
    while not course.is_done:
        if course.is_epoch_due:
            course.end_epoch()
        else:
            course.take_step()
    return course


def best_after(course: Course) -> int:
    """Micro-batches that the kept adapter has learned; an epoch has two."""
    return int(course.best["layer"]["a"])


def test_all_epochs_are_done_and_the_best_is_kept() -> None:
    course = run(course_of([5.0, 3.0, 4.0, 2.0, 3.0]))
    assert course.history == [5.0, 3.0, 4.0, 2.0, 3.0]
    assert (course.step, course.steps) == (8, 8)
    assert (course.best_epoch, best_after(course)) == (3, 6)


def test_two_rises_in_a_row_stop_it() -> None:
    course = run(course_of([5.0, 3.0, 4.0, 4.5]))
    assert (course.step, course.best_epoch, best_after(course)) == (6, 1, 2)


def test_the_best_tuned_adapter_is_kept_even_if_the_untuned_model_is_better() -> None:
    course = run(course_of([1.0, 3.0, 4.0]))
    assert (course.step, course.best_epoch, best_after(course)) == (4, 1, 2)


def test_epochs_tell_the_mean_of_their_training_loss() -> None:
    course = course_of([5.0, 3.0], epochs=1)
    assert course.end_epoch() == (None, 5.0)
    assert [course.take_step(), course.take_step()] == [2.0, 2.0]
    assert course.end_epoch() == (2.0, 3.0)


def test_a_loss_that_is_no_number_ends_it() -> None:
    with pytest.raises(TuningError, match="The development loss is nan after epoch 1: lower the rate"):
        run(course_of([5.0, math.nan]))


def test_the_rate_rises_then_falls_to_a_tenth() -> None:
    shares = [rate_share(step, 100) for step in range(100)]
    assert shares[4] == max(shares) == 1
    assert shares[0] == pytest.approx(0.2) and shares[-1] == pytest.approx(0.1)
    assert rate_share(0, 1) == 1
