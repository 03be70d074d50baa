"""The worlds in which the comparison is made: each has its own people and its own pair of bases."""

from training.configs import LARGE, REPEATS, SMALL, PretrainConfig
from training.people import World, create_world

WORLDS = {1: (LARGE, SMALL), **REPEATS}
"""The large and the small base, by the world's number; the first world's are shipped."""


def bases(number: int) -> tuple[PretrainConfig, PretrainConfig]:
    """The large and the small one."""
    return WORLDS[number]


def world_of(number: int) -> World:
    return create_world(bases(number)[0].world_seed)
