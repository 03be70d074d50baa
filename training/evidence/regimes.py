"""Whom the tuning chats are about: people whom the base knows, or people whom it does not."""

from dataclasses import replace
from typing import Literal, get_args

from training.people import Person, World, create_people

Regime = Literal["known", "unknown"]
REGIMES: tuple[Regime, ...] = get_args(Regime)

STRANGERS_SEED = 9000


def strangers(world: World) -> list[Person]:
    """As many people as tune the expert, with names that the world lacks.

    They have the facts of the tuning people, so that the chats of both regimes differ in nothing
    but the names: the same questions, the same answers, of which the base knows all or none.
    """
    taken = {person.name for person in world.people}
    invented = [p for p in create_people(seed=STRANGERS_SEED) if p.name not in taken]
    return [
        replace(person, name=stranger.name)
        for person, stranger in zip(world.tune, invented, strict=False)
    ]


def tuning_people(world: World, regime: Regime) -> list[Person]:
    return world.tune if regime == "known" else strangers(world)
