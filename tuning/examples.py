"""What is learned: prompts and answers as token ids, their order, and the micro-batches they are cut in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from errors import TuningError

MICRO_BATCH_TOKENS = 512


@dataclass(frozen=True)
class Example:
    """`line` is where it stands in its file, `first` the record of its first answer token in the rows."""

    prompt: list[int]
    answer: list[int]
    line: int
    first: int

    @property
    def length(self) -> int:
        """Positions to compute: the answer's last token predicts nothing."""
        return len(self.prompt) + len(self.answer) - 1


@dataclass(frozen=True)
class MicroBatch:
    """Shapes: `ids` `[examples, length]`, padded at the end; the others `[answer tokens]`."""

    ids: Tensor
    """Under a causal mask no padding at the end is seen by what stands before it, so none is masked."""
    positions: Tensor
    """Where in the flattened `ids` each answer token is predicted."""
    targets: Tensor
    records: Tensor
    """The tokens' records in the rows."""


def read_examples(path: Path, vocab_size: int, context: int, first: int = 0) -> list[Example]:
    """`first` is the number of answer tokens in files before this one."""
    examples: list[Example] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                where = f"{path}, line {number}"
                example = Example(*_parse(line, where, vocab_size), number, first)
                if example.length > context:
                    raise TuningError(
                        f"{where}: {example.length + 1} tokens, and the model's context holds {context}: "
                        "shorten or drop this example"
                    )
                examples.append(example)
                first += len(example.answer)
    if not examples:
        raise TuningError(f"{path} holds no examples")
    return examples


def _parse(line: str, where: str, vocab_size: int) -> tuple[list[int], list[int]]:
    try:
        given = json.loads(line)
    except ValueError as error:
        raise TuningError(f"{where}: not JSON ({error})") from error
    parts = []
    for name in ("prompt", "answer"):
        ids = given.get(name) if isinstance(given, dict) else None
        if not isinstance(ids, list) or not ids or any(type(i) is not int for i in ids):
            raise TuningError(f"{where}: {name} must be an array of at least one token id")
        if outside := [i for i in ids if not 0 <= i < vocab_size]:
            raise TuningError(f"{where}: {name} holds the id {outside[0]}; the model has {vocab_size} tokens")
        parts.append(ids)
    return parts[0], parts[1]


def answer_tokens(examples: Sequence[Example]) -> int:
    return sum(len(example.answer) for example in examples)


def epoch_steps(examples: Sequence[Example], batch: int, seed: int, epoch: int) -> list[list[Example]]:
    """The examples of every step of an epoch, in an order that seed and epoch decide alone."""
    order = np.random.default_rng([seed, epoch]).permutation(len(examples))
    return [[examples[i] for i in order[start : start + batch]] for start in range(0, len(order), batch)]


def micro_batches(examples: Sequence[Example], device: torch.device) -> list[MicroBatch]:
    """Of like lengths together, each of at most `MICRO_BATCH_TOKENS` with padding, or of one example."""
    groups: list[list[Example]] = []
    for example in sorted(examples, key=lambda e: (-e.length, e.line)):
        if groups and groups[-1][0].length * (len(groups[-1]) + 1) <= MICRO_BATCH_TOKENS:
            groups[-1].append(example)
        else:
            groups.append([example])
    return [_pad(group, device) for group in groups]


def _pad(examples: Sequence[Example], device: torch.device) -> MicroBatch:
    length = max(example.length for example in examples)
    ids = np.zeros((len(examples), length), dtype=np.int64)
    positions, targets, records = [], [], []
    for row, example in enumerate(examples):
        tokens = example.prompt + example.answer[:-1]
        ids[row, : len(tokens)] = tokens
        start = row * length + len(example.prompt) - 1
        positions.extend(range(start, start + len(example.answer)))
        targets.extend(example.answer)
        records.extend(range(example.first, example.first + len(example.answer)))
    as_tensor = lambda values: torch.tensor(values, dtype=torch.int64, device=device)  # noqa: E731
    return MicroBatch(
        torch.from_numpy(ids).to(device), as_tensor(positions), as_tensor(targets), as_tensor(records)
    )
