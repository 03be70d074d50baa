"""Writes `models/evidence/README.md` from the logs of the worlds."""

import json
from collections import defaultdict
from pathlib import Path

from training.card import table
from training.configs import ALPHAS, PLAUSIBILITY
from training.evidence.configs import CHAT_TUNING, MORE_SMOOTHING, NOTATION_TUNING, Epochs, Rates
from training.evidence.export import EVIDENCE_MODELS, KINDS, REGIME_TITLES
from training.evidence.report import TUNED

CARD_PATH = EVIDENCE_MODELS / "README.md"
TEMPLATE_PATH = Path(__file__).parent / "card-template.md"
GRIDS = {"chats": CHAT_TUNING, "the notation": NOTATION_TUNING}
SCORES = ("format", "fact", "both")


def enumerate_numbers(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def describe_grid(grid: tuple[Epochs, Rates]) -> str:
    epochs, rates = grid
    return f"{enumerate_numbers(rates)}; epochs {enumerate_numbers(epochs)}"


def cells(row: dict, columns: tuple[str, ...]) -> list[str]:
    return [f"{row[column]:.3f}" if column in row else "" for column in columns]


def describe_steering(steering: dict) -> str:
    mask = f", mask {steering['plausibility']:g}" if steering["plausibility"] else ""
    return f"alpha {steering['alpha']:g}{mask}"


def result_table(log: dict, regime: str) -> str:
    """The bases, and what was chosen in the regime."""
    columns = (*SCORES, "cloze", "generic_loss")
    rows = [row for row in log["heldout"] if row["regime"] == regime]
    return table(
        ["greedy answers", *SCORES, "cloze", "loss"],
        [[row["what"], *cells(row, columns)] for row in rows],
    )


def choice_table(log: dict, regime: str) -> str:
    """Validation scores of every candidate; of compositions the best steering of each expert."""
    scores = {
        key.removeprefix(f"{log['world']}-{regime}-"): row
        for key, row in log["validation"][regime].items()
    }
    steered: dict[str, list[str]] = defaultdict(list)
    for key in scores:
        if ", alpha" in key:
            steered[key.split(",")[0]].append(key)
    best = {max(keys, key=lambda key: scores[key]["both"]) for keys in steered.values()}
    shown = {k: row for k, row in scores.items() if ", alpha" not in k} | {
        key: scores[key] for key in scores if key in best
    }
    return table(
        ["kind-rate-epochs", *SCORES], [[key, *cells(row, SCORES)] for key, row in shown.items()]
    )


def describe_tuning(candidate: dict, log: dict) -> str:
    tuning, smoothing = candidate["tuning"], candidate["label_smoothing"]
    more = f", smoothing {smoothing:g}" if smoothing != log["label_smoothing"] else ""
    return f"rate {tuning['learning_rate']:g}, epochs {tuning['epochs']}{more}"


def chosen_sentence(log: dict, regime: str) -> str:
    choice = log["choices"][regime]
    parts = [
        f"{TUNED[kind]}: {describe_tuning(choice[kind], log)}"
        + (f", steering by {describe_steering(choice['steering'][kind])}" if kind in choice["steering"] else "")
        for kind in KINDS
    ]
    return f"Chosen: {'; '.join(parts)}."


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
        tunings=table(
            ["tuned on", *TUNED.values()],
            [[name, *map(describe_grid, grids.values())] for name, grids in GRIDS.items()],
        ),
        alphas=enumerate_numbers(ALPHAS),
        mask=PLAUSIBILITY,
        smoothing=first["label_smoothing"],
        more_smoothing=MORE_SMOOTHING,
        training_alpha=first["training_alpha"],
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
