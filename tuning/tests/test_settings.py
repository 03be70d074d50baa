"""Settings that cannot be meant are refused, by name."""

import json
from pathlib import Path

import pytest

from errors import TuningError
from settings import parse_settings, read_settings
from support import SMALL, write_settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ranks": 3}, "unknown ranks; there are .*rank"),
        ({"rank": 0.5}, "rank must be a whole number from 1 on, and is 0.5"),
        ({"rate": 0}, "rate must be greater than 0"),
        ({"smoothing": 1}, "smoothing must be from 0 to below 1"),
        ({"epochs": True}, "epochs must be a number"),
        ({"adapter": None}, "adapter missing"),
        ({"rows": str(SMALL)}, "rows need candidates"),
        ({"model": "/nowhere.gguf"}, "model is /nowhere.gguf, which does not exist"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(TuningError, match=message):
        read_settings(write_settings(tmp_path, **changes))


def test_null_is_what_is_not_said(tmp_path: Path) -> None:
    given = json.loads(write_settings(tmp_path).read_text())
    settings = parse_settings({**given, "weights": None, "threads": None, "rank": None})
    assert (settings.weights, settings.threads, settings.rank) == (None, None, 16)


def test_what_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(TuningError, match="settings.json cannot be read as settings"):
        read_settings(tmp_path / "settings.json")
