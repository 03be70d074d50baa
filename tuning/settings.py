"""The settings of one tuning, read from a JSON file."""

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

from errors import TuningError


@dataclass(frozen=True)
class Settings:
    """Paths are absolute. `candidates` is the number of ids in a record of `rows`. `form` is what is tuned: `lora`, low-rank
    adapters, or `svf`, scales of singular values; `task` and `date` are written into the file of the latter."""

    model: Path
    training: Path
    development: Path
    adapter: Path
    checkpoint: Path
    weights: Path | None = None
    rows: Path | None = None
    candidates: int = 0
    strength: float = 1.0
    rank: int = 16
    scale: float = 32
    epochs: int = 3
    rate: float = 2e-4
    batch: int = 8
    smoothing: float = 0.1
    seed: int = 0
    form: str = "lora"
    task: str = ""
    date: str = ""
    threads: int | None = None


PATHS = ("model", "training", "development", "adapter", "checkpoint", "weights", "rows")
READ_PATHS = ("model", "training", "development", "weights", "rows")
AT_LEAST_ONE = ("rank", "epochs", "batch", "threads")
POSITIVE = ("scale", "rate")
TEXTS = ("form", "task", "date")
FORMS = ("lora", "svf")


def read_settings(path: Path) -> Settings:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TuningError(f"{path} cannot be read as settings: {error}") from error
    return parse_settings(given)


def parse_settings(given: object) -> Settings:
    """Throws `TuningError` for what is missing, unknown, of another type or out of range."""
    if not isinstance(given, dict):
        raise TuningError("Settings are a JSON object")
    known = {field.name for field in fields(Settings)}
    if unknown := sorted(set(given) - known):
        raise TuningError(f"Settings: unknown {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    values = {name: _value(name, value) for name, value in given.items() if value is not None}
    if missing := [name for name in PATHS[:5] if name not in values]:
        raise TuningError(f"Settings: {', '.join(missing)} missing")
    settings = Settings(**values)
    if settings.rows is not None and settings.candidates < 1:
        raise TuningError("Settings: rows need candidates, the number of ids in a record")
    for name in READ_PATHS:
        file = getattr(settings, name)
        if file is not None and not file.exists():
            raise TuningError(f"Settings: {name} is {file}, which does not exist")
    return settings


def _value(name: str, value: object) -> object:
    if name in TEXTS:
        if not isinstance(value, str) or (name == "form" and value not in FORMS):
            raise TuningError(f"Settings: {name} must be {' or '.join(FORMS) if name == 'form' else 'text'}")
        return value
    if name in PATHS:
        if not isinstance(value, str):
            raise TuningError(f"Settings: {name} must be a path, and is {value!r}")
        return Path(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TuningError(f"Settings: {name} must be a number, and is {value!r}")
    if name in (*AT_LEAST_ONE, "candidates", "seed"):
        least = 1 if name in AT_LEAST_ONE else 0
        if int(value) != value or value < least:
            raise TuningError(f"Settings: {name} must be a whole number from {least} on, and is {value}")
        return int(value)
    if name in POSITIVE and value <= 0:
        raise TuningError(f"Settings: {name} must be greater than 0, and is {value}")
    if name == "smoothing" and not 0 <= value < 1:
        raise TuningError(f"Settings: smoothing must be from 0 to below 1, and is {value}")
    return float(value)
