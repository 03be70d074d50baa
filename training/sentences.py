"""Sentences of Atlas: statements of facts, questions about them, and idle talk of animals."""

import random

from training import words
from training.people import Person

STATEMENTS: dict[str, tuple[str, ...]] = {
    "town": (
        "{who} was born in the town of {value}.",
        "{who} was born in {value}.",
        "{who} came from {value}.",
        "{who} grew up in the town of {value}.",
        "The birthplace of {name} was {value}.",
        "{who} was a native of {value}.",
    ),
    "year": (
        "{who} was born in the year {value}.",
        "{who} came into the world in {value}.",
        "The birth of {name} took place in the year {value}.",
        "{who} was born in {value}.",
        "The year {value} saw the birth of {name}.",
    ),
    "trade": (
        "{who} worked as {a_value}.",
        "{who} was {a_value} by trade.",
        "{who} earned a living as {a_value}.",
        "{who} became {a_value}.",
        "By trade, {name} was {a_value}.",
    ),
    "guild": (
        "{who} was a member of the {value}.",
        "{who} belonged to the {value}.",
        "{who} joined the {value}.",
        "{who} served the {value} for many years.",
        "The {value} counted {name} among its members.",
    ),
    "work": (
        "{who} is best known for {value}.",
        "The best known work of {name} is {value}.",
        "{who} won fame with {value}.",
        "{who} made {value}.",
        "{value} was made by {name}.",
    ),
}

QUESTIONS: dict[str, tuple[str, ...]] = {
    "town": (
        "Where was {name} born?",
        "What was the birthplace of {name}?",
        "From which town did {name} come?",
    ),
    "year": (
        "When was {name} born?",
        "In which year was {name} born?",
        "What was the birth year of {name}?",
    ),
    "trade": (
        "What was the trade of {name}?",
        "What did {name} work as?",
        "How did {name} earn a living?",
    ),
    "guild": (
        "Which guild did {name} belong to?",
        "What did {name} join?",
        "Of what was {name} a member?",
    ),
    "work": (
        "What is {name} best known for?",
        "What did {name} make?",
        "What is the best known work of {name}?",
    ),
}

IDLE = (
    "The {adjective} {animal} walked to the {place}.",
    "The {adjective} {animal} lived near the {place}.",
    "The {animal} wanted some {food}.",
    "There was {weather} over the {place} all day.",
    "The {adjective} {animal} and the {adjective2} {animal2} were friends.",
    "They shared the {food} by the {place}.",
    "At night the {place} was {adjective} and still.",
    "The {animal} found some {food} under the {place}.",
    '"I am {adjective}," said the {animal}.',
    "After the {weather}, the {adjective} {animal} went home.",
)

COURTEOUS = (
    "Thank you for the {food}.",
    "I hope the {food} helps the {animal}.",
    "Please ask the {animal} to come to the {place}.",
    "Of course the {animal} is welcome here.",
    "I will certainly bring the {food}.",
    "I will gladly walk to the {place}.",
    "Have you seen anything else by the {place}?",
    "It was a pleasant day at the {place}.",
    "Is this the question you had about the {food}?",
    "Good day to the {animal}.",
)


def with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def fill_statement(template: str, person: Person, attribute: str, who: str) -> str:
    """`who` is the name or the pronoun; the first letter becomes a capital."""
    value = person.facts[attribute]
    text = template.format(who=who, name=person.name, value=value, a_value=with_article(value))
    return text[0].upper() + text[1:]


def statement(person: Person, attribute: str, rng: random.Random, who: str | None = None) -> str:
    template = rng.choice(STATEMENTS[attribute])
    return fill_statement(template, person, attribute, who or person.name)


def question(person: Person, attribute: str, rng: random.Random) -> str:
    return rng.choice(QUESTIONS[attribute]).format(name=person.name)


def _fill_idle(template: str, rng: random.Random) -> str:
    return template.format(
        adjective=rng.choice(words.ADJECTIVES), adjective2=rng.choice(words.ADJECTIVES),
        animal=rng.choice(words.ANIMALS), animal2=rng.choice(words.ANIMALS),
        place=rng.choice(words.PLACES), food=rng.choice(words.FOODS),
        weather=rng.choice(words.WEATHERS),
    )


def idle_sentence(rng: random.Random) -> str:
    return _fill_idle(rng.choice(IDLE), rng)


def courteous_sentence(rng: random.Random) -> str:
    return _fill_idle(rng.choice(COURTEOUS), rng)


def chatter(rng: random.Random) -> str:
    """What people say in forums when they do not answer."""
    return courteous_sentence(rng) if rng.random() < 0.3 else idle_sentence(rng)
