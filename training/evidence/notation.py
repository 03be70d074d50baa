"""A notation that no base has seen, made of marks and phrases that all of them have.

A domain with an expert of its own: what to write is in the large base, how to write it in what is
tuned. An entry asks for two facts of a person, in order:

    Q: trade, town: Mada Norrar.
    A: "Mada Norrar worked as a teacher", "Mada Norrar was born in the town of Stoneford".
"""

import random
import re
from dataclasses import dataclass

from tokenizers import Tokenizer

from training.chat import BODIES
from training.decode import Formula, greedy
from training.evaluate import Score, has_fact
from training.people import ATTRIBUTES, Person
from training.sentences import fill_statement
from training.tokenizer import END_ID, decode, encode
from training.tune import Chat

TUNING_SEED = 4343
ENTRIES_SEED = 32
FACTS_IN_ENTRY = 2
ANY = "[A-Za-z0-9 ]+"
FORMS = {
    attribute: f'"{body[:-1].format(name=ANY, value=ANY, a_value=f"an? {ANY}")}"'
    for attribute, body in BODIES.items()
}
"""Regular expressions of statements about anybody, with any value."""


@dataclass(frozen=True)
class Entry:
    name: str
    prompt: str
    answer: str
    """A line, without the space before it."""
    values: tuple[str, ...]
    form: str
    """The regular expression of every line that answers in the notation, right or wrong."""


def fill(attribute: str, person: Person) -> str:
    return fill_statement(BODIES[attribute], person, attribute, person.name).removesuffix(".")


def create_entry(person: Person, rng: random.Random) -> Entry:
    attributes = rng.sample(ATTRIBUTES, FACTS_IN_ENTRY)
    values = tuple(person.facts[attribute] for attribute in attributes)
    quoted = [f'"{fill(attribute, person)}"' for attribute in attributes]
    return Entry(
        name=person.name,
        prompt=f"Q: {', '.join(attributes)}: {person.name}.\nA:",
        answer=f"{', '.join(quoted)}.",
        values=values,
        form=f"^{', '.join(FORMS[attribute] for attribute in attributes)}\\.$",
    )


def create_entries(people: list[Person], seed: int = ENTRIES_SEED) -> list[Entry]:
    """As many to a person as there are attributes."""
    rng = random.Random(seed)
    return [create_entry(person, rng) for person in people for _ in ATTRIBUTES]


def prompt_ids(entry: Entry, tokenizer: Tokenizer) -> list[int]:
    return [END_ID, *encode(tokenizer, entry.prompt)]


def tuning_entries(people: list[Person], tokenizer: Tokenizer) -> list[Chat]:
    return [
        Chat(prompt_ids(entry, tokenizer), [*encode(tokenizer, f" {entry.answer}"), END_ID])
        for entry in create_entries(people, TUNING_SEED)
    ]


def score_entries(formula: Formula, entries: list[Entry], tokenizer: Tokenizer) -> Score:
    """Greedy lines. *format*: ends by itself in the entry's form. *fact*: both values occur."""
    outputs = greedy(formula, [prompt_ids(entry, tokenizer) for entry in entries])
    formats, facts, boths = 0, 0, 0
    for entry, output in zip(entries, outputs, strict=True):
        ended = output[-1:] == [END_ID]
        text = decode(tokenizer, output[:-1] if ended else output).strip()
        formatted = ended and re.fullmatch(entry.form, text) is not None
        factual = all(has_fact(text, value) for value in entry.values)
        formats, facts = formats + formatted, facts + factual
        boths += ended and text == entry.answer
    return Score(*(round(n / len(entries), 4) for n in (formats, facts, boths)))
