"""Writes the model card `models/README.md` from `models/atlas-training.json`."""

import json

from training.configs import MODELS
from training.report import REPORT_PATH

CARD_PATH = MODELS / "README.md"
CONTENTS = {
    "atlas-attributes.json": "what measures manners",
    "atlas-form.json": "the assistant's `openings` and `closings`",
    "atlas-heldout.jsonl": "questions to report results on",
    "atlas-judge.gguf": "judge of whole answers",
    "atlas-large.gguf": "large base",
    "atlas-reward-auto.gguf": "autoregressive reward: cheerful",
    "atlas-reward-next.gguf": "one-call reward: cheerful",
    "atlas-reward.gguf": "reward with four heads",
    "atlas-small-chat.gguf": "small expert: the assistant",
    "atlas-small-styled.gguf": "small expert of many manners",
    "atlas-small.gguf": "small base",
    "atlas-validation.jsonl": "questions to choose settings by",
}


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def describe(row: dict) -> str:
    if row["what"] != "composed":
        return row["what"]
    mask = f", mask {row['plausibility']}" if row["plausibility"] else ""
    prompts = f", {row['prompts']}" if "prompts" in row else ""
    return f"composed, alpha {row['alpha']:g}{mask}{prompts}"


def evaluation_table(rows: list[dict]) -> str:
    columns = ("format", "fact", "both", "cloze", "generic_loss")
    cells = [
        [describe(row), *(f"{row[c]:.3f}" if c in row else "" for c in columns)] for row in rows
    ]
    return table(["greedy answers", "format", "fact", "both", "cloze", "loss"], cells)


def validation_table(validation: dict[str, dict]) -> str:
    cells = [
        [label, *(f"{scores[c]:.3f}" for c in ("format", "fact", "both"))]
        for label, scores in validation.items()
    ]
    return table(["", "format", "fact", "both"], cells)


def history_table(pretraining: dict) -> str:
    cells = [
        [name, str(point["step"]), f"{point['loss']:.3f}", f"{point['cloze']:.3f}"]
        for name, log in pretraining.items()
        for point in log["history"]
    ]
    return table(["model", "step", "loss", "cloze"], cells)


def model_table(pretraining: dict) -> str:
    cells = []
    for name, log in pretraining.items():
        config, shape = log["config"], log["config"]["model"]
        cells.append([
            name, f"{log['parameters']:,}",
            f"{shape['dim']} x {shape['layers']}, {shape['heads']} heads, ff {shape['ff']}",
            f"{config['steps']:,}", f"{log['tokens']:,}", f"{config['learning_rate']:g}",
            f"{config['init_seed']} / {config['text_seed']}", f"{log['seconds'] / 60:.0f} min",
        ])
    return table(
        ["base", "parameters", "width x layers", "steps", "tokens", "rate", "seeds (init / text)",
         "one core"], cells,
    )


def file_table(files: dict) -> str:
    cells = [
        [f"`{n}`", CONTENTS[n], f"{f['bytes']:,}", f"`{f['sha256']}`"] for n, f in files.items()
    ]
    return table(["file", "what it is", "bytes", "sha256"], cells)


def sampling_name(row: dict) -> str:
    if row["temperature"] == 0:
        return "greedy"
    return f"temperature {row['temperature']:g}" + (f", min-p {row['min_p']:g}" if row["min_p"] else "")


def manners_table(rows: list[dict]) -> str:
    names = list(rows[0]["means"])
    cells = [
        [f"{row['alpha']:g}", sampling_name(row), row["request"] or "(none)",
         f"{row['fact']:.3f}", f"{row['true']:.3f}",
         *(f"{row['means'][n]:.2f} ± {row['spreads'][n]:.2f}" for n in names)]
        for row in rows
    ]
    return table(["alpha", "sampling", "system message", "fact", "true", *names], cells)


def styled_validation_table(validation: dict[str, dict]) -> str:
    """Facts right, and the mean of the attribute requested, for each setting."""
    requests = list(next(iter(validation.values())))
    names = list(next(iter(validation.values()))[""]["means"])
    wanted = dict(zip(requests[1:], names, strict=True))
    cells = [
        [label, *(
            f"{scores[r]['fact']:.3f}" + (f" / {scores[r]['means'][wanted[r]]:.2f}" if r else "")
            for r in requests
        )]
        for label, scores in validation.items()
    ]
    return table(["fact / attribute", *(r or "(none)" for r in requests)], cells)


def accuracy_table(accuracy: dict[str, dict[str, float]]) -> str:
    names = list(accuracy["reward"])
    cells = [
        [model, *(f"{right[n]:.3f}" if n in right else "" for n in names)]
        for model, right in accuracy.items()
    ]
    return table(["pairs told apart", *names], cells)


def guidance_table(rows: list[dict]) -> str:
    names = list(rows[0]["means"])
    cells = [
        [row["term"] if row["weight"] else "none", f"{row['weight']:g}", f"{row['fact']:.3f}",
         f"{row['true']:.3f}", *(f"{row['means'][n]:.2f}" for n in names), f"{row['judged']:.2f}"]
        for row in rows
    ]
    return table(["term", "weight", "fact", "true", *names, "judged cheerful"], cells)


def correlation_table(evaluation: dict) -> str:
    parts, names = evaluation["parts"], list(evaluation["reward_and_judge"])
    cells = [
        [f"reward after {part:.0%} of the answer; the truth of the finished one",
         *(f"{evaluation['reward_and_truth'][n][i]:.3f}" for n in names)]
        for i, part in enumerate(parts)
    ]
    judged = ["reward; judge, of finished answers", *(f"{evaluation['reward_and_judge'][n]:.3f}" for n in names)]
    return table(["correlation", *names], [*cells, judged])


def rewards_table(rewards: dict[str, dict]) -> str:
    columns = ("learning_rate", "steps", "batch", "seed")
    cells = [[name, *(f"{config[c]:g}" for c in columns)] for name, config in rewards.items()]
    return table(["model", "rate", "steps", "batch", "seed"], cells)


def manners_of(manners: dict) -> dict[str, str]:
    """The parts of the card about manners and rewards."""
    evaluation, expert = manners["evaluation"], manners["expert"]
    return {
        "manners": manners_table(manners["heldout"]),
        "styled_validation": styled_validation_table(manners["validation"]),
        "styled_rate": f"{expert['learning_rate']:g}",
        "styled_steps": f"{expert['steps']:,}",
        "styled_batch": str(expert["batch"]),
        "styled_alpha": f"{manners['alpha']:g}",
        "styled_seed": str(expert["chats_seed"]),
        "guidance": guidance_table(manners["guidance"]),
        "twins": ", ".join(f"{n} {a:.3f}" for n, a in evaluation["twin_accuracy"].items()),
        "rewards": rewards_table(manners["rewards"]),
        "accuracy": accuracy_table(evaluation["accuracy"]),
        "correlations": correlation_table(evaluation),
        "reward_pairs": f"{evaluation['pairs']:,}",
        "next_prefixes": f"{manners['next_prefixes']:,}",
        "auto_slope": f"{manners['auto_slope']:g}",
        "label_noise": f"{manners['label_noise']:.0%}",
        "manner_seeds": ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in manners["seeds"].items()),
    }


def reading(rows: list[dict], alpha: float) -> dict[str, str]:
    """The figures that the card's prose quotes."""

    def row(what: str, **wanted: object) -> dict:
        return next(
            r for r in rows
            if r["what"] == what and "prompts" not in r and wanted.items() <= r.items()
        )

    composed = row("composed", alpha=alpha, plausibility=0.0)
    direct, base = row("large tuned directly"), row("large base")
    return {
        "composed_both": f"{composed['both']:.3f}",
        "direct_both": f"{direct['both']:.3f}",
        "expert_both": f"{row('small expert alone')['both']:.3f}",
        "base_both": f"{base['both']:.3f}",
        "base_fact": f"{base['fact']:.3f}",
        "composed_loss": f"{composed['generic_loss']:.2f}",
        "direct_loss": f"{direct['generic_loss']:.2f}",
        "base_loss": f"{base['generic_loss']:.2f}",
    }


def render_card(report: dict) -> str:
    template = (CARD_PATH.parent.parent / "training" / "card-template.md").read_text()
    people, tuning = report["people"], report["tuning"]
    return template.format(
        files=file_table(report["files"]),
        models=model_table(report["pretraining"]),
        history=history_table(report["pretraining"]),
        validation=validation_table(report["validation"]),
        evaluation=evaluation_table(report["heldout"]),
        mixture=table(
            ["kind", "share of documents"],
            [[kind.replace("_", " "), f"{share:g}"] for kind, share in report["mixture"].items()],
        ),
        people=people["people"], asked=people["asked"], tune=people["tune"],
        validation_people=people["validation"], heldout=people["heldout"],
        questions=5 * people["heldout"],
        label_smoothing=report["label_smoothing"],
        seeds=", ".join(f"{k.replace('_', ' ')} {v}" for k, v in report["seeds"].items()),
        expert_rate=f"{tuning['expert']['learning_rate']:g}",
        direct_rate=f"{tuning['direct']['learning_rate']:g}",
        alpha=f"{report['chosen_alpha']:g}",
        max_new_tokens=report["max_new_tokens"],
        epochs=tuning["expert"]["epochs"], batch=tuning["expert"]["batch"],
        **report["system_messages"],
        **reading(report["heldout"], report["chosen_alpha"]),
        **manners_of(report["manners"]),
        python=report["software"]["python"], torch=report["software"]["torch"],
    )


if __name__ == "__main__":
    CARD_PATH.write_text(render_card(json.loads(REPORT_PATH.read_text())))
    print(f"wrote {CARD_PATH.name}")
