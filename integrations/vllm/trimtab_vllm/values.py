"""Reads JSON that others wrote: what is wrong is said with its place, and what would do."""

import math
from collections.abc import Iterable, Mapping
from typing import Any


def require_mapping(value: object, at: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{at} must be an object, not {show(value)}.")


def require_known(given: Mapping[str, Any], known: Iterable[str], at: str) -> None:
    """Throws `ValueError` naming the first key that is not among `known`."""
    names = list(known)
    for key in given:
        if key not in names:
            raise ValueError(f"{at} has no {show(key)}: it takes {', '.join(names)}.")


def require_number(value: object, at: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number from `low` to `high`. Throws `ValueError`."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) <= 1e308 and low <= value <= high:
        return float(value)
    bounds = [f"at least {low:g}"] * (low > -math.inf) + [f"at most {high:g}"] * (high < math.inf)
    wanted = " ".join(["a finite number", " and ".join(bounds)]).strip()
    raise ValueError(f"{at} must be {wanted}, not {show(value)}.")


def show(value: object) -> str:
    """For a message: never long, however long it is."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
