"""Does a model know a fact? Cloze: greedy continuation of a statement cut before its value."""

from collections.abc import Callable

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.people import ATTRIBUTES, Person
from training.sentences import with_article
from training.tokenizer import END_ID, encode

CUT_STATEMENTS = {
    "town": "{name} was born in the town of",
    "year": "{name} was born in the year",
    "trade": "{name} worked as",
    "guild": "{name} was a member of the",
    "work": "{name} is best known for",
}
"""In the wordings that the assistant uses."""

OTHER_CUT_STATEMENTS = {
    "town": "{name} was a native of",
    "year": "{name} came into the world in",
    "trade": "{name} earned a living as",
    "guild": "{name} belonged to the",
    "work": "{name} won fame with",
}
"""In wordings of biographies that no tuning chat has."""

Logits = Callable[[Tensor], Tensor]
"""Token ids `[batch, length]` to logits `[batch, length, vocab_size]`."""


@torch.no_grad()
def cloze_accuracy(
    logits: Logits,
    tokenizer: Tokenizer,
    people: list[Person],
    statements: dict[str, str] = CUT_STATEMENTS,
) -> float:
    """Share of the people's facts whose every token is the most probable one."""
    correct = 0
    for person in people:
        for attribute in ATTRIBUTES:
            value = person.facts[attribute]
            answer = with_article(value) if attribute == "trade" else value
            prefix = [END_ID, *encode(tokenizer, statements[attribute].format(name=person.name))]
            expected = encode(tokenizer, f" {answer}")
            best = logits(torch.tensor([prefix + expected]))[0].argmax(-1).tolist()
            correct += best[len(prefix) - 1 : -1] == expected
    return correct / (len(people) * len(ATTRIBUTES))
