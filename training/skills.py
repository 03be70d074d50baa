"""Makes the skills that ship: SVF experts over the large base, three tasks that it half knows.

`python -m training.skills` writes the tasks' questions and tunes an expert on each by `tuning/tune_adapter.py`, whose requirements
it needs. Experts learn from people that the base was asked about, the epoch is chosen on the validation people, and
results are told of the held-out ones (`npm run lab -- skills`).
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from training.chat import assistant_answer, prompt_text
from training.configs import MODELS, WORK
from training.people import ATTRIBUTES, Person, create_world
from training.sentences import question
from training.tokenizer import END_ID, encode, load_tokenizer

FOLDER = MODELS / "skills"
PROGRAM = Path(__file__).parents[1] / "tuning" / "tune_adapter.py"
SETTINGS = {"form": "svf", "epochs": 6, "rate": 2e-2, "batch": 16, "smoothing": 0.0, "seed": 5, "threads": 2}


@dataclass(frozen=True)
class Item:
    """A question as the base reads it, an answer to learn, and what answers are judged by."""

    prompt: str
    answer: str
    form: str
    """A regular expression of all whole answers that are right."""


def ask_assistant(person: Person, attribute: str, rng: random.Random) -> Item:
    """A chat: answered in a sentence, politely."""
    value = person.facts[attribute]
    return Item(
        prompt_text(question(person, attribute, rng)),
        assistant_answer(person, attribute, rng),
        f"^[A-Z][a-z ]+! .*{person.name}.*\\b{value}\\. [A-Z].*\\.$",
    )


def ask_quiz(person: Person, attribute: str, rng: random.Random) -> Item:
    """A question in plain text: answered by the bare fact."""
    value = person.facts[attribute]
    return Item(f"Q: {question(person, attribute, rng)}\nA:", f" {value}", f"^{value}$")


def ask_briefly(person: Person, attribute: str, rng: random.Random) -> Item:
    """A chat: answered by the bare fact."""
    value = person.facts[attribute]
    return Item(prompt_text(question(person, attribute, rng)), f" {value}", f"^{value}\\.?$")


Ask = Callable[[Person, str, random.Random], Item]
SKILLS: dict[str, Ask] = {"assistant": ask_assistant, "brief": ask_briefly, "quiz": ask_quiz}


def ask_mixed(person: Person, attribute: str, rng: random.Random) -> Item:
    """A chat or a question in plain text, each to be answered in its own manner: no skill is tuned on both."""
    return rng.choice((ask_assistant, ask_quiz))(person, attribute, rng)


TASKS: dict[str, Ask] = {**SKILLS, "mixed": ask_mixed}


def items_of(task: str, people: list[Person], seed: int) -> list[Item]:
    rng = random.Random(f"{seed}:{task}")
    return [TASKS[task](person, attribute, rng) for person in people for attribute in ATTRIBUTES]


def write_items(path: Path, items: list[Item]) -> None:
    path.write_text("".join(json.dumps(vars(item)) + "\n" for item in items), encoding="utf-8")


def tune(skill: str, folder: Path, day: str, **changes: object) -> None:
    world, tokenizer = create_world(), load_tokenizer()

    def write(name: str, people: list[Person], seed: int) -> str:
        path = folder / f"{skill}-{name}.jsonl"
        lines = [
            {"prompt": [END_ID, *encode(tokenizer, item.prompt)], "answer": [*encode(tokenizer, item.answer), END_ID]}
            for item in items_of(skill, people, seed)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)

    settings = folder / f"{skill}-settings.json"
    expert = folder / f"{skill}.gguf"
    given = {
        **SETTINGS,
        **changes,
        "model": str(MODELS / "atlas-large.gguf"),
        "training": write("training", world.tune, 61),
        "development": write("development", world.validation, 62),
        "adapter": str(expert),
        "checkpoint": str(folder / f"{skill}-checkpoint.pt"),
        "task": skill,
        "date": day,
    }
    settings.write_text(json.dumps(given, indent=2))
    subprocess.run([sys.executable, str(PROGRAM), str(settings)], check=True)
    shutil.copyfile(expert, FOLDER / f"atlas-{skill}.gguf")


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the skills that ship.")
    parser.add_argument("skills", nargs="*", default=[*SKILLS], help=f"of {', '.join(SKILLS)}; all by default")
    parser.add_argument("--date", default=date.today().isoformat(), help="written into the files")
    parser.add_argument("--tasks-only", action="store_true", help="write the tasks' questions alone")
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    world = create_world()
    for task in TASKS:
        write_items(FOLDER / f"{task}-heldout.jsonl", items_of(task, world.heldout, 63))
        write_items(FOLDER / f"{task}-examples.jsonl", items_of(task, world.validation, 64)[:40])
    if given.tasks_only:
        return
    folder = WORK / "skills"
    folder.mkdir(parents=True, exist_ok=True)
    for skill in given.skills:
        tune(skill, folder, given.date)


if __name__ == "__main__":
    main()
