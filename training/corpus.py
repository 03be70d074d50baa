"""An endless stream of packed documents, cut into training batches."""

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.documents import document
from training.people import World
from training.tokenizer import END_ID, encode


class PackedText:
    """Documents 0, 1, 2, ... of `seed`, each behind an `<|end|>`, as one run of tokens."""

    def __init__(self, world: World, tokenizer: Tokenizer, seed: int) -> None:
        self._world = world
        self._tokenizer = tokenizer
        self._seed = seed
        self._next_document = 0
        self._pending: list[int] = []

    def batch(self, rows: int, length: int) -> tuple[Tensor, Tensor]:
        """Inputs and next-token targets, both `[rows, length]`."""
        count = rows * length
        while len(self._pending) <= count:
            text = document(self._world, self._seed, self._next_document)
            self._pending += [END_ID, *encode(self._tokenizer, text)]
            self._next_document += 1
        tokens = torch.tensor(self._pending[: count + 1])
        self._pending = self._pending[count:]
        return tokens[:-1].view(rows, length), tokens[1:].view(rows, length)

    def state(self) -> dict[str, object]:
        return {"next_document": self._next_document, "pending": self._pending}

    def restore(self, state: dict) -> None:
        self._next_document, self._pending = state["next_document"], list(state["pending"])
