"""Tunes the small base to answer in the manner that the system message asks for, or in any.

The expert learns manner alone. Where an answer spells a fact, its target is what the small base
believes there, among the facts that could stand there: the difference of the two then says "a fact
of this kind" and leaves the choice to the large base. The bases were trained with smoothed labels
and give every token a little; the expert is trained without, so that the difference takes this noise
away. Usage: `python -m training.styled 0.001`
"""

import argparse
import math
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from training.attributes import STYLE_ATTRIBUTES, STYLE_NAMES, stated_kinds, style_prompt
from training.chat import NOTICES, prompt_text
from training.checkpoint import load_checkpoint, save_checkpoint
from training.configs import STYLED_CANDIDATES, WORK, StyledConfig
from training.fit import fit
from training.manners import invented_person, requested_answer
from training.model import Decoder
from training.people import ATTRIBUTES, Person, World, create_world
from training.pretrain import base_path
from training.sentences import question
from training.tokenizer import END_ID, encode, load_tokenizer
from training.tune import IGNORED, Chat, pad

REQUESTED_COUNTS = (0, 1, 2, 3)
REQUESTED_SHARES = (0.4, 0.35, 0.2, 0.05)
"""How many attributes a chat's system message asks for."""
NOTICE_SHARE = 0.3
"""Of the chats that ask for none: those below a notice that asks for no manner."""
ATTRIBUTE_PROMPTS = tuple(a.prompt for a in STYLE_ATTRIBUTES.values())
UNRELATED_NOTICES = tuple(n for n in NOTICES if n not in ATTRIBUTE_PROMPTS)


@dataclass(frozen=True)
class StyledChat:
    chat: Chat
    facts: dict[int, tuple[int, ...]]
    """Position in the answer of each token that spells a fact, and the tokens that facts of that
    kind could have there."""


class FactTokens:
    """For each kind of fact: which tokens may follow the first tokens of one."""

    def __init__(self, world: World, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._next: dict[tuple[str, tuple[int, ...]], set[int]] = defaultdict(set)
        for kind in ATTRIBUTES:
            for value in {person.facts[kind] for person in world.people}:
                ids = self.ids(value)
                for i, token in enumerate(ids):
                    self._next[kind, ids[:i]].add(token)

    def ids(self, value: str) -> tuple[int, ...]:
        """As they stand behind a space."""
        return tuple(encode(self._tokenizer, f" {value}"))

    def find(self, person: Person, kinds: set[str], answer: list[int]) -> dict[int, tuple[int, ...]]:
        """`StyledChat.facts` of the first occurrence of each kind."""
        found: dict[int, tuple[int, ...]] = {}
        for kind in sorted(kinds):
            ids = self.ids(person.facts[kind])
            start = find_sublist(answer, list(ids))
            for i in range(len(ids) if start is not None else 0):
                found[start + i] = tuple(sorted(self._next[kind, ids[:i]]))
        return found


def find_sublist(whole: list[int], part: list[int]) -> int | None:
    starts = range(len(whole) - len(part) + 1)
    return next((i for i in starts if whole[i : i + len(part)] == part), None)


def styled_chat(
    world: World, tokenizer: Tokenizer, fact_tokens: FactTokens, rng: random.Random
) -> StyledChat:
    """A question about an invented person, and an answer as the system message asks for."""
    (count,) = rng.choices(REQUESTED_COUNTS, REQUESTED_SHARES)
    requested = tuple(rng.sample(STYLE_NAMES, count))
    notice = style_prompt(requested)
    if notice is None and rng.random() < NOTICE_SHARE:
        notice = rng.choice(UNRELATED_NOTICES)
    person, attribute = invented_person(world, rng), rng.choice(ATTRIBUTES)
    prompt = prompt_text(question(person, attribute, rng), notice)
    text = requested_answer(person, attribute, requested, rng)
    answer = encode(tokenizer, text)
    return StyledChat(
        Chat([END_ID, *encode(tokenizer, prompt)], [*answer, END_ID]),
        fact_tokens.find(person, {attribute, *stated_kinds(text)}, answer),
    )


def among(logits: Tensor, tokens: list[tuple[int, ...]]) -> Tensor:
    """Probabilities of each row's logits among its tokens alone, `[rows, vocab_size]`."""
    allowed = torch.zeros_like(logits, dtype=torch.bool)
    for row, ids in enumerate(tokens):
        allowed[row, list(ids)] = True
    return logits.masked_fill(~allowed, -math.inf).softmax(-1)


def styled_loss(model: Decoder, base: Decoder, chats: list[StyledChat]) -> Tensor:
    """Cross-entropy of the answers' tokens, in nats; of facts' tokens against the base's belief."""
    inputs, targets = pad([chat.chat for chat in chats])
    places = [
        (row, len(chat.chat.prompt) - 1 + position, tokens)
        for row, chat in enumerate(chats)
        for position, tokens in chat.facts.items()
    ]
    rows, columns, tokens = (list(part) for part in zip(*places, strict=True))
    with torch.no_grad():
        belief = among(output_logits(base, base.hidden(inputs)[rows, columns]), tokens)
    hidden = model.hidden(inputs)
    facts_loss = F.cross_entropy(
        output_logits(model, hidden[rows, columns]), belief, reduction="sum"
    )
    targets[rows, columns] = IGNORED
    manner = targets != IGNORED
    manner_loss = F.cross_entropy(
        output_logits(model, hidden[manner]), targets[manner], reduction="sum"
    )
    return (manner_loss + facts_loss) / (len(places) + manner.sum())


def output_logits(model: Decoder, hidden: Tensor) -> Tensor:
    """Only where they are needed: the output matrix is most of a small model's work."""
    return F.linear(hidden, model.embedding.weight)


def styled_path(config: StyledConfig) -> Path:
    return WORK / f"{config.name}.pt"


def tune_styled(config: StyledConfig, world: World, tokenizer: Tokenizer) -> Decoder:
    """Returns the stored model if this tuning was done before."""
    path = styled_path(config)
    if path.exists():
        return load_checkpoint(path)[0]
    model, stored = load_checkpoint(base_path("small"))
    base = load_checkpoint(base_path("small"))[0]
    fact_tokens = FactTokens(world, tokenizer)
    rng = random.Random(config.chats_seed)

    def batch_loss() -> Tensor:
        return styled_loss(
            model,
            base,
            [styled_chat(world, tokenizer, fact_tokens, rng) for _ in range(config.batch)],
        )

    fit(config.name, model, batch_loss, config.learning_rate, config.steps)
    save_checkpoint(path, model, base_step=stored["step"])
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rate", type=float, choices=[c.learning_rate for c in STYLED_CANDIDATES])
    torch.set_num_threads(1)
    rate = parser.parse_args().rate
    config = next(c for c in STYLED_CANDIDATES if c.learning_rate == rate)
    tune_styled(config, create_world(), load_tokenizer())
