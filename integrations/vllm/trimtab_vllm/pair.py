"""The expert and its twin, in step."""

import logging
from collections.abc import Sequence

import torch
from torch import Tensor

from trimtab_vllm.composition import compose
from trimtab_vllm.configuration import Configuration
from trimtab_vllm.small_model import Extension, SmallModel, load_small_model
from trimtab_vllm.steering import Steering
from trimtab_vllm.vocabularies import require_same_tokens

log = logging.getLogger("vllm.trimtab")


class Pair:
    """Steers rows of logits; the sequences are in slots `0 .. slots - 1`."""

    def __init__(self, expert: SmallModel, twin: SmallModel) -> None:
        self._expert = expert
        self._twin = twin
        self.slots = expert.cache.slots
        self.length = expert.cache.length
        self.vocabulary = min(expert.vocabulary, twin.vocabulary)

    @torch.inference_mode()
    def steer(self, logits: Tensor, rows: list[int], extensions: Sequence[Extension], wanted: list[Steering]) -> None:
        """Reads the extensions, and replaces `logits[rows]` by what is composed of them and the pair's own rows.

        `rows` and `wanted` have one entry for each row that the extensions give, in their order. All other rows
        stay as they are, bit for bit.
        """
        expert, twin = self._expert.extend(extensions), self._twin.extend(extensions)
        places = torch.tensor(rows, device=logits.device)
        composed = compose(logits[places].float(), expert, twin, wanted)
        logits[places] = composed.to(logits.dtype)


def load_pair(
    configuration: Configuration, base_tokenizer: str | None, device: torch.device, slots: int, length: int
) -> Pair:
    """Throws `ConfigurationError`."""
    require_same_tokens(base_tokenizer, configuration.expert, configuration.twin)
    expert, twin = (
        load_small_model(place, configuration.dtype, device, slots, length)
        for place in (configuration.expert, configuration.twin)
    )
    megabytes = (expert.cache.bytes + twin.cache.bytes) / 2**20
    log.info(
        "Trimtab steers by the recipe %s: %s against %s, %s on %s; their caches are %.1f MiB for %d sequences of %d tokens.",
        configuration.recipe, configuration.expert, configuration.twin, configuration.dtype, device, megabytes, slots, length,
    )  # fmt: skip
    return Pair(expert, twin)
