"""What is tuned in each world and regime, with which settings; one of each kind is chosen."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from training.configs import LABEL_SMOOTHING, WORK, TuneConfig
from training.evidence.regimes import Regime
from training.evidence.worlds import bases

EVIDENCE_WORK = WORK / "evidence"

Kind = Literal["direct", "lora", "expert", "composed-expert"]
"""The large with every weight tuned, the large with an adapter tuned, the small tuned by itself, the
small tuned inside the composition."""
ExpertKind = Literal["expert", "composed-expert"]
EXPERT_KINDS: tuple[ExpertKind, ...] = get_args(ExpertKind)

Epochs = tuple[int, ...]
Rates = tuple[float, ...]

CHAT_TUNING: dict[Kind, tuple[Epochs, Rates]] = {
    "direct": ((1, 2, 4), (1e-4, 2e-4, 3e-4)),
    "lora": ((1, 2, 4), (1e-3, 2e-3, 3e-3)),
    "expert": ((4,), (1.25e-4, 2.5e-4, 5e-4, 1e-3)),
    "composed-expert": ((4,), (2.5e-4, 5e-4, 1e-3)),
}
NOTATION_TUNING: dict[Kind, tuple[Epochs, Rates]] = {
    "direct": ((4,), (3e-4, 6e-4, 1e-3)),
    "lora": ((4,), (3e-3, 6e-3, 1e-2)),
    "expert": ((4,), (5e-4, 1e-3, 2e-3)),
    "composed-expert": ((4,), (1e-3, 2e-3, 4e-3)),
}
"""More of everything: the bases have never seen the notation."""
TUNING: dict[Regime, dict[Kind, tuple[Epochs, Rates]]] = {
    "known": CHAT_TUNING, "unknown": CHAT_TUNING, "notation": NOTATION_TUNING,
}
MORE_SMOOTHING = 0.15
"""Label smoothing that is tried with the rate and the epochs that are best with the usual one."""
LORA_RANK = 8
LORA_ALPHA = 16.0
"""The adapter's product is scaled by `LORA_ALPHA / LORA_RANK`."""
LORA_SEED = 8080


@dataclass(frozen=True)
class Candidate:
    """One tuning among those from which the validation people choose."""

    world: int
    regime: Regime
    kind: Kind
    tuning: TuneConfig
    label_smoothing: float = LABEL_SMOOTHING

    @property
    def name(self) -> str:
        rate, epochs = self.tuning.learning_rate, self.tuning.epochs
        name = f"{self.world}-{self.regime}-{self.kind}-{rate:g}-{epochs}"
        usual = self.label_smoothing == LABEL_SMOOTHING
        return name if usual else f"{name}-{self.label_smoothing:g}"

    @property
    def smoother(self) -> "Candidate":
        return replace(self, label_smoothing=MORE_SMOOTHING)


def candidates(world: int, regime: Regime, kind: Kind) -> list[Candidate]:
    """From the least training to the most: fewest epochs first, then the smallest rate."""
    large, small = bases(world)
    base = small if kind in EXPERT_KINDS else large
    epochs, rates = TUNING[regime][kind]
    return [
        Candidate(world, regime, kind, TuneConfig(base.name, rate, count))
        for count in epochs
        for rate in rates
    ]


def beyond(best: Candidate, pool: list[Candidate]) -> list[Candidate]:
    """Twice its rate and twice its epochs, where it has the most of them in the pool."""
    tuning = best.tuning
    more = []
    if tuning.learning_rate == max(c.tuning.learning_rate for c in pool):
        more.append(replace(tuning, learning_rate=2 * tuning.learning_rate))
    if tuning.epochs == max(c.tuning.epochs for c in pool):
        more.append(replace(tuning, epochs=2 * tuning.epochs))
    return [replace(best, tuning=tuning) for tuning in more]
