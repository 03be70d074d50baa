"""Manners: attributes by hand, pieces that the bases have seen, and what is held to the base."""

import random
from statistics import mean

import pytest
import torch

from training.attributes import (
    STYLE_ATTRIBUTES, STYLE_NAMES, attributes_document, stated_kinds, style_prompt, style_values,
)
from training.manners import invented_person, mannered_answer, reframed, requested_answer
from training.people import ATTRIBUTES, create_world
from training.sentences import STATEMENTS, fill_statement
from training.styled import FactTokens, among
from training.tokenizer import decode, encode, train_tokenizer
from training.words import GUILD_PARTS

WORLD = create_world()


def values(text: str) -> tuple[float, ...]:
    return tuple(style_values(text).values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ashford.", (0.5, 0.5, 1.0, 0.0)),
        ("Oh! Ashford.", (0.75, 0.3, 0.78, 0.0)),
        ("Well, 1742. That is all.", (0.0, 0.3, 0.475, 0.0)),
        ("Good question! By trade, Luna Haltick was a baker. Have a pleasant day.",
         (1.0, 1.0, 0.195, 0.5)),
        ("She was born in Ashford. She was born in 1742.", (0.5, 0.5, 0.7, 1.0)),
        ("She worked as a baker. She worked as a baker.", (0.5, 0.5, 0.7, 0.5)),
        ("Oh! Oh! Oh! Good luck. Good luck.", (1.0, 0.1, 0.405, 0.0)),
    ],
)
def test_values_by_hand(text: str, expected: tuple[float, ...]) -> None:
    assert values(text) == pytest.approx(expected)


def test_every_statement_counts_as_one_fact_of_its_kind() -> None:
    person = WORLD.people[0]
    for kind, templates in STATEMENTS.items():
        for template in templates:
            text = fill_statement(template, person, kind, person.name)
            assert stated_kinds(text) == [kind], text


def test_requested_answers_have_more_of_what_was_requested() -> None:
    rng = random.Random(1)

    def mean_of(name: str, requested: tuple[str, ...]) -> float:
        return mean(
            style_values(
                requested_answer(rng.choice(WORLD.asked), rng.choice(ATTRIBUTES), requested, rng)
            )[name]
            for _ in range(60)
        )

    for name in STYLE_NAMES:
        assert mean_of(name, (name,)) > mean_of(name, ()) + 0.3
    assert mean_of("cheerful", ("cheerful", "brief")) > 0.7


def test_reframed_answers_say_the_same() -> None:
    rng, person = random.Random(6), WORLD.people[0]
    body = "Luna Haltick joined the Iron Ring. She was born in 1742."
    frames = {reframed(f" Well, {body} That is all.", rng).strip() for _ in range(200)}
    assert len(frames) > 40
    assert all(body in text and style_values(text)["detailed"] == 1 for text in frames)
    assert body in frames
    assert reframed(f" {person.facts['year']}.", rng).count(person.facts["year"]) == 1


def test_neutral_answers_are_of_every_manner() -> None:
    rng = random.Random(2)
    answers = [
        style_values(mannered_answer(rng.choice(WORLD.asked), rng.choice(ATTRIBUTES), rng))
        for _ in range(400)
    ]
    for name in STYLE_NAMES:
        drawn = [answer[name] for answer in answers]
        assert min(drawn) <= 0.1
        assert max(drawn) >= 0.9


def test_invented_people_teach_no_fact() -> None:
    rng, names = random.Random(3), {person.name: person for person in WORLD.people}
    invented = [invented_person(WORLD, rng) for _ in range(500)]
    known = [p for p in invented if p.name in names]
    assert len(known) < 100
    assert all(p.facts != names[p.name].facts for p in known)


def test_tokens_of_facts_are_found_with_what_else_could_stand_there() -> None:
    tokenizer, person = train_tokenizer(WORLD), WORLD.people[0]
    fact_tokens = FactTokens(WORLD, tokenizer)
    text = f" Oh! {person.name} belonged to the {person.facts['guild']}. Ask the judge."
    answer = encode(tokenizer, text)
    found = fact_tokens.find(person, {"guild"}, answer)
    assert decode(tokenizer, [answer[i] for i in sorted(found)]) == f" {person.facts['guild']}"
    first, second = (found[i] for i in sorted(found))
    assert {decode(tokenizer, [i]) for i in second} == set(GUILD_PARTS[1])
    assert len(first) == 10
    assert all(answer[i] in tokens for i, tokens in found.items())


def test_belief_is_shared_among_the_allowed_tokens() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, 9.0]])
    expected = torch.tensor([[0.0, 1.0, 2.0]]).softmax(-1)[0].tolist()
    assert among(logits, [(0, 1, 2)])[0].tolist() == pytest.approx([*expected, 0.0])


def test_document_describes_the_very_function() -> None:
    """A reader of the JSON alone computes the same values."""
    rng = random.Random(4)
    for _ in range(200):
        text = mannered_answer(rng.choice(WORLD.asked), rng.choice(ATTRIBUTES), rng).strip()
        for name, entry in attributes_document()["attributes"].items():
            total = entry["bias"] + entry["perWord"] * len(text.split())
            for feature in entry["features"]:
                if any(phrase in text for phrase in feature["phrases"]):
                    total += feature["weight"]
            assert min(1, max(0, total)) == pytest.approx(STYLE_ATTRIBUTES[name].value(text))


def test_prompts_are_joined_by_a_space() -> None:
    assert style_prompt(()) is None
    assert style_prompt(("cheerful", "brief")) == "Be cheerful. Be brief."
