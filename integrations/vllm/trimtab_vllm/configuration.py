"""The pair and the strength that a server is started with: what `trimtab export vllm` writes."""

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from trimtab_vllm.steering import LARGEST_ALPHA, AlphaSetting, Steering, read_schedule
from trimtab_vllm.values import require_known, require_mapping, require_number, show

VARIABLE = "TRIMTAB_VLLM_CONFIG"
"""Names the file, or the folder that it is in."""

FILE_NAME = "trimtab-vllm.json"
VERSION = 1
DTYPES = ("float32", "bfloat16", "float16")


class ConfigurationError(ValueError):
    """Its text says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Configuration:
    recipe: str
    expert: str
    """A folder of Hugging Face's format, absolute, or a name of the hub."""
    twin: str
    dtype: str
    alpha: AlphaSetting


def configured() -> Configuration | None:
    """What the environment names; `None` where it names nothing. Throws `ConfigurationError`."""
    place = os.environ.get(VARIABLE)
    return None if not place else load_configuration(place)


@lru_cache(maxsize=8)
def load_configuration(place: str) -> Configuration:
    """From a file, or the folder that it is in. Throws `ConfigurationError`."""
    path = Path(place).expanduser().absolute()
    file = path / FILE_NAME if path.is_dir() else path
    try:
        return _read(json.loads(file.read_text(encoding="utf-8")), file.parent)
    except OSError as error:
        raise ConfigurationError(f"{VARIABLE} names {place}, which cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file}: {error}") from error


def _read(document: object, folder: Path) -> Configuration:
    given = require_mapping(document, "The configuration")
    known = ("version", "recipe", "expert", "antiExpert", "dtype", "alpha")
    require_known(given, known, "The configuration")
    if given.get("version") != VERSION:
        raise ValueError(
            f"version is {show(given.get('version'))}, and this plugin reads {VERSION}: write it anew with "
            "`trimtab export vllm`, of the plugin's own version."
        )
    dtype = given.get("dtype", "float32")
    if dtype not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {show(dtype)}.")
    return Configuration(
        recipe=_text(given.get("recipe"), "recipe"),
        expert=_model(given.get("expert"), "expert", folder),
        twin=_model(given.get("antiExpert"), "antiExpert", folder),
        dtype=dtype,
        alpha=_alpha(given.get("alpha")),
    )


def _alpha(value: object) -> AlphaSetting:
    given = require_mapping(value, "alpha")
    require_known(given, ("default", "min", "max", "schedule"), "alpha")
    low = require_number(given.get("min", -LARGEST_ALPHA), "alpha.min", -LARGEST_ALPHA, LARGEST_ALPHA)
    high = require_number(given.get("max", LARGEST_ALPHA), "alpha.max", low, LARGEST_ALPHA)
    alpha = require_number(given.get("default"), "alpha.default", low, high)
    return AlphaSetting(Steering(alpha, read_schedule(given.get("schedule"), "alpha.schedule")), low, high)


def _text(value: object, at: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"{at} must be a text, not {show(value)}.")


def _model(value: object, at: str, folder: Path) -> str:
    """Folders are relative to the configuration's; what is none and looks like `owner/name` is of the hub."""
    name = _text(value, at)
    path = folder / Path(name).expanduser()
    if path.is_dir():
        return str(path)
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return name
    raise ValueError(f"{at} is {show(name)}: there is no such folder ({path}), and it is no name of the hub.")
