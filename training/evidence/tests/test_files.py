"""The committed files agree with each other: hashes, the logs and the card."""

import hashlib

from training.configs import ALPHAS
from training.evidence.card import CARD_PATH, load_logs, render_card
from training.evidence.configs import EXPERT_KINDS
from training.evidence.export import EVIDENCE_MODELS
from training.evidence.regimes import REGIMES
from training.evidence.report import COMPOSED, TUNED

LOGS = load_logs()


def test_logged_hashes_are_those_of_the_files() -> None:
    for log in LOGS:
        assert len(log["files"]) >= 6
        for name, logged in log["files"].items():
            data = (EVIDENCE_MODELS / name).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (
                logged["bytes"], logged["sha256"],
            )


def test_every_file_is_logged() -> None:
    logged = {name for log in LOGS for name in log["files"]}
    assert {path.name for path in EVIDENCE_MODELS.glob("atlas-*")} == logged


def test_card_is_rendered_from_the_logs() -> None:
    assert CARD_PATH.read_text() == render_card(LOGS)


def test_what_was_chosen_is_measured() -> None:
    for log in LOGS:
        assert set(log["choices"]) == set(REGIMES)
        for regime, choice in log["choices"].items():
            rows = [row["what"] for row in log["heldout"] if row["regime"] == regime]
            assert rows == ["large base", "small base", *TUNED.values(), *COMPOSED.values()]
            assert all(by["alpha"] in ALPHAS for by in choice["steering"].values())
            assert set(choice["steering"]) == set(EXPERT_KINDS)
