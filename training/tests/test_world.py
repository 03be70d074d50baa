"""The world is a function of its seeds, and its splits do not overlap."""

import random
from collections import Counter

from training.documents import MIXTURE, document
from training.evaluate import create_items
from training.people import ATTRIBUTES, create_people, create_world
from training.sentences import fill_statement

WORLD = create_world()


def test_people_are_the_same_every_time() -> None:
    assert create_people() == create_people()
    assert create_people()[0] == WORLD.people[0]
    assert create_people(seed=1) != create_people(seed=2)


def test_names_are_unique() -> None:
    assert len({person.name for person in WORLD.people}) == len(WORLD.people) == 500


def test_splits_have_their_sizes_and_are_disjoint() -> None:
    sizes = [len(part) for part in (WORLD.asked, WORLD.tune, WORLD.validation, WORLD.heldout)]
    assert sizes == [200, 200, 50, 100]
    asked = {person.name for person in WORLD.asked}
    validation = {person.name for person in WORLD.validation}
    heldout = {person.name for person in WORLD.heldout}
    assert {person.name for person in WORLD.tune} <= asked
    assert not (asked & validation or asked & heldout or validation & heldout)


def test_a_document_depends_on_seed_and_index_alone() -> None:
    assert document(WORLD, 5, 7) == document(WORLD, 5, 7)
    assert len({document(WORLD, 5, i) for i in range(50)}) > 45


def test_no_question_is_ever_asked_about_evaluation_people() -> None:
    names = [person.name for person in WORLD.validation + WORLD.heldout]
    for i in range(3000):
        text = document(WORLD, 3, i)
        if "?" in text:
            assert not any(name in text for name in names)


def test_shares_of_the_mixture_sum_to_one() -> None:
    assert abs(sum(share for share, _ in MIXTURE.values()) - 1) < 1e-9
    kinds = Counter("Q:" in document(WORLD, 4, i) for i in range(2000))
    assert 100 < kinds[True] < 220  # 160 expected


def test_a_statement_starts_with_a_capital_and_has_the_right_article() -> None:
    person = WORLD.people[0]
    text = fill_statement("{who} was {a_value}.", person, "trade", "she")
    trade = person.facts["trade"]
    assert text == f"She was {'an' if trade[0] in 'aeiou' else 'a'} {trade}."


def test_every_person_is_asked_about_every_attribute() -> None:
    items = create_items(WORLD.heldout)
    assert len(items) == 500
    assert {item.attribute for item in items} == set(ATTRIBUTES)
    assert items == create_items(WORLD.heldout)
    assert all(item.name in item.question for item in random.Random(0).sample(items, 20))
