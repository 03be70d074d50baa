"""Checkpoints: a model with its configuration, and whatever is needed to go on training."""

from dataclasses import asdict
from pathlib import Path

import torch

from training.model import Decoder, ModelConfig


def save_checkpoint(path: Path, model: Decoder, **extra: object) -> None:
    """Writes beside the target and renames, so that a kill leaves the former checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    torch.save({"config": asdict(model.config), "weights": model.state_dict(), **extra}, beside)
    beside.replace(path)


def load_checkpoint(path: Path) -> tuple[Decoder, dict]:
    """The model (in evaluation mode) and the whole stored dictionary."""
    stored = torch.load(path, weights_only=True)
    model = Decoder(ModelConfig(**stored["config"]))
    model.load_state_dict(stored["weights"])
    return model.eval(), stored
