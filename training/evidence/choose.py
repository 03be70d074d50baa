"""Chooses what is compared, by "both" on the validation people of the world.

In either regime these are people whom the base knows and whom no tuning chat is about.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from tokenizers import Tokenizer

from training.checkpoint import load_checkpoint
from training.configs import ALPHAS, PLAUSIBILITY
from training.decode import Formula
from training.evaluate import create_items, score
from training.evidence.candidates import train
from training.evidence.configs import EVIDENCE_WORK, Candidate, Kind, candidates
from training.evidence.measurements import Measurements
from training.evidence.regimes import Regime
from training.evidence.worlds import bases, world_of
from training.pretrain import base_path

STEERINGS = tuple((alpha, mask) for mask in (0.0, PLAUSIBILITY) for alpha in ALPHAS)
"""`(alpha, plausibility)`, the mildest first."""

Measure = Callable[[str, Callable[[], Formula]], float]
"""Key and formula to "both"."""


@dataclass(frozen=True)
class Choice:
    direct: Candidate
    lora: Candidate
    expert: Candidate
    alpha: float
    plausibility: float

    def of(self, kind: Kind) -> Candidate:
        return {"direct": self.direct, "lora": self.lora, "expert": self.expert}[kind]


def validation_measurements(world: int) -> Measurements:
    return Measurements(EVIDENCE_WORK / f"{world}-validation.json")


def composition_key(expert: Candidate, alpha: float, plausibility: float) -> str:
    return f"{expert.name}, alpha {alpha:g}, mask {plausibility:g}"


def choose_tuned(pool: list[Candidate], measure: Measure, tokenizer: Tokenizer) -> Candidate:
    """The best; among equals the first, which is the least trained. So the rest is not trained
    once one answers every question."""
    boths: dict[Candidate, float] = {}
    for candidate in pool:
        boths[candidate] = measure(candidate.name, lambda: Formula(train(candidate, tokenizer)))
        if boths[candidate] == 1:
            break
    return max(boths, key=boths.__getitem__)


def choose_steering(
    pool: list[Candidate], measure: Measure, tokenizer: Tokenizer
) -> tuple[Candidate, float, float]:
    """Expert, alpha and plausibility.

    Among experts that compose equally well at their best, the one whose mean over all steerings is
    highest: it forgives a wrong alpha. Then the mildest of its best steerings.
    """
    large, small = (load_checkpoint(base_path(c.name))[0] for c in bases(pool[0].world))
    boths: dict[Candidate, dict[tuple[float, float], float]] = {}
    for candidate in pool:
        expert = train(candidate, tokenizer)
        measure(candidate.name, lambda: Formula(expert))
        boths[candidate] = {
            (alpha, plausibility): measure(
                composition_key(candidate, alpha, plausibility),
                lambda: Formula(large, expert, small, alpha, plausibility),
            )
            for alpha, plausibility in STEERINGS
        }
    best = max(pool, key=lambda c: (max(boths[c].values()), sum(boths[c].values())))
    return best, *max(STEERINGS, key=boths[best].__getitem__)


def choose(world: int, regime: Regime, tokenizer: Tokenizer) -> Choice:
    items = create_items(world_of(world).validation)
    measurements = validation_measurements(world)

    def measure(key: str, formula: Callable[[], Formula]) -> float:
        return measurements.get(key, lambda: asdict(score(formula(), items, tokenizer)))["both"]

    direct, lora = (
        choose_tuned(candidates(world, regime, kind), measure, tokenizer)
        for kind in ("direct", "lora")
    )
    return Choice(
        direct, lora, *choose_steering(candidates(world, regime, "expert"), measure, tokenizer)
    )
