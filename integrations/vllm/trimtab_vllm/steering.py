"""What a request asks of the pair: a strength, and whether it is chosen anew at each token."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab_vllm.values import require_known, require_mapping, require_number, show

KEY = "trimtab"
"""Of the request's `vllm_xargs`."""

LARGEST_ALPHA = 1e6
"""Beyond it float32 may overflow, and nothing is left of the base."""

LONGEST_TEXT = 4096
"""Characters of a request's JSON."""

DEFAULT_JUNCTIONS = 1.0
"""Nats, where a schedule says `true`."""


@dataclass(frozen=True)
class Schedule:
    """How alpha, which is then the most it can be, is chosen at each token."""

    match: bool = False
    """As much of it as leads the base as far as tuning led the expert: KL(composed || base) = KL(expert || twin).
    Fan et al. 2024, On Giant's Shoulders, arXiv:2406.15480."""

    junctions: float = 0.0
    """0 where the base's entropy is below so many nats. Hu et al. 2026, arXiv:2602.21215."""


@dataclass(frozen=True)
class Steering:
    """`base + alpha * (expert - twin)`; 0 is the base, and the pair does not run."""

    alpha: float
    schedule: Schedule | None = None


@dataclass(frozen=True)
class AlphaSetting:
    """The recipe's: what a request that says nothing gets, and the range that others must stay in."""

    default: Steering
    low: float
    high: float


def read_schedule(value: object, at: str) -> Schedule | None:
    """`null` is none. Throws `ValueError`."""
    if value is None:
        return None
    given = require_mapping(value, at)
    require_known(given, ("match", "junctions"), at)
    if not given:
        raise ValueError(f"{at} says nothing: give match, junctions or both, or null for none.")
    match = given.get("match")
    if match not in (None, "kl"):
        raise ValueError(f"{at}.match must be 'kl', not {show(match)}.")
    junctions = given.get("junctions", 0)
    if junctions is True:
        junctions = DEFAULT_JUNCTIONS
    return Schedule(match == "kl", require_number(junctions, f"{at}.junctions", 0))


def read_steering(extra_args: Mapping[str, Any] | None, setting: AlphaSetting) -> Steering:
    """What a request's `vllm_xargs` ask. Throws `ValueError` that names the key at fault."""
    value = (extra_args or {}).get(KEY)
    if value is None:
        return setting.default
    at = f"vllm_xargs.{KEY}"
    given = require_mapping(_parsed(value, at), at)
    require_known(given, ("alpha", "schedule"), at)
    alpha, schedule = setting.default.alpha, setting.default.schedule
    if "alpha" in given:
        alpha = require_number(given["alpha"], f"{at}.alpha", setting.low, setting.high)
    if "schedule" in given:
        schedule = read_schedule(given["schedule"], f"{at}.schedule")
    return Steering(alpha, schedule)


def _parsed(value: object, at: str) -> object:
    """Over HTTP it is text; where vLLM is called in code, it may be the object itself."""
    if not isinstance(value, str):
        return value
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"{at} has {len(value)} characters, and may have {LONGEST_TEXT}.")
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{at} must be JSON, as '{{\"alpha\": 0.5}}': {error}") from error
