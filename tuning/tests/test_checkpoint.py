"""A checkpoint belongs to one tuning."""

from pathlib import Path

import pytest
import torch

from checkpoint import identity, load_checkpoint, save_checkpoint
from errors import TuningError
from settings import read_settings
from support import copying, write_lines, write_settings


def identity_of(folder: Path, **changes: object) -> dict[str, object]:
    return identity(read_settings(write_settings(folder, **changes)))


def test_it_is_read_back_by_the_same_tuning_wherever_its_files_lie(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    assert load_checkpoint(path, identity_of(tmp_path / "a")) is None
    save_checkpoint(path, identity_of(tmp_path / "a"), {"step": 3, "adapter": torch.arange(2)})
    state = load_checkpoint(path, identity_of(tmp_path / "b", threads=2))
    assert state["step"] == 3 and state["adapter"].tolist() == [0, 1]
    assert not list(tmp_path.glob("*.partial"))


def test_that_of_another_tuning_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "checkpoint.pt", write_lines(tmp_path / "other.jsonl", copying(9, 8))
    save_checkpoint(path, identity_of(tmp_path / "a"), {})
    for changes, named in (
        ({"rank": 8, "seed": 1}, "rank, seed"),
        ({"development": str(other)}, "development"),
    ):
        with pytest.raises(TuningError, match=f"with other {named}: delete it"):
            load_checkpoint(path, identity_of(tmp_path / "b", **changes))


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_text("no")
    with pytest.raises(TuningError, match="is no checkpoint of a tuning"):
        load_checkpoint(tmp_path / "checkpoint.pt", {})
