"""The program from its settings to its file."""

import json
import signal
from pathlib import Path

import pytest

from support import of_kind, run, start, write_lines, write_settings


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict]]:
    folder = tmp_path_factory.mktemp("finished")
    status, events = run(write_settings(folder))
    assert status == 0
    return folder, events


def test_the_loss_falls_and_events_tell(finished: tuple[Path, list[dict]]) -> None:
    folder, events = finished
    of_epoch = [*["step"] * 60, "epoch"]
    assert [event["kind"] for event in events] == ["loaded", "epoch", *of_epoch, *of_epoch, "done"]
    loaded, done, epochs = events[0], events[-1], of_kind(events, "epoch")
    assert (loaded["steps"], loaded["tokens"], loaded["resumedAt"]) == (120, 1440, 0)
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


def test_a_failure_is_the_last_event(tmp_path: Path) -> None:
    broken = str(write_lines(tmp_path / "broken.jsonl", [{"prompt": [1]}]))
    for change, message in (
        ({"rank": 0}, "rank must be"),
        ({"training": broken}, "broken.jsonl, line 1: answer"),
    ):
        status, events = run(write_settings(tmp_path / "run", **change))
        assert status == 1 and [event["kind"] for event in events] == ["failed"]
        assert message in events[0]["message"]
