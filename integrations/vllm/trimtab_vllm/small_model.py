"""One of the pair: many sequences in slots, each extended by some tokens at once."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM

from trimtab_vllm.configuration import ConfigurationError
from trimtab_vllm.slot_cache import SlotCache

CHUNK = 512
"""Tokens of one prompt that are read at once."""

SHORT = 16
"""Extensions of at most so many tokens are padded to one batch; longer ones run by themselves."""


@dataclass(frozen=True)
class Extension:
    """Tokens of one sequence from the position `start` on; what the slot held from there is overwritten."""

    slot: int
    start: int
    tokens: list[int]
    rows: int = 1
    """Next-token logits wanted: after each of the last so many tokens."""


class SmallModel:
    """A decoder of transformers with a `SlotCache`; any with full attention in all layers."""

    def __init__(self, model: nn.Module, slots: int, length: int) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self.cache = SlotCache(slots, length)
        # transformers renames it.
        self._cache_name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
        self.vocabulary = int(model.config.get_text_config().vocab_size)
        self._warm_up()

    @torch.inference_mode()
    def extend(self, extensions: Sequence[Extension]) -> Tensor:
        """The logits `[sum of rows, vocabulary]`, float32, in the order of the extensions; no slot comes twice."""
        found: dict[int, Tensor] = {}
        short = []
        for each in extensions:
            rest = self._read_ahead(each)
            if len(rest.tokens) <= SHORT:
                short.append(rest)
            else:
                found[each.slot] = self._run([rest])[0]
        short.sort(key=lambda each: each.slot)
        found.update(zip((each.slot for each in short), self._run(short), strict=True))
        return torch.cat([found[each.slot] for each in extensions])

    def _read_ahead(self, extension: Extension) -> Extension:
        """All but the last chunk, in which the wanted rows are."""
        slot, start, tokens, rows = extension.slot, extension.start, extension.tokens, extension.rows
        while len(tokens) - CHUNK >= rows:
            self._run([Extension(slot, start, tokens[:CHUNK])])
            start, tokens = start + CHUNK, tokens[CHUNK:]
        return Extension(slot, start, tokens, rows)

    def _run(self, extensions: list[Extension]) -> list[Tensor]:
        """One forward pass, shorter extensions padded at their ends."""
        if not extensions:
            return []
        width = max(len(each.tokens) for each in extensions)
        spare = self.cache.length
        tokens = [each.tokens + [0] * (width - len(each.tokens)) for each in extensions]
        positions = [list(self._positions(each, width, spare)) for each in extensions]
        places = torch.tensor(positions, device=self._device)
        longest = min(spare, max(each.start + len(each.tokens) for each in extensions))
        kept = max(width - len(each.tokens) + each.rows for each in extensions)
        mask = self.cache.place([each.slot for each in extensions], places, longest)
        logits = self._model(
            input_ids=torch.tensor(tokens, device=self._device),
            position_ids=places.clamp(max=spare - 1),
            attention_mask=mask,
            use_cache=True,
            logits_to_keep=kept,
            **{self._cache_name: self.cache},
        ).logits.float()
        first = [len(each.tokens) - each.rows - (width - kept) for each in extensions]
        return [logits[i, at : at + extensions[i].rows] for i, at in enumerate(first)]

    @staticmethod
    def _positions(extension: Extension, width: int, spare: int) -> Iterator[int]:
        for i in range(width):
            yield min(extension.start + i, spare) if i < len(extension.tokens) else spare

    def _warm_up(self) -> None:
        """Allocates the cache. Throws `ConfigurationError` if the model cannot be used."""
        logits = self.extend([Extension(slot=0, start=0, tokens=[0])])
        if not bool(torch.isfinite(logits).all()):
            raise ConfigurationError(
                f"{self._model.name_or_path} gives logits that are not finite: its files are damaged, or its dtype "
                f"({next(self._model.parameters()).dtype}) is too narrow for it; say another one in the configuration."
            )


def load_small_model(
    place: str, dtype: str, device: torch.device, slots: int, length: int
) -> SmallModel:
    """From a folder of Hugging Face's format, or a name of the hub. Throws `ConfigurationError`."""
    try:
        config = AutoConfig.from_pretrained(place)
        _require_full_attention(place, config.get_text_config(), length)
        model = AutoModelForCausalLM.from_pretrained(
            place, dtype=getattr(torch, dtype), attn_implementation="sdpa", use_safetensors=True
        )
    except ConfigurationError:
        raise
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ConfigurationError(f"{place} cannot be loaded by transformers: {error}") from error
    return SmallModel(model.requires_grad_(False).eval().to(device), slots, length)


def _require_full_attention(place: str, config: object, length: int) -> None:
    others = set(getattr(config, "layer_types", None) or []) - {"full_attention"}
    if others:
        raise ConfigurationError(
            f"{place} has layers of {', '.join(sorted(others))}: the pair's models need full attention in all layers."
        )
    window = getattr(config, "sliding_window", None)
    if window is not None and getattr(config, "use_sliding_window", True) and window < length:
        raise ConfigurationError(
            f"{place} looks back {window} tokens only, and sequences may have {length}: start vLLM with "
            f"--max-model-len {window}, or take another pair."
        )
    longest = getattr(config, "max_position_embeddings", None)
    if longest is not None and longest < length:
        raise ConfigurationError(
            f"{place} reads {longest} tokens, and sequences may have {length}: start vLLM with --max-model-len {longest}."
        )
