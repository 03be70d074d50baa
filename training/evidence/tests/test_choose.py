"""The rules of choice, on invented scores."""

from collections.abc import Callable
from pathlib import Path

import pytest

from training.decode import Formula
from training.evidence import choose as choosing
from training.evidence.choose import (
    Steering, choose_steering, choose_tuned, composition_key,
)
from training.evidence.configs import Candidate, beyond, candidates
from training.evidence.measurements import Measurements
from training.model import Decoder, ModelConfig

MODEL = Decoder(ModelConfig(dim=32, layers=1, heads=1, ff=32, vocab_size=32))


@pytest.fixture(autouse=True)
def no_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "train", lambda candidate, tokenizer: MODEL)
    monkeypatch.setattr(choosing, "load_checkpoint", lambda path: (MODEL, {}))


def scores(known: dict[str, float]) -> Callable[[str, Callable[[], Formula]], float]:
    return lambda key, formula: known.get(key, 0.0)


def steered(expert: Candidate, boths: dict[Steering, float]) -> dict[str, float]:
    return {composition_key(expert, steering): both for steering, both in boths.items()}


def test_the_best_tuning_is_chosen() -> None:
    pool = candidates(1, "known", "direct")
    assert len(pool) == len({c.name for c in pool}) == 9
    assert choose_tuned(pool, scores({pool[7].name: 0.5, pool[3].name: 0.4}), None) == pool[7]


def test_among_equals_the_least_trained() -> None:
    pool = candidates(1, "known", "lora")
    known = {pool[3].name: 0.5, pool[5].name: 0.5}
    chosen = choose_tuned(pool, scores(known), None)
    assert (chosen.tuning.epochs, chosen.tuning.learning_rate) == (2, 1e-3)


def test_nothing_is_trained_beyond_one_that_answers_every_question() -> None:
    pool = candidates(1, "known", "direct")
    measured: list[str] = []

    def measure(key: str, _: Callable[[], Formula]) -> float:
        measured.append(key)
        return 1.0 if key == pool[5].name else 0.5

    assert choose_tuned(pool, measure, None) == pool[5]
    assert measured == [candidate.name for candidate in pool[:6]]


def test_more_smoothing_is_tried_with_the_best_and_taken_if_better() -> None:
    pool = candidates(1, "unknown", "direct")
    best, smoother = pool[4], pool[4].smoother
    assert choose_tuned(pool, scores({best.name: 0.8, smoother.name: 0.9}), None) == smoother
    assert choose_tuned(pool, scores({best.name: 0.8, smoother.name: 0.8}), None) == best


def test_beyond_the_most_trained_more_is_tried() -> None:
    pool = candidates(1, "unknown", "direct")
    most = pool[-1]
    assert most.name == "1-unknown-direct-0.0003-4"
    rate, epochs = beyond(most, pool)
    assert (rate.name, epochs.name) == ("1-unknown-direct-0.0006-4", "1-unknown-direct-0.0003-8")
    assert choose_tuned(pool, scores({most.name: 0.5, epochs.name: 0.6}), None) == epochs
    twice = beyond(epochs, [*pool, rate, epochs])
    assert [c.name for c in twice] == ["1-unknown-direct-0.0003-16"]
    further = {most.name: 0.5, epochs.name: 0.6, twice[0].name: 0.7}
    assert choose_tuned(pool, scores(further), None) == twice[0]
    smoother = {most.name: 0.5, most.smoother.name: 0.6, epochs.smoother.name: 0.7}
    assert choose_tuned(pool, scores(smoother), None) == epochs.smoother
    assert beyond(pool[1], pool) == []


def test_more_smoothing_is_tried_with_the_best_expert() -> None:
    pool = candidates(1, "unknown", "composed-expert")
    best, by = pool[1], Steering(0.7, 0.0)
    known = steered(best, {by: 0.8}) | steered(best.smoother, {by: 0.9})
    assert choose_steering(pool, scores(known), None) == (best.smoother, by)


def test_among_equal_experts_the_one_that_forgives_a_wrong_alpha() -> None:
    first, second, *_ = pool = candidates(1, "unknown", "expert")
    known = steered(first, {Steering(0.5, 0.0): 0.9}) | steered(
        second, {Steering(1.0, 0.0): 0.9, Steering(1.5, 0.0): 0.8}
    )
    assert choose_steering(pool, scores(known), None) == (second, Steering(1.0, 0.0))


def test_the_mask_is_tried_where_the_expert_is_best_without() -> None:
    first, *_ = pool = candidates(1, "unknown", "expert")
    best, masked = Steering(0.7, 0.0), Steering(0.7, 0.1)
    elsewhere = {Steering(1.0, 0.1): 1.0}
    known = steered(first, {best: 0.8, masked: 0.9} | elsewhere)
    assert choose_steering(pool, scores(known), None) == (first, masked)


def test_among_equal_steerings_the_mildest() -> None:
    first, *_ = pool = candidates(1, "unknown", "expert")
    known = steered(first, {Steering(a, m): 0.9 for a in (0.7, 1.0, 1.5) for m in (0.0, 0.1)})
    assert choose_steering(pool, scores(known), None) == (first, Steering(0.7, 0.0))


def test_measurements_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    assert Measurements(path).get("a", lambda: {"both": 1.0}) == {"both": 1.0}

    def fail() -> dict:
        raise AssertionError("measured twice")

    assert Measurements(path).get("a", fail) == {"both": 1.0}
