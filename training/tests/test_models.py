"""The committed files agree with each other: hashes, the log, the card and the golden values."""

import hashlib
import json

from training.card import CARD_PATH, render_card
from training.chat import OPENINGS
from training.configs import MODELS
from training.evaluate import create_items
from training.golden import GOLDEN_PATH, golden_prompts
from training.people import create_world
from training.report import REPORT_PATH

REPORT = json.loads(REPORT_PATH.read_text())


def test_logged_hashes_are_those_of_the_files() -> None:
    for name, logged in REPORT["files"].items():
        data = (MODELS / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (logged["bytes"], logged["sha256"])


def test_golden_values_belong_to_the_files() -> None:
    golden = json.loads(GOLDEN_PATH.read_text())
    for model in golden["models"].values():
        name = model["file"].removeprefix("models/")
        assert model["sha256"] == REPORT["files"][name]["sha256"]
    assert {p["name"]: p["text"] for p in golden["prompts"]} == golden_prompts(create_world())


def test_card_is_rendered_from_the_log() -> None:
    assert CARD_PATH.read_text() == render_card(REPORT)


def test_questions_are_those_of_the_world() -> None:
    lines = (MODELS / "atlas-heldout.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        vars(item) for item in create_items(create_world().heldout)
    ]
    form = json.loads((MODELS / "atlas-form.json").read_text())
    assert form["openings"] == list(OPENINGS)
