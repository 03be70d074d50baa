"""Measures answers in many manners: what is true in them, and how much of each attribute."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean, pstdev

from tokenizers import Tokenizer

from training.attributes import STYLE_NAMES, stated_kinds, style_values
from training.evaluate import Item, has_fact
from training.people import Person
from training.sampling import GREEDY, Sampling, Term, answers
from training.tokenizer import END_ID, decode


@dataclass(frozen=True)
class StyleScore:
    ended: float
    """Share of answers that end by themselves."""
    fact: float
    """Share of answers in which the answer asked for occurs, on word boundaries."""
    true: float
    """Of all facts that the answers state, by their wording: the share whose value occurs."""
    means: dict[str, float]
    """Mean of each attribute."""
    spreads: dict[str, float]
    """Standard deviation of each attribute over the answers."""


def answer_text(tokenizer: Tokenizer, ids: list[int]) -> str:
    return decode(tokenizer, ids[:-1] if ids[-1:] == [END_ID] else ids).strip()


def _stated(text: str, person: Person) -> list[bool]:
    """For each kind of fact that the text states: does the person's value occur?"""
    return [has_fact(text, person.facts[kind]) for kind in stated_kinds(text)]


def score_styles(
    items: list[Item], people: dict[str, Person], outputs: list[list[int]], tokenizer: Tokenizer
) -> StyleScore:
    texts = [answer_text(tokenizer, output) for output in outputs]
    values = [style_values(text) for text in texts]
    stated = [
        right
        for item, text in zip(items, texts, strict=True)
        for right in _stated(text, people[item.name])
    ]

    def over_answers(summary: Callable[[list[float]], float]) -> dict[str, float]:
        return {name: round(summary([v[name] for v in values]), 3) for name in STYLE_NAMES}

    return StyleScore(
        ended=round(mean(output[-1:] == [END_ID] for output in outputs), 3),
        fact=round(mean(has_fact(t, i.answer) for t, i in zip(texts, items, strict=True)), 3),
        true=round(mean(stated), 3) if stated else 1.0,
        means=over_answers(mean),
        spreads=over_answers(pstdev),
    )


def measure_style(
    terms: list[Term],
    items: list[Item],
    people: dict[str, Person],
    tokenizer: Tokenizer,
    sampling: Sampling = GREEDY,
) -> StyleScore:
    outputs = answers(terms, [item.question for item in items], tokenizer, sampling)
    return score_styles(items, people, outputs, tokenizer)
