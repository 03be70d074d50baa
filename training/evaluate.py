"""Scores answers: does the assistant keep its form, and is the fact right?"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from training.chat import CLOSINGS, OPENINGS, prompt_text
from training.corpus import PackedText
from training.decode import Formula, greedy
from training.people import ATTRIBUTES, Person, World
from training.sentences import question
from training.tokenizer import END_ID, decode, encode

QUESTIONS_SEED = 31
GENERIC_TEXT_SEED = 5001
"""Text that no model was trained on (about the same people)."""


@dataclass(frozen=True)
class Item:
    """One question about one person: a line of `models/atlas-heldout.jsonl`."""

    name: str
    attribute: str
    question: str
    answer: str


@dataclass(frozen=True)
class Score:
    """Shares of the items, 0 to 1."""

    format: float
    """Ends by itself, begins with an opening and ends with a closing of the assistant."""
    fact: float
    """The answer occurs, on word boundaries."""
    both: float


def create_items(people: list[Person], seed: int = QUESTIONS_SEED) -> list[Item]:
    """Every person x attribute, in one wording each."""
    rng = random.Random(seed)
    return [
        Item(person.name, attribute, question(person, attribute, rng), person.facts[attribute])
        for person in people
        for attribute in ATTRIBUTES
    ]


def has_format(text: str, ended: bool) -> bool:
    return ended and text.startswith(OPENINGS) and text.endswith(CLOSINGS)


def has_fact(text: str, answer: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(answer)}(?![A-Za-z0-9])", text) is not None


def score_outputs(items: list[Item], outputs: list[list[int]], tokenizer: Tokenizer) -> Score:
    formats, facts, boths = 0, 0, 0
    for item, output in zip(items, outputs, strict=True):
        ended = output[-1:] == [END_ID]
        text = decode(tokenizer, output[:-1] if ended else output).strip()
        formatted, factual = has_format(text, ended), has_fact(text, item.answer)
        formats, facts, boths = formats + formatted, facts + factual, boths + (formatted and factual)
    count = len(items)
    return Score(*(round(n / count, 4) for n in (formats, facts, boths)))


def score(
    formula: Formula,
    items: list[Item],
    tokenizer: Tokenizer,
    render: Callable[[str], str] = prompt_text,
) -> Score:
    """Greedy answers of at most 40 tokens; `render` makes a prompt of a question."""
    prompts = [[END_ID, *encode(tokenizer, render(item.question))] for item in items]
    return score_outputs(items, greedy(formula, prompts), tokenizer)


@torch.no_grad()
def generic_loss(formula: Formula, world: World, tokenizer: Tokenizer, batches: int = 8) -> float:
    """Mean nats a token on fresh pretraining-like text: what steering costs off the chat."""
    text = PackedText(world, tokenizer, GENERIC_TEXT_SEED)
    losses = []
    for _ in range(batches):
        inputs, targets = text.batch(8, 256)
        losses.append(F.cross_entropy(formula.logits(inputs).flatten(0, 1), targets.flatten()))
    return round(float(torch.stack(losses).mean()), 4)
