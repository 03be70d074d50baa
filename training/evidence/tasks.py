"""Writes what `npm run lab -- evidence` asks of every system: lines of JSON, and plain text."""

import json
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path

from tokenizers import Tokenizer

from training.chat import ASSISTANT, USER
from training.cloze import OTHER_CUT_STATEMENTS
from training.documents import document
from training.evaluate import GENERIC_TEXT_SEED, create_items
from training.evidence.notation import create_entries
from training.evidence.regimes import REGIMES, Regime, regime_chats
from training.export import write_items
from training.people import ATTRIBUTES, World
from training.sentences import with_article
from training.tokenizer import decode
from training.tune import Chat

EXAMPLES = 20
TEXTS = 200


def write_lines(path: Path, lines: Iterable[dict]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def cloze_lines(world: World) -> Iterable[dict]:
    """Statements about the held-out people, cut before the value, in wordings that no tuning has."""
    for person in world.heldout:
        for attribute in ATTRIBUTES:
            value = person.facts[attribute]
            yield {
                "id": f"{person.name}, {attribute}",
                "name": person.name,
                "text": OTHER_CUT_STATEMENTS[attribute].format(name=person.name),
                "right": f" {with_article(value) if attribute == 'trade' else value}",
            }


def notation_lines(world: World) -> Iterable[dict]:
    for i, entry in enumerate(create_entries(world.heldout)):
        yield {
            "id": str(i),
            "name": entry.name,
            "prompt": entry.prompt,
            "answer": entry.answer,
            "form": entry.form,
        }


def texts(world: World) -> Iterable[str]:
    """Fresh documents of the pretraining mixture but for the forum's threads, which are chats."""
    documents = (document(world, GENERIC_TEXT_SEED, index) for index in count())
    return islice((text for text in documents if USER not in text), TEXTS)


def prompt_of(chat: Chat, tokenizer: Tokenizer) -> str:
    return decode(tokenizer, chat.prompt[1:])


def example_line(chat: Chat, regime: Regime, tokenizer: Tokenizer) -> dict:
    """The pair's texts as they stand in a prompt."""
    prompt = prompt_of(chat, tokenizer)
    answer = decode(tokenizer, chat.answer[:-1]).strip()
    if regime == "notation":
        return {"prompt": prompt, "answer": answer}
    return {"question": prompt.removesuffix(ASSISTANT).split(USER)[1].strip(), "answer": answer}


def example_lines(world: World, regime: Regime, tokenizer: Tokenizer) -> Iterable[dict]:
    """Tuning pairs of as many people as there are pairs; chats below a notice are left out."""
    chats = regime_chats(world, regime, tokenizer)
    begins = "Q:" if regime == "notation" else USER
    plain = (c for c in chats[:: len(ATTRIBUTES) + 1] if prompt_of(c, tokenizer).startswith(begins))
    lines = (example_line(chat, regime, tokenizer) for chat in plain)
    return islice(lines, EXAMPLES)


def write_tasks(number: int, world: World, folder: Path, tokenizer: Tokenizer) -> None:
    """The first world's questions are shipped already."""
    begin = f"atlas-{number}"
    if number != 1:
        write_items(folder / f"{begin}-heldout.jsonl", create_items(world.heldout))
    write_lines(folder / f"{begin}-cloze.jsonl", cloze_lines(world))
    write_lines(folder / f"{begin}-notation.jsonl", notation_lines(world))
    (folder / f"{begin}-text.txt").write_text("\n\n".join(texts(world)) + "\n")
    for regime in REGIMES:
        path = folder / f"{begin}-{regime}-examples.jsonl"
        write_lines(path, example_lines(world, regime, tokenizer))
