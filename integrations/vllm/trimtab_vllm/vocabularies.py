"""Whether the models number their tokens alike."""

import logging

from transformers import AutoTokenizer

from trimtab_vllm.configuration import ConfigurationError
from trimtab_vllm.values import show

log = logging.getLogger("vllm.trimtab")


def require_same_tokens(base: str | None, expert: str, twin: str) -> None:
    """Throws `ConfigurationError` with the first id that means another token. Longer ones may be longer at their end."""
    pair = {place: _tokens(place) for place in (expert, twin)}
    for place, tokens in pair.items():
        if tokens is None:
            raise ConfigurationError(f"{place} has no tokenizer, and its tokens must be compared with the base's.")
    of_base = None if base is None else _tokens(base)
    if of_base is None:
        log.warning("Trimtab cannot compare the pair's tokens with the base's: %s has no tokenizer.", base)
    else:
        for place, tokens in pair.items():
            _compare(base, of_base, place, tokens)
    _compare(expert, pair[expert], twin, pair[twin])


def _tokens(place: str) -> dict[int, str] | None:
    try:
        tokenizer = AutoTokenizer.from_pretrained(place)
    except (OSError, ValueError, ImportError, KeyError):
        return None
    return {index: token for token, index in tokenizer.get_vocab().items()}


def _compare(one_place: str, one: dict[int, str], other_place: str, other: dict[int, str]) -> None:
    for index in sorted(one.keys() & other.keys()):
        if one[index] != other[index]:
            raise ConfigurationError(
                f"Token {index} is {show(one[index])} in {one_place} and {show(other[index])} in {other_place}: "
                "a pair needs the base's own tokenizer."
            )
