"""Writes `models/evidence/README.md` from the logs of the worlds."""

import json
from pathlib import Path

from training.card import table
from training.configs import ALPHAS, PLAUSIBILITY
from training.evidence.configs import EPOCHS, RATES
from training.evidence.export import EVIDENCE_MODELS

CARD_PATH = EVIDENCE_MODELS / "README.md"
TEMPLATE_PATH = Path(__file__).parent / "card-template.md"
REGIME_TITLES = {
    "known": "Tuning people known to the base",
    "unknown": "Tuning people unknown to the base",
}
SCORES = ("format", "fact", "both")


def enumerate_numbers(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def cells(row: dict, columns: tuple[str, ...]) -> list[str]:
    return [f"{row[column]:.3f}" if column in row else "" for column in columns]


def describe_steering(row: dict) -> str:
    mask = f", mask {row['plausibility']:g}" if row["plausibility"] else ""
    return f"alpha {row['alpha']:g}{mask}"


def result_table(log: dict, regime: str) -> str:
    """The bases, and what was chosen in the regime."""
    chosen = log["choices"][regime]

    def name(row: dict) -> str:
        if row["what"] != "composed":
            return row["what"]
        is_chosen = all(row[key] == chosen[key] for key in ("alpha", "plausibility"))
        return f"composed, {describe_steering(row)}{' *' if is_chosen else ''}"

    columns = (*SCORES, "cloze", "generic_loss")
    rows = [row for row in log["heldout"] if row.get("regime", regime) == regime]
    return table(
        ["greedy answers", *SCORES, "cloze", "loss"], [[name(row), *cells(row, columns)] for row in rows]
    )


def choice_table(log: dict, regime: str) -> str:
    """Validation scores of every candidate; of compositions the best steering of each expert."""
    scores = {
        key.removeprefix(f"{log['world']}-{regime}-"): row
        for key, row in log["validation"][regime].items()
    }
    alone = {key: row for key, row in scores.items() if ", alpha" not in key}
    composed = [key for key in scores if key not in alone]
    best = {
        max((key for key in composed if key.startswith(f"{name},")), key=lambda k: scores[k]["both"])
        for name in alone
        if name.startswith("expert-")
    }
    shown = alone | {key: scores[key] for key in composed if key in best}
    return table(
        ["kind-rate-epochs", *SCORES], [[key, *cells(row, SCORES)] for key, row in shown.items()]
    )


def chosen_sentence(log: dict, regime: str) -> str:
    choice = log["choices"][regime]
    parts = [
        f"{what} at rate {choice[kind]['tuning']['learning_rate']:g}, "
        f"epochs {choice[kind]['tuning']['epochs']}"
        for kind, what in (("direct", "directly"), ("lora", "adapter"), ("expert", "expert"))
    ]
    return f"Chosen: {'; '.join(parts)}; {describe_steering(choice)}."


def file_table(log: dict) -> str:
    rows = [[f"`{n}`", f"{f['bytes']:,}", f"`{f['sha256']}`"] for n, f in log["files"].items()]
    return table(["file", "bytes", "sha256"], rows)


def world_section(log: dict) -> str:
    seeds = ", ".join(f"{name.replace('_', ' ')} {seed}" for name, seed in log["seeds"].items())
    sections = [f"## World {log['world']}", f"Seeds: {seeds}."]
    for regime, title in REGIME_TITLES.items():
        sections += [f"### {title}", chosen_sentence(log, regime), result_table(log, regime)]
        sections += ["Validation people:", choice_table(log, regime)]
    return "\n\n".join([*sections, "### Files", file_table(log)])


def load_logs() -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(EVIDENCE_MODELS.glob("world-*.json"))]


def render_card(logs: list[dict]) -> str:
    first = logs[0]
    return TEMPLATE_PATH.read_text().format(
        **{f"{kind}_rates": enumerate_numbers(rates) for kind, rates in RATES.items()},
        **{f"{kind}_epochs": enumerate_numbers(epochs) for kind, epochs in EPOCHS.items()},
        alphas=enumerate_numbers(ALPHAS),
        mask=PLAUSIBILITY,
        smoothing=first["label_smoothing"],
        rank=first["adapter"]["rank"],
        alpha=first["adapter"]["alpha"],
        validation=first["questions"]["validation"],
        heldout=first["questions"]["heldout"],
        worlds="\n\n".join(world_section(log) for log in logs),
    )


def write_card() -> None:
    CARD_PATH.write_text(render_card(load_logs()))
    print(f"wrote {CARD_PATH.name}")


if __name__ == "__main__":
    write_card()
