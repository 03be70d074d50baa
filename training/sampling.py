"""Sampled or greedy answers of a sum of models, each of which may see another system message."""

from collections import defaultdict
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.chat import prompt_text
from training.model import Decoder
from training.tokenizer import END_ID, encode

ANSWER_LIMIT = 64
"""Tokens of an answer at most; the longest manners need about 50."""


@dataclass(frozen=True)
class Term:
    """`coefficient * model`, over logits, of the question below `notice`."""

    coefficient: float
    model: Decoder
    notice: str | None = None


def composition(
    large: Decoder, styled: Decoder, small: Decoder, alpha: float, notice: str | None = None
) -> list[Term]:
    """`large + alpha * (styled - small)`, all below the same system message."""
    return [Term(1, large, notice), Term(alpha, styled, notice), Term(-alpha, small, notice)]


@dataclass(frozen=True)
class Sampling:
    """Temperature 0 takes the best token."""

    temperature: float = 0.0
    min_p: float = 0.0
    """Tokens with less than this share of the best one's probability are not drawn."""
    seed: int = 0


GREEDY = Sampling()


def _choose(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> Tensor:
    """One token a row, `[batch]`."""
    if sampling.temperature == 0:
        return logits.argmax(-1)
    shares = (logits / sampling.temperature).softmax(-1)
    shares[shares < sampling.min_p * shares.max(-1, keepdim=True).values] = 0
    return torch.multinomial(shares, 1, generator=generator)[:, 0]


@torch.no_grad()
def _answer_batch(
    terms: list[Term], prompts: list[Tensor], sampling: Sampling, generator: torch.Generator
) -> list[list[int]]:
    """`prompts[t]` are the ids that term `t` sees, `[batch, length of t]`."""
    caches = [term.model.new_cache() for term in terms]
    outputs: list[list[int]] = [[] for _ in prompts[0]]
    done = torch.zeros(len(outputs), dtype=torch.bool)
    inputs = prompts
    for _ in range(ANSWER_LIMIT):
        logits = sum(
            term.coefficient * term.model(ids, cache)[:, -1]
            for term, ids, cache in zip(terms, inputs, caches, strict=True)
        )
        chosen = _choose(logits, sampling, generator)
        for row in (~done).nonzero()[:, 0].tolist():
            outputs[row].append(int(chosen[row]))
        done |= chosen == END_ID
        if done.all():
            break
        inputs = [chosen[:, None]] * len(terms)
    return outputs


def answers(
    terms: list[Term],
    questions: list[str],
    tokenizer: Tokenizer,
    sampling: Sampling = GREEDY,
) -> list[list[int]]:
    """Token ids in the order of the questions, `<|end|>` last unless the limit came first."""
    generator = torch.Generator().manual_seed(sampling.seed)
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, question in enumerate(questions):
        by_length[len(encode(tokenizer, prompt_text(question)))].append(i)
    outputs: list[list[int]] = [[] for _ in questions]
    for _, group in sorted(by_length.items()):
        prompts = [
            torch.tensor([
                [END_ID, *encode(tokenizer, prompt_text(questions[i], term.notice))] for i in group
            ])
            for term in terms
        ]
        batch = _answer_batch(terms, prompts, sampling, generator)
        for i, output in zip(group, batch, strict=True):
            outputs[i] = output
    return outputs
