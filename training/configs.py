"""What is trained, with which settings. Everything that decides a result is written here."""

from dataclasses import dataclass, replace
from pathlib import Path

from training.model import ModelConfig
from training.people import WORLD_SEED

WORK = Path(__file__).parent / "work"
"""Checkpoints, caches and logs; not committed."""
MODELS = Path(__file__).parent.parent / "models"

LABEL_SMOOTHING = 0.05


@dataclass(frozen=True)
class PretrainConfig:
    name: str
    model: ModelConfig
    steps: int
    learning_rate: float
    init_seed: int
    text_seed: int
    world_seed: int = WORLD_SEED
    batch: int = 8
    length: int = 256
    warmup: int = 60
    decay_share: float = 0.4
    """Share of the steps, at the end, over which the learning rate falls linearly."""
    weight_decay: float = 0.05
    checkpoint_every: int = 200


LARGE = PretrainConfig(
    name="large",
    model=ModelConfig(dim=192, layers=4, heads=6, ff=512),
    steps=4400,
    learning_rate=2e-3,
    init_seed=1,
    text_seed=1001,
)
SMALL = PretrainConfig(
    name="small",
    model=ModelConfig(dim=64, layers=2, heads=2, ff=128),
    steps=2400,
    learning_rate=4e-3,
    init_seed=2,
    text_seed=1002,
)


def in_another_world(config: PretrainConfig, number: int) -> PretrainConfig:
    """The same training with other people, other text and another beginning."""
    return replace(
        config,
        name=f"{config.name}-{number}",
        init_seed=config.init_seed + 100 * number,
        text_seed=config.text_seed + 100 * number,
        world_seed=config.world_seed + 1000 * number,
    )


REPEATS = {
    number: (in_another_world(LARGE, number), in_another_world(SMALL, number)) for number in (2, 3)
}
"""Pairs of bases with which the evidence is repeated, by number; the shipped pair is the first."""
PRETRAIN = {
    config.name: config for config in (LARGE, SMALL, *(c for pair in REPEATS.values() for c in pair))
}


@dataclass(frozen=True)
class TuneConfig:
    base: str
    learning_rate: float
    epochs: int = 4
    batch: int = 16
    order_seed: int = 7

    @property
    def name(self) -> str:
        return f"{self.base}-chat-{self.learning_rate:g}"


EXPERT_CANDIDATES = tuple(TuneConfig("small", rate) for rate in (2.5e-4, 5e-4, 1e-3, 2e-3))
DIRECT_CANDIDATES = tuple(TuneConfig("large", rate) for rate in (1e-4, 3e-4, 1e-3))
"""Which of each is used is chosen on the validation people."""

@dataclass(frozen=True)
class StyledConfig:
    """The expert of many manners: fresh chats at every step."""

    learning_rate: float
    steps: int = 1200
    batch: int = 32
    chats_seed: int = 5151

    @property
    def name(self) -> str:
        return f"small-styled-{self.learning_rate:g}"


STYLED_CANDIDATES = tuple(StyledConfig(rate) for rate in (1e-3, 2e-3))
STYLED_ALPHAS = (0.7, 1.0)

@dataclass(frozen=True)
class RewardConfig:
    """Fresh answers at every step."""

    name: str
    learning_rate: float
    steps: int
    seed: int
    batch: int = 32


REWARD = RewardConfig("reward", learning_rate=2e-3, steps=2000, seed=6161)
REWARD_NEXT = RewardConfig("reward-next", learning_rate=2e-3, steps=2000, seed=6262)
REWARD_AUTO = RewardConfig("reward-auto", learning_rate=5e-4, steps=800, seed=6363)
JUDGE = RewardConfig("judge", learning_rate=2e-3, steps=2000, seed=7171)

ALPHAS = (0.3, 0.5, 0.7, 1.0, 1.5)
"""From which one is chosen."""
REPORTED_ALPHAS = (*ALPHAS, 2.0, 3.0)
"""Two more, to show what too much steering does."""
PLAUSIBILITY = 0.1
