"""Chooses what is compared, by "both" on the validation people of the world.

In every regime these are people whom the base knows and whom nothing is tuned on. Rate and epochs
are chosen first, with the usual label smoothing; then more of it is tried.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from tokenizers import Tokenizer

from training.checkpoint import load_checkpoint
from training.configs import ALPHAS, PLAUSIBILITY
from training.decode import Formula
from training.evidence.candidates import train
from training.evidence.configs import (
    EVIDENCE_WORK, EXPERT_KINDS, Candidate, Kind, beyond, candidates,
)
from training.evidence.measurements import Measurements
from training.evidence.regimes import Regime, examiner
from training.evidence.worlds import bases, world_of
from training.model import Decoder
from training.pretrain import base_path

Measure = Callable[[str, Callable[[], Formula]], float]
"""Key and formula to "both"."""


@dataclass(frozen=True)
class Steering:
    alpha: float
    plausibility: float


@dataclass(frozen=True)
class Choice:
    tuned: dict[Kind, Candidate]
    steering: dict[Kind, Steering]
    """Of each kind of expert."""
    better: dict[Literal["tuned", "composed"], Kind]
    """Of the two ways to tune the large model, and of the two compositions."""

    def log(self) -> dict[str, dict]:
        tuned = {kind: asdict(candidate) for kind, candidate in self.tuned.items()}
        steering = {kind: asdict(steering) for kind, steering in self.steering.items()}
        return tuned | {"steering": steering, "better": self.better}


def validation_measurements(world: int) -> Measurements:
    return Measurements(EVIDENCE_WORK / f"{world}-validation.json")


def composition_key(expert: Candidate, steering: Steering) -> str:
    return f"{expert.name}, alpha {steering.alpha:g}, mask {steering.plausibility:g}"


def choose_tuned(pool: list[Candidate], measure: Measure, tokenizer: Tokenizer) -> Candidate:
    """The best; among equals the first, which is the least trained. So the rest is not trained
    once one answers every question. As long as the best is the most trained, more is tried."""
    boths: dict[Candidate, float] = {}

    def is_perfect(candidate: Candidate) -> bool:
        boths[candidate] = measure(candidate.name, lambda: Formula(train(candidate, tokenizer)))
        return boths[candidate] == 1

    def best() -> Candidate:
        return max(boths, key=boths.__getitem__)

    if any(is_perfect(candidate) for candidate in pool):
        return best()
    is_perfect(best().smoother)
    while boths[best()] < 1 and (more := [c for c in beyond(best(), list(boths)) if c not in boths]):
        any(is_perfect(candidate) for candidate in more)
    return best()


def choose_steering(
    pool: list[Candidate], measure: Measure, tokenizer: Tokenizer
) -> tuple[Candidate, Steering]:
    """Every alpha without a mask, the best one with it too. Among experts that compose equally well
    at their best, the one whose mean over its steerings is highest: it forgives a wrong alpha. Then
    the mildest of its best steerings."""
    large, small = (load_checkpoint(base_path(c.name))[0] for c in bases(pool[0].world))
    boths: dict[Candidate, dict[Steering, float]] = {}

    def measure_steering(candidate: Candidate, expert: Decoder, by: Steering) -> None:
        formula = Formula(large, expert, small, by.alpha, by.plausibility)
        boths[candidate][by] = measure(composition_key(candidate, by), lambda: formula)

    def measure_expert(candidate: Candidate) -> None:
        expert = train(candidate, tokenizer)
        boths[candidate] = {}
        for alpha in ALPHAS:
            measure_steering(candidate, expert, Steering(alpha, 0.0))
        mildest_best = max(boths[candidate], key=boths[candidate].__getitem__)
        measure_steering(candidate, expert, replace(mildest_best, plausibility=PLAUSIBILITY))

    def best() -> Candidate:
        return max(boths, key=lambda c: (max(boths[c].values()), sum(boths[c].values())))

    for candidate in pool:
        measure_expert(candidate)
    measure_expert(best().smoother)
    return best(), max(boths[best()], key=boths[best()].__getitem__)


def choose(world: int, regime: Regime, tokenizer: Tokenizer) -> Choice:
    people, examine = world_of(world).validation, examiner(regime)
    measurements = validation_measurements(world)

    def measure(key: str, formula: Callable[[], Formula]) -> float:
        return measurements.get(key, lambda: asdict(examine(formula(), people, tokenizer)))["both"]

    tuned: dict[Kind, Candidate] = {
        kind: choose_tuned(candidates(world, regime, kind), measure, tokenizer)
        for kind in ("direct", "lora")
    }
    steering: dict[Kind, Steering] = {}
    for kind in EXPERT_KINDS:
        pool = candidates(world, regime, kind)
        tuned[kind], steering[kind] = choose_steering(pool, measure, tokenizer)
    both_of = {key: row["both"] for key, row in measurements.results.items()}
    return Choice(
        tuned,
        steering,
        better={
            "tuned": max(("direct", "lora"), key=lambda kind: both_of[tuned[kind].name]),
            "composed": max(
                EXPERT_KINDS,
                key=lambda kind: both_of[composition_key(tuned[kind], steering[kind])],
            ),
        },
    )
