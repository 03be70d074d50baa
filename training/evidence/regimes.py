"""What is tuned on: chats about people whom the base knows, or does not; or a notation of its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

from tokenizers import Tokenizer

from training.decode import Formula
from training.evaluate import Score, create_items, score
from training.evidence.notation import create_entries, score_entries, tuning_entries
from training.people import Person, World, create_people
from training.tune import Chat, tuning_chats

Regime = Literal["known", "unknown", "notation"]
REGIMES: tuple[Regime, ...] = get_args(Regime)

STRANGERS_SEED = 9000

Examiner = Callable[[Formula, list[Person], Tokenizer], Score]


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
    return strangers(world) if regime == "unknown" else world.tune


def regime_chats(world: World, regime: Regime, tokenizer: Tokenizer) -> list[Chat]:
    """One for each of the tuning people and attributes."""
    people = tuning_people(world, regime)
    return (tuning_entries if regime == "notation" else tuning_chats)(people, tokenizer)


def examine_questions(formula: Formula, people: list[Person], tokenizer: Tokenizer) -> Score:
    return score(formula, create_items(people), tokenizer)


def examine_entries(formula: Formula, people: list[Person], tokenizer: Tokenizer) -> Score:
    return score_entries(formula, create_entries(people), tokenizer)


def examiner(regime: Regime) -> Examiner:
    """Asks people's facts in the way that the regime tunes."""
    return examine_entries if regime == "notation" else examine_questions
