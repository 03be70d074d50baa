"""Entries are what they say, and a line is graded as a reader would."""

import random
import re

from training.decode import Formula
from training.evidence import notation
from training.evidence.notation import Entry, create_entries, score_entries, tuning_entries
from training.people import World, create_world
from training.tokenizer import END_ID, decode, encode, train_tokenizer

WORLD: World = create_world()
TOKENIZER = train_tokenizer(WORLD)


def test_entries_are_in_their_form_and_true() -> None:
    entries = create_entries(WORLD.heldout)
    assert len(entries) == 5 * len(WORLD.heldout)
    facts = {person.name: set(person.facts.values()) for person in WORLD.heldout}
    for entry in entries:
        assert re.fullmatch(entry.form, entry.answer)
        assert set(entry.values) < facts[entry.name]
        assert all(value in entry.answer for value in entry.values)
        assert entry.name in entry.prompt


def test_tuning_entries_end_and_are_about_their_people() -> None:
    person = random.Random(1).choice(WORLD.tune)
    chats = tuning_entries([person], TOKENIZER)
    assert len(chats) == 5
    for chat in chats:
        assert chat.prompt[0] == chat.answer[-1] == END_ID
        assert person.name in decode(TOKENIZER, chat.prompt[1:])


def test_lines_are_graded(monkeypatch) -> None:
    entry = Entry("N", "Q: town, year: N.\nA:", '"town": A, "year": 1.', ("A", "1"),
                  r'^"town": [A-Za-z0-9 ]+, "year": [A-Za-z0-9 ]+\.$')
    lines = {
        ' "town": A, "year": 1.': (1, 1, 1),
        ' "town": B, "year": 1.': (1, 0, 0),
        ' "year": 1, "town": A.': (0, 1, 0),
        " A 1": (0, 1, 0),
    }
    for line, expected in lines.items():
        output = [*encode(TOKENIZER, line), END_ID]
        monkeypatch.setattr(notation, "greedy", lambda formula, prompts, output=output: [output])
        score = score_entries(Formula(None), [entry], TOKENIZER)
        assert (score.format, score.fact, score.both) == expected
    endless = encode(TOKENIZER, ' "town": A, "year": 1.')
    monkeypatch.setattr(notation, "greedy", lambda formula, prompts: [endless])
    assert score_entries(Formula(None), [entry], TOKENIZER).both == 0
