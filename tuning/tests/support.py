"""Tiny things to tune, and the program run as its users run it."""

import json
import random
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "tune_adapter.py"
SMALL = Path(__file__).parents[2] / "models" / "atlas-small.gguf"
VOCAB_SIZE, END = 1280, 0


def copying(count: int, seed: int) -> list[dict[str, list[int]]]:
    """Prompts of some tokens, and their first two as answers."""
    draw = random.Random(seed)
    prompts = [[draw.randrange(5, 300) for _ in range(draw.randrange(4, 12))] for _ in range(count)]
    return [{"prompt": prompt, "answer": [*prompt[:2], END]} for prompt in prompts]


def write_lines(path: Path, items: list) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def write_settings(folder: Path, **changes: object) -> Path:
    """Of a tuning of a second or two, long enough to be interrupted; `changes` replaces settings."""
    folder.mkdir(exist_ok=True)
    settings = {
        "model": str(SMALL),
        "training": str(write_lines(folder / "training.jsonl", copying(480, 1))),
        "development": str(write_lines(folder / "development.jsonl", copying(8, 2))),
        "adapter": str(folder / "expert.gguf"),
        "checkpoint": str(folder / "checkpoint.pt"),
        "rank": 4,
        "scale": 8,
        "epochs": 2,
        "rate": 5e-3,
        "threads": 1,
    }
    path = folder / "settings.json"
    path.write_text(json.dumps({**settings, **changes}))
    return path


def start(settings: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(settings: Path) -> tuple[int, list[dict]]:
    """The exit status and the events."""
    process = start(settings)
    out, _ = process.communicate()
    return process.returncode, [json.loads(line) for line in out.splitlines()]


def of_kind(events: list[dict], kind: str) -> list[dict]:
    return [event for event in events if event["kind"] == kind]
