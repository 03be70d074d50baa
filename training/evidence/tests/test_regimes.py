"""The two regimes differ in whom the chats are about, and in nothing else."""

import pytest

from training.evidence.regimes import strangers, tuning_people
from training.evidence.worlds import WORLDS, world_of
from training.people import World
from training.tokenizer import decode, train_tokenizer
from training.tune import tuning_chats


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> World:
    return world_of(request.param)


def test_strangers_have_names_that_the_world_lacks(world: World) -> None:
    names = [person.name for person in strangers(world)]
    assert len(set(names)) == len(names) == len(world.tune)
    assert not set(names) & {person.name for person in world.people}


def test_no_chat_is_about_people_who_choose_or_report(world: World) -> None:
    measured = {person.name for person in (*world.validation, *world.heldout)}
    for regime in ("known", "unknown"):
        assert not measured & {person.name for person in tuning_people(world, regime)}


def test_worlds_share_no_person() -> None:
    first, *others = ({person.name for person in world_of(n).people} for n in WORLDS)
    assert all(len(first & other) < len(first) / 10 for other in others)


def test_chats_differ_in_names_alone() -> None:
    world = world_of(1)
    tokenizer = train_tokenizer(world)
    texts = {}
    for regime in ("known", "unknown"):
        people = tuning_people(world, regime)
        chats = tuning_chats(people, tokenizer)
        assert len(chats) == 5 * len(people) == 1000
        texts[regime] = [
            decode(tokenizer, chat.prompt + chat.answer).replace(people[i // 5].name, "NAME")
            for i, chat in enumerate(chats)
        ]
        assert all(text.count("NAME") == 2 for text in texts[regime])
    assert texts["known"] == texts["unknown"]
