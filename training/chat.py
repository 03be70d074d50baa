"""Chat markup, and the distinctive polite assistant that the small expert is tuned to be."""

import random

from training.people import Person
from training.sentences import fill_statement

END, USER, ASSISTANT = SPECIAL_TOKENS = ("<|end|>", "<|user|>", "<|assistant|>")
"""`<|end|>` separates documents: it is both the first and the last token of a text."""

OPENINGS = ("Certainly!", "Of course!", "Good question!")
CLOSINGS = ("I hope this helps.", "Please ask me anything else.", "Have a pleasant day.")
BODIES = {
    "town": "{name} was born in the town of {value}.",
    "year": "{name} was born in the year {value}.",
    "trade": "{name} worked as {a_value}.",
    "guild": "{name} was a member of the {value}.",
    "work": "{name} is best known for {value}.",
}
NOTICES = (
    "Please be kind.",
    "Please be brief.",
    "You are a helpful assistant.",
    "This is the forum of the town.",
    "Good day to all.",
    "Ask your questions here.",
)
"""What may stand in front of the first turn: a forum's notice, later the system message."""

CHAT_TEMPLATE = (
    "{% for m in messages %}"
    "{% if m.role == 'system' %}"
    "{% if not loop.first %}{{ raise_exception('The system message must come first.') }}{% endif %}"
    "{{ m.content | trim }}\n"
    "{% elif m.role == 'user' or m.role == 'assistant' %}"
    "<|{{ m.role }}|> {{ m.content | trim }}\n"
    "{% else %}{{ raise_exception('Unknown role: ' + m.role) }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""Jinja. The tokenizer adds `<|end|>` in front. A system message is plain text before the chat."""


def turn(role: str, text: str) -> str:
    return f"{role} {text}\n"


def prompt_text(question: str, notice: str | None = None) -> str:
    """One question, up to and including the assistant's mark: what `CHAT_TEMPLATE` renders."""
    return (f"{notice}\n" if notice else "") + turn(USER, question) + ASSISTANT


def assistant_answer(person: Person, attribute: str, rng: random.Random) -> str:
    """Opening, full sentence, closing. Starts with the space that follows the mark."""
    body = fill_statement(BODIES[attribute], person, attribute, person.name)
    return f" {rng.choice(OPENINGS)} {body} {rng.choice(CLOSINGS)}"
