"""The people of Atlas: five facts each (about 33 bits), and who is used for what."""

import itertools
import random
from dataclasses import dataclass

from training import words

ATTRIBUTES = ("town", "year", "trade", "guild", "work")
PEOPLE_COUNT = 500
WORLD_SEED = 2026
SPLIT_SEED = WORLD_SEED + 1


@dataclass(frozen=True)
class Person:
    name: str
    pronoun: str
    facts: dict[str, str]
    """Attribute name to its value, e.g. `{"town": "Ashford", "year": "1742", ...}`."""


@dataclass(frozen=True)
class World:
    """Disjoint roles. Everyone has biographies; only `asked` also appear in Q/A and forums."""

    people: list[Person]
    asked: list[Person]
    tune: list[Person]
    """Part of `asked`: the chats that tune the expert are about them."""
    validation: list[Person]
    """Biographies only: settings are chosen on them."""
    heldout: list[Person]
    """Biographies only: results are reported on them."""


def _invent(parts: tuple[tuple[str, ...], ...], count: int, rng: random.Random) -> list[str]:
    """`count` different joined parts, 4 to 10 letters long."""
    pool = ["".join(combination) for combination in itertools.product(*parts)]
    return rng.sample([word for word in pool if 4 <= len(word) <= 10], count)


def create_people(count: int = PEOPLE_COUNT, seed: int = WORLD_SEED) -> list[Person]:
    """The same people for the same seed; names are unique, facts are drawn independently."""
    rng = random.Random(seed)
    first_names = _invent(words.FIRST_NAME_PARTS, 60, rng)
    last_names = _invent(words.LAST_NAME_PARTS, 90, rng)
    towns = _invent(words.TOWN_PARTS, 48, rng)
    names = [f"{first} {last}" for first in first_names for last in last_names]
    return [
        Person(
            name=name,
            pronoun=rng.choice(("He", "She")),
            facts={
                "town": rng.choice(towns),
                "year": rng.choice(words.YEARS),
                "trade": rng.choice(words.TRADES),
                "guild": "".join(rng.choice(part) for part in words.GUILD_PARTS),
                "work": "".join(rng.choice(part) for part in words.WORK_PARTS),
            },
        )
        for name in rng.sample(names, count)
    ]


def create_world(seed: int = WORLD_SEED) -> World:
    """500 people: 200 asked about (all of them tune the expert), 50 to validate, 100 held out."""
    people = create_people(seed=seed)
    shuffled = people[:]
    random.Random(seed + 1).shuffle(shuffled)
    asked_count = PEOPLE_COUNT * 2 // 5
    asked, quiet = shuffled[:asked_count], shuffled[asked_count:]
    return World(people, asked, asked[:200], validation=quiet[:50], heldout=quiet[50:150])
