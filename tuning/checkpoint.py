"""Checkpoints of a tuning, and what they are of."""

import hashlib
from pathlib import Path

import torch

from errors import TuningError
from settings import Settings

NUMBERS = ("rank", "scale", "epochs", "rate", "batch", "smoothing", "seed")


def identity(settings: Settings) -> dict[str, object]:
    """What decides the result, the threads and the machine apart: the files' contents, wherever they lie."""
    names = NUMBERS if settings.rows is None else (*NUMBERS, "strength", "candidates")
    if settings.form != "lora":
        names = (*names, "form")
    files = {name: getattr(settings, name) for name in ("model", "training", "development", "rows")}
    return {
        **{name: getattr(settings, name) for name in names},
        **{name: None if path is None else _digest(path) for name, path in files.items()},
        "weights": None if settings.weights is None else _contents(settings.weights),
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _contents(folder: Path) -> str:
    """Names and sizes: the files may be large."""
    listing = sorted((file.name, file.stat().st_size) for file in folder.iterdir() if file.is_file())
    return hashlib.sha256(repr(listing).encode()).hexdigest()


def save_checkpoint(path: Path, of: dict[str, object], state: dict[str, object]) -> None:
    """Writes beside the target and renames, so that a kill leaves the former checkpoint."""
    beside = path.with_name(path.name + ".partial")
    torch.save({"of": of, "state": state}, beside)
    beside.replace(path)


def load_checkpoint(path: Path, of: dict[str, object]) -> dict | None:
    """The state of a tuning that was interrupted, if there is one. Throws `TuningError` if it is another."""
    if not path.exists():
        return None
    try:
        stored = torch.load(path, weights_only=True, map_location="cpu")
        was, state = stored["of"], stored["state"]
    except Exception as error:  # torch has no one error for this
        raise TuningError(
            f"{path} is no checkpoint of a tuning ({error}): delete it, or name another"
        ) from error
    if differ := [name for name in of if was.get(name) != of[name]]:
        raise TuningError(
            f"{path} is the checkpoint of a tuning with other {', '.join(differ)}: "
            "delete it to begin anew, or name another"
        )
    return state
