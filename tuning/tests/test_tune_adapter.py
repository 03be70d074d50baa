"""The program from its settings to its file."""

import json
import signal
from pathlib import Path

import pytest

from support import copying, of_kind, run, start, write_lines, write_settings


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict]]:
    folder = tmp_path_factory.mktemp("finished")
    status, events = run(write_settings(folder))
    assert status == 0
    return folder, events


def test_the_loss_falls_and_events_tell(finished: tuple[Path, list[dict]]) -> None:
    folder, events = finished
    assert [event["kind"] for event in events] == [
        "loaded",
        "epoch",
        *["step"] * 6,
        "epoch",
        *["step"] * 6,
        "epoch",
        "done",
    ]
    loaded, done, epochs = events[0], events[-1], of_kind(events, "epoch")
    assert (loaded["steps"], loaded["tokens"], loaded["resumedAt"]) == (12, 144, 0)
    assert 0 < loaded["trainable"] < loaded["parameters"]
    assert [epoch["epoch"] for epoch in epochs] == [0, 1, 2]
    assert epochs[0]["training"] is None
    assert done["untuned"] == epochs[0]["development"]
    assert done["development"] == epochs[done["epoch"]]["development"] < done["untuned"] - 1
    assert done["adapter"] == str(folder / "expert.gguf")
    assert not list(folder.glob("*.partial"))


def test_a_finished_tuning_writes_its_adapter_again(
    finished: tuple[Path, list[dict]], tmp_path: Path
) -> None:
    folder, _ = finished
    settings = write_settings(tmp_path, checkpoint=str(folder / "checkpoint.pt"))
    status, events = run(settings)
    assert status == 0 and not of_kind(events, "step")
    assert (tmp_path / "expert.gguf").read_bytes() == (folder / "expert.gguf").read_bytes()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_tuning_goes_on_to_the_same_bytes(
    finished: tuple[Path, list[dict]], tmp_path: Path, number: signal.Signals, status: int
) -> None:
    settings = write_settings(tmp_path)
    process = start(settings)
    for line in process.stdout:
        if json.loads(line).get("step") == 3:
            process.send_signal(number)
            break
    process.stdout.read()
    assert process.wait() == status
    assert not (tmp_path / "expert.gguf").exists()
    assert run(settings)[1][0]["resumedAt"] >= 3
    assert (tmp_path / "expert.gguf").read_bytes() == (finished[0] / "expert.gguf").read_bytes()


def failure(settings: Path) -> str:
    status, events = run(settings)
    assert status == 1 and events[-1]["kind"] == "failed"
    return events[-1]["message"]


def test_the_checkpoint_of_another_tuning_is_refused(
    finished: tuple[Path, list[dict]], tmp_path: Path
) -> None:
    checkpoint = str(finished[0] / "checkpoint.pt")
    assert "with other rank: delete it" in failure(write_settings(tmp_path, checkpoint=checkpoint, rank=8))
    other = str(write_lines(tmp_path / "other.jsonl", copying(9, 8)))
    assert "with other development" in failure(
        write_settings(tmp_path, checkpoint=checkpoint, development=other)
    )


def test_settings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    assert "unknown ranks" in failure(write_settings(tmp_path, ranks=3))
    assert "rank must be a whole number from 1 on, and is 0.5" in failure(write_settings(tmp_path, rank=0.5))
    assert "rows need candidates" in failure(write_settings(tmp_path, rows=str(tmp_path / "settings.json")))
    assert "which does not exist" in failure(write_settings(tmp_path, model="/nowhere.gguf"))
    broken = str(write_lines(tmp_path / "broken.jsonl", [{"prompt": [1]}]))
    assert "broken.jsonl, line 1: answer must be" in failure(write_settings(tmp_path, training=broken))
    assert "cannot be read as a GGUF file" in failure(write_settings(tmp_path, model=broken))
