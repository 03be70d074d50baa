"""Keys and values of many sequences, each in a slot of its own, of which any part can be written again."""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import Cache

BLOCK = 64
"""Positions that are read are a multiple of it, so that shapes recur."""


@dataclass(frozen=True)
class Place:
    """Where one forward pass writes, and how far it reads."""

    slots: list[int]
    positions: Tensor
    """`[batch, tokens]`; the cache's length for what is padding."""
    read: int
    """Positions, from the first one."""


class SlotCache(Cache):
    """Static: `[slots, heads, length + 1, head size]` a layer, allocated by the first pass.

    The last position takes what padding writes, and is never read. Nothing is erased: what is beyond a token's
    position is masked, so that a sequence is rolled back by writing over it.
    """

    def __init__(self, slots: int, length: int) -> None:
        super().__init__(layers=[])
        self.slots = slots
        self.length = length
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []
        self._place: Place | None = None

    def place(self, slots: list[int], positions: Tensor, longest: int) -> Tensor:
        """Prepares a pass; returns its mask `[batch, 1, tokens, read]`, true where a token may look.

        `longest` is the length of the longest sequence after it.
        """
        read = min(self.length, -(-longest // BLOCK) * BLOCK)
        self._place = Place(slots, positions, read)
        return torch.arange(read, device=positions.device) <= positions[:, None, :, None]

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: object, **__: object):
        if layer_idx == len(self._keys):
            self._keys.append(self._allocate(key_states))
            self._values.append(self._allocate(value_states))
        return self._write(self._keys[layer_idx], key_states), self._write(self._values[layer_idx], value_states)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return 0 if self._place is None else self._place.read

    @property
    def bytes(self) -> int:
        return sum(t.numel() * t.element_size() for t in [*self._keys, *self._values])

    def _allocate(self, states: Tensor) -> Tensor:
        _, heads, _, size = states.shape
        return states.new_zeros(self.slots, heads, self.length + 1, size)

    def _write(self, stored: Tensor, states: Tensor) -> Tensor:
        slots, positions, read = self._place.slots, self._place.positions, self._place.read
        first, count = slots[0], len(slots)
        if slots == list(range(first, first + count)):  # a view in place of a copy
            lanes = stored[first : first + count]
            rows = torch.arange(count, device=stored.device)
        else:
            lanes, rows = stored, torch.tensor(slots, device=stored.device)
        lanes[rows[:, None], :, positions] = states.transpose(1, 2)
        return lanes[:, :, :read] if lanes is not stored else stored[rows, :, :read]
