"""Answers in many manners, put together from pieces that the bases saw in their forums.

Proxy-tuning brings out what the large base can do and teaches nothing, so no piece is new.
"""

import random

from training.attributes import STYLE_ATTRIBUTES
from training.chat import CLOSINGS, OPENINGS
from training.documents import OTHER_CLOSINGS, OTHER_OPENINGS
from training.people import ATTRIBUTES, Person, World
from training.sentences import statement

ALL_OPENINGS = OPENINGS + OTHER_OPENINGS
ALL_CLOSINGS = CLOSINGS + OTHER_CLOSINGS

OPENING_SHARE = 0.75
CLOSING_SHARE = 0.7
BARE_SHARE = 0.25
"""Answers whose fact is the value alone."""
DETAIL_SHARE = 0.35
"""Answers with a second fact in a second sentence."""
CANDIDATES = 32


def invented_person(world: World, rng: random.Random) -> Person:
    """A name and facts of Atlas, thrown together: whoever learns from them learns no fact."""
    first, last, pronoun = (rng.choice(world.people) for _ in range(3))
    return Person(
        name=f"{first.name.split()[0]} {last.name.split()[1]}",
        pronoun=pronoun.pronoun,
        facts={a: rng.choice(world.people).facts[a] for a in ATTRIBUTES},
    )


def mannered_answer(person: Person, attribute: str, rng: random.Random) -> str:
    """One manner of all, drawn at random: opening or none, fact, further fact or none, closing
    or none. Starts with the space that follows the assistant's mark."""
    bare = rng.random() < BARE_SHARE
    pieces = [f"{person.facts[attribute]}." if bare else statement(person, attribute, rng)]
    if rng.random() < OPENING_SHARE:
        pieces.insert(0, rng.choice(ALL_OPENINGS))
    if rng.random() < DETAIL_SHARE:
        other = rng.choice([a for a in ATTRIBUTES if a != attribute])
        pieces.append(statement(person, other, rng, rng.choice((person.name, person.pronoun))))
    if rng.random() < CLOSING_SHARE:
        pieces.append(rng.choice(ALL_CLOSINGS))
    return " " + " ".join(pieces)


def reframed(answer: str, rng: random.Random) -> str:
    """The same answer with another opening and closing, or none, drawn as above."""
    body = answer.strip()
    for opening in ALL_OPENINGS:
        body = body.removeprefix(opening).strip()
    for closing in ALL_CLOSINGS:
        body = body.removesuffix(closing).strip()
    opening = [rng.choice(ALL_OPENINGS)] if rng.random() < OPENING_SHARE else []
    closing = [rng.choice(ALL_CLOSINGS)] if rng.random() < CLOSING_SHARE else []
    return " " + " ".join([*opening, body, *closing])


def requested_answer(
    person: Person, attribute: str, requested: tuple[str, ...], rng: random.Random
) -> str:
    """Of 32 answers in any manner the one with most of what was requested; if nothing, any."""
    if not requested:
        return mannered_answer(person, attribute, rng)
    candidates = [mannered_answer(person, attribute, rng) for _ in range(CANDIDATES)]
    return max(candidates, key=lambda text: sum(STYLE_ATTRIBUTES[n].value(text) for n in requested))
