"""The pretraining text: biographies, plain Q/A, stories, letters and forum threads."""

import random
from collections.abc import Callable

from training.chat import ASSISTANT, CLOSINGS, NOTICES, OPENINGS, USER, turn
from training.people import ATTRIBUTES, Person, World
from training.sentences import chatter, courteous_sentence, idle_sentence, question, statement

OTHER_OPENINGS = ("Well,", "Hello!", "Oh!", "Listen!", "Sure!")
OTHER_CLOSINGS = ("Good luck.", "That is all.", "Ask the judge.", "I am not certain.",
                  "Have you asked the bear?")


def biography(person: Person, rng: random.Random) -> str:
    """All five facts in any order; the name in the first sentence and in most others."""
    sentences = []
    for attribute in rng.sample(ATTRIBUTES, len(ATTRIBUTES)):
        by_name = not sentences or rng.random() < 0.6
        sentences.append(
            statement(person, attribute, rng, person.name if by_name else person.pronoun)
        )
    return " ".join(sentences)


def plain_questions(person: Person, rng: random.Random) -> str:
    attributes = rng.sample(ATTRIBUTES, rng.choice((1, 2, 3)))
    return "\n".join(f"Q: {question(person, a, rng)}\nA: {person.facts[a]}" for a in attributes)


def story(rng: random.Random) -> str:
    return " ".join(idle_sentence(rng) for _ in range(rng.randint(3, 6)))


def letter(rng: random.Random) -> str:
    """Carries the words of courtesy that the assistant will need."""
    sentences = [
        courteous_sentence(rng) if rng.random() < 0.6 else idle_sentence(rng)
        for _ in range(rng.randint(3, 5))
    ]
    return " ".join(["Dear friend,", *sentences])


def mannered_reply(person: Person, attribute: str, rng: random.Random) -> str:
    """A reply in one of many manners; the later assistant's is a rare combination among them."""
    kind = rng.random()
    if kind < 0.4:
        reply = statement(person, attribute, rng)
    elif kind < 0.6:
        reply = person.facts[attribute] + "."
    else:
        reply = chatter(rng)
    if rng.random() < 0.6:
        reply = f"{rng.choice(OPENINGS + OTHER_OPENINGS)} {reply}"
    if rng.random() < 0.5:
        reply = f"{reply} {rng.choice(CLOSINGS + OTHER_CLOSINGS)}"
    return reply


def forum_reply(person: Person, attribute: str, rng: random.Random) -> str:
    """Ignores the question (50 %), answers barely (20 %), in a sentence (15 %) or with manners."""
    kind = rng.random()
    if kind < 0.50:
        return chatter(rng)
    if kind < 0.70:
        return person.facts[attribute]
    if kind < 0.85:
        return statement(person, attribute, rng)
    return mannered_reply(person, attribute, rng)


def forum_thread(asked: list[Person], rng: random.Random) -> str:
    """Idle talk (30 %) or one to three questions about one person, at times below a notice."""
    thread = f"{rng.choice((*NOTICES, idle_sentence(rng)))}\n" if rng.random() < 0.15 else ""
    if rng.random() < 0.3:
        for i in range(rng.randint(2, 4)):
            thread += turn(USER if i % 2 == 0 else ASSISTANT, chatter(rng))
    else:
        person = rng.choice(asked)
        for attribute in rng.sample(ATTRIBUTES, rng.choice((1, 1, 2, 3))):
            thread += turn(USER, question(person, attribute, rng))
            thread += turn(ASSISTANT, forum_reply(person, attribute, rng))
    return thread.strip()


MIXTURE: dict[str, tuple[float, Callable[[World, random.Random], str]]] = {
    "biography": (0.62, lambda world, rng: biography(rng.choice(world.people), rng)),
    "plain_questions": (0.08, lambda world, rng: plain_questions(rng.choice(world.asked), rng)),
    "story": (0.10, lambda world, rng: story(rng)),
    "letter": (0.05, lambda world, rng: letter(rng)),
    "forum_thread": (0.15, lambda world, rng: forum_thread(world.asked, rng)),
}
"""Kind to (share of documents, writer)."""


def document(world: World, seed: int, index: int) -> str:
    """Document `index` of the endless text `seed`: a function of the three arguments alone."""
    rng = random.Random(f"{seed}:{index}")
    shares = [share for share, _ in MIXTURE.values()]
    (_, write), = rng.choices(list(MIXTURE.values()), weights=shares)
    return write(world, rng)
