"""Trains, chooses, exports and measures all of one world: `python -m training.evidence.train`.

Resumes from what it finished before. The world's bases must be trained.
"""

import argparse

import torch

from training.evidence.card import write_card
from training.evidence.choose import Choice, choose
from training.evidence.export import export
from training.evidence.regimes import REGIMES, Regime
from training.evidence.report import write_log
from training.evidence.worlds import WORLDS, bases
from training.report import pretraining_log
from training.tokenizer import load_tokenizer


def compare(world: int) -> None:
    """Raises `RuntimeError` if a base of the world is not trained to its end."""
    for config in bases(world):
        pretraining_log(config.name)
    tokenizer = load_tokenizer()
    choices: dict[Regime, Choice] = {
        regime: choose(world, regime, tokenizer) for regime in REGIMES
    }
    export(world, list(choices.values()), tokenizer)
    write_log(world, choices, tokenizer)
    write_card()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", type=int, choices=sorted(WORLDS), default=1)
    torch.set_num_threads(1)
    compare(parser.parse_args().world)
