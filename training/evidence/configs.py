"""What is tuned in each world and regime, with which settings; one of each kind is chosen."""

from dataclasses import dataclass
from typing import Literal

from training.configs import WORK, TuneConfig
from training.evidence.regimes import Regime
from training.evidence.worlds import bases

EVIDENCE_WORK = WORK / "evidence"

Kind = Literal["direct", "lora", "expert"]
"""The large with every weight tuned, the large with an adapter tuned, the small tuned."""

RATES: dict[Kind, tuple[float, ...]] = {
    "direct": (3e-5, 1e-4, 2e-4, 3e-4, 1e-3),
    "lora": (1e-3, 2e-3, 3e-3, 1e-2),
    "expert": (1.25e-4, 2.5e-4, 5e-4, 1e-3, 2e-3),
}
EPOCHS: dict[Kind, tuple[int, ...]] = {"direct": (1, 2, 4), "lora": (1, 2, 4), "expert": (4,)}
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

    @property
    def name(self) -> str:
        rate, epochs = self.tuning.learning_rate, self.tuning.epochs
        return f"{self.world}-{self.regime}-{self.kind}-{rate:g}-{epochs}"


def candidates(world: int, regime: Regime, kind: Kind) -> list[Candidate]:
    """From the least training to the most: fewest epochs first, then the smallest rate."""
    large, small = bases(world)
    base = small if kind == "expert" else large
    return [
        Candidate(world, regime, kind, TuneConfig(base.name, rate, epochs))
        for epochs in EPOCHS[kind]
        for rate in RATES[kind]
    ]
