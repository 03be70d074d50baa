"""Sampled compositions, and how their answers are scored."""

import pytest
import torch

from training.chat import prompt_text
from training.decode import Formula, greedy
from training.evaluate import create_items
from training.model import Decoder, ModelConfig
from training.people import create_world
from training.sampling import ANSWER_LIMIT, Sampling, Term, answers, composition
from training.style_evaluate import score_styles
from training.tokenizer import END_ID, encode, train_tokenizer

WORLD = create_world()
TOKENIZER = train_tokenizer(WORLD)
TINY = ModelConfig(dim=64, layers=2, heads=2, ff=32)
QUESTIONS = [item.question for item in create_items(WORLD.validation)[:6]]


def tiny(seed: int) -> Decoder:
    torch.manual_seed(seed)
    return Decoder(TINY).eval()


def test_greedy_answers_are_those_of_the_formula() -> None:
    large, styled, small = tiny(0), tiny(1), tiny(2)
    prompts = [[END_ID, *encode(TOKENIZER, prompt_text(q, "Be formal."))] for q in QUESTIONS]
    expected = greedy(Formula(large, styled, small, 0.7), prompts, ANSWER_LIMIT)
    terms = composition(large, styled, small, 0.7, "Be formal.")
    assert answers(terms, QUESTIONS, TOKENIZER) == expected


def test_each_term_sees_its_own_system_message() -> None:
    model = tiny(0)
    plain, below = ([Term(1, model, notice)] for notice in (None, "Be brief."))
    both = [Term(1, model), Term(1, model, "Be brief."), Term(-1, model)]
    assert answers(both, QUESTIONS, TOKENIZER) == answers(below, QUESTIONS, TOKENIZER)
    assert answers(both, QUESTIONS, TOKENIZER) != answers(plain, QUESTIONS, TOKENIZER)


def test_drawn_answers_depend_on_the_seed_and_min_p_cuts_the_tail() -> None:
    terms = [Term(1, tiny(0))]

    def drawn(sampling: Sampling) -> list[list[int]]:
        return answers(terms, QUESTIONS[:2], TOKENIZER, sampling)

    assert drawn(Sampling(1.0, seed=1)) == drawn(Sampling(1.0, seed=1))
    assert drawn(Sampling(1.0, seed=1)) != drawn(Sampling(1.0, seed=2))
    assert drawn(Sampling(1.0, min_p=1.0, seed=1)) == drawn(Sampling())


def test_scores_tell_the_fact_asked_for_from_the_other_facts() -> None:
    person = WORLD.validation[0]
    items = [item for item in create_items([person]) if item.attribute in ("town", "trade")]
    texts = [
        f" She was born in the town of {person.facts['town']}. She joined the Iron Ring.",
        f" Oh! The {person.facts['trade']}.",
    ]
    outputs = [encode(TOKENIZER, texts[0]), [*encode(TOKENIZER, texts[1]), END_ID]]
    score = score_styles(items, {person.name: person}, outputs, TOKENIZER)
    assert (score.ended, score.fact, score.true) == (0.5, 1.0, 0.5)
    assert score.means["cheerful"] == pytest.approx(0.625)
    assert score.spreads["cheerful"] == pytest.approx(0.125)
