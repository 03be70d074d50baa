"""Answers of all sorts with their attributes: what reward models learn from and are tested on.

Besides answers in many manners: right and wrong facts, manners put together in the wrong order and
too thickly, replies that ignore the question, answers that were sampled, and answers cut short.
"""

import json
import random
from dataclasses import dataclass

from tokenizers import Tokenizer

from training.attributes import STYLE_NAMES, style_prompt, style_values
from training.chat import NOTICES, prompt_text
from training.checkpoint import load_checkpoint
from training.configs import STYLED_CANDIDATES, WORK
from training.documents import forum_reply
from training.manners import (
    ALL_CLOSINGS, ALL_OPENINGS, invented_person, mannered_answer, requested_answer,
)
from training.people import ATTRIBUTES, Person, World
from training.pretrain import base_path
from training.sampling import Sampling, answers, composition
from training.sentences import QUESTIONS, chatter, question, statement
from training.style_evaluate import answer_text
from training.styled import tune_styled
from training.tokenizer import END_ID, encode

SAMPLES_PATH = WORK / "sampled-answers.json"
SAMPLES_SEED = 8181
SAMPLES_PER_FORMULA = 60
CUT_SHARE = 0.12


@dataclass(frozen=True)
class Side:
    """Whom and how the questions of one reward model ask: the judge's are others than its peers'."""

    people: list[Person]
    wordings: tuple[int, ...]
    """Indices into the wordings of each attribute's question."""
    samples: tuple[tuple[int, ...], ...]
    """Answers sampled from compositions, as token ids."""


@dataclass(frozen=True)
class Asked:
    person: Person
    attribute: str
    prompt: tuple[int, ...]


@dataclass(frozen=True)
class RewardedAnswer:
    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    """`<|end|>` last."""
    values: dict[str, float]


def guiding_side(world: World, samples: list[list[int]]) -> Side:
    return Side(world.asked[:100], (0, 1), tuple(map(tuple, samples[0::2])))


def judging_side(world: World, samples: list[list[int]]) -> Side:
    return Side(world.asked[100:], (2,), tuple(map(tuple, samples[1::2])))


def _scattered(person: Person, attribute: str, rng: random.Random) -> str:
    """Openings, closings and statements, too many and in any order."""
    pieces = [rng.choice(ALL_OPENINGS) for _ in range(rng.randint(0, 2))]
    pieces += [rng.choice(ALL_CLOSINGS) for _ in range(rng.randint(0, 2))]
    pieces += [
        statement(person, a, rng, rng.choice((person.name, person.pronoun)))
        for a in rng.sample(ATTRIBUTES, rng.randint(0, 3))
    ]
    if rng.random() < 0.3:
        pieces.append(chatter(rng))
    rng.shuffle(pieces)
    return " " + " ".join(pieces or [person.facts[attribute]])


def ask(world: World, side: Side, tokenizer: Tokenizer, rng: random.Random) -> Asked:
    """About one of the side's people or an invented one. The system message, if any, is drawn apart
    from the answer: a prompt says nothing about the manner of what follows."""
    known = rng.random() < 0.5
    person = rng.choice(side.people) if known else invented_person(world, rng)
    attribute = rng.choice(ATTRIBUTES)
    wording = QUESTIONS[attribute][rng.choice(side.wordings)]
    notice = None
    if rng.random() < 0.4:
        requested = tuple(rng.sample(STYLE_NAMES, rng.randint(0, 2)))
        notice = style_prompt(requested) or rng.choice(NOTICES)
    text = prompt_text(wording.format(name=person.name), notice)
    return Asked(person, attribute, (END_ID, *encode(tokenizer, text)))


def _answer_ids(
    asked: Asked, side: Side, tokenizer: Tokenizer, rng: random.Random
) -> list[int]:
    person, attribute = asked.person, asked.attribute
    kind = rng.random()
    if kind < 0.4:
        text = mannered_answer(person, attribute, rng)
    elif kind < 0.6:
        requested = tuple(rng.sample(STYLE_NAMES, rng.randint(1, 2)))
        text = requested_answer(person, attribute, requested, rng)
    elif kind < 0.75:
        text = _scattered(person, attribute, rng)
    elif kind < 0.85:
        text = " " + forum_reply(person, attribute, rng)
    else:
        return list(rng.choice(side.samples))
    return encode(tokenizer, text)


def rewarded_answer(
    asked: Asked, side: Side, tokenizer: Tokenizer, rng: random.Random
) -> RewardedAnswer:
    ids = _answer_ids(asked, side, tokenizer, rng)
    if rng.random() < CUT_SHARE:
        ids = ids[: rng.randint(1, len(ids))]
    values = style_values(answer_text(tokenizer, ids))
    return RewardedAnswer(asked.prompt, (*ids, END_ID), values)


def rewarded_pair(
    world: World, side: Side, tokenizer: Tokenizer, rng: random.Random
) -> tuple[RewardedAnswer, RewardedAnswer]:
    """Two answers to one question."""
    asked = ask(world, side, tokenizer, rng)
    first, second = (rewarded_answer(asked, side, tokenizer, rng) for _ in range(2))
    return first, second


def load_samples(world: World, tokenizer: Tokenizer) -> list[list[int]]:
    """Answers of the large base and of compositions at temperature 1 about asked people, without
    `<|end|>`; sampled and stored first if there are none. The expert is the one of the highest rate,
    whichever ships: reward models should not know one expert's answers alone."""
    if not SAMPLES_PATH.exists():
        SAMPLES_PATH.write_text(json.dumps(_sample(world, tokenizer)) + "\n")
    return json.loads(SAMPLES_PATH.read_text())


def _sample(world: World, tokenizer: Tokenizer) -> list[list[int]]:
    rng = random.Random(SAMPLES_SEED)
    large, small = (load_checkpoint(base_path(name))[0] for name in ("large", "small"))
    styled = tune_styled(STYLED_CANDIDATES[-1], world, tokenizer)
    outputs: list[list[int]] = []
    for alpha in (0.0, 0.3, 0.7, 1.0):
        for notice in (None, *(style_prompt((name,)) for name in STYLE_NAMES)):
            terms = composition(large, styled, small, alpha, notice)
            questions = [
                question(rng.choice(world.asked), rng.choice(ATTRIBUTES), rng)
                for _ in range(SAMPLES_PER_FORMULA)
            ]
            sampled = answers(terms, questions, tokenizer, Sampling(1.0, seed=rng.getrandbits(32)))
            outputs += [[i for i in output if i != END_ID] for output in sampled]
    rng.shuffle(outputs)
    return [output for output in outputs if output]
