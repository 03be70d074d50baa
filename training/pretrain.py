"""Pretrains a base model: `python -m training.pretrain large`. Resumes from its checkpoint."""

import argparse
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from training.checkpoint import load_checkpoint, save_checkpoint
from training.cloze import cloze_accuracy
from training.configs import LABEL_SMOOTHING, PRETRAIN, WORK, PretrainConfig
from training.corpus import PackedText
from training.model import Decoder, parameter_count
from training.people import create_world
from training.tokenizer import load_tokenizer

PROBES = 12
"""Times during a training that the cloze accuracy is measured."""


def base_path(name: str) -> Path:
    return WORK / f"{name}.pt"


def learning_rate_at(step: int, config: PretrainConfig) -> float:
    """Warm-up, a plateau, then a linear fall to 2 % over the last `decay_share` of the steps."""
    left = (config.steps - step) / (config.steps * config.decay_share)
    return config.learning_rate * min(1.0, (step + 1) / config.warmup, max(0.02, left))


def create_optimizer(model: Decoder, config: PretrainConfig) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.dim() > 1]
    gains = [p for p in model.parameters() if p.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": gains, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.97))


def train_step(
    model: Decoder, optimizer: torch.optim.AdamW, text: PackedText, step: int, config: PretrainConfig
) -> float:
    """One update; returns the smoothed-label loss in nats a token."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate_at(step, config)
    inputs, targets = text.batch(config.batch, config.length)
    logits = model(inputs)
    loss = F.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), label_smoothing=LABEL_SMOOTHING
    )
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def pretrain(config: PretrainConfig, stop_after: int | None = None) -> None:
    """Trains to `config.steps` (or interrupts after `stop_after`), from the last checkpoint on."""
    path = base_path(config.name)
    world, tokenizer = create_world(config.world_seed), load_tokenizer()
    text = PackedText(world, tokenizer, config.text_seed)
    torch.manual_seed(config.init_seed)
    model = Decoder(config.model)
    optimizer = create_optimizer(model, config)
    history: list[dict[str, float]] = []
    step, seconds = 0, 0.0
    if path.exists():
        model, stored = load_checkpoint(path)
        optimizer = create_optimizer(model, config)
        optimizer.load_state_dict(stored["optimizer"])
        text.restore(stored["text"])
        step, seconds, history = stored["step"], stored["seconds"], stored["history"]
    print(f"{config.name}: {parameter_count(model)} parameters, step {step}/{config.steps}", flush=True)

    probe_every = max(50, config.steps // PROBES)
    losses: list[float] = []
    started = time.monotonic() - seconds
    while step < min(config.steps, stop_after or config.steps):
        model.train()
        losses.append(train_step(model, optimizer, text, step, config))
        step += 1
        if step % 50 == 0:
            recent, losses = sum(losses) / len(losses), []
            seconds = time.monotonic() - started
            print(f"{config.name} step {step} loss {recent:.4f} seconds {seconds:.0f}", flush=True)
            if step % probe_every < 50 or step == config.steps:
                model.eval()
                cloze = cloze_accuracy(model, tokenizer, world.validation)
                history.append({"step": step, "loss": round(recent, 4), "cloze": round(cloze, 4)})
                print(f"{config.name} step {step} cloze (validation people) {cloze:.3f}", flush=True)
        if step % config.checkpoint_every == 0 or step == config.steps:
            save_checkpoint(
                path, model, optimizer=optimizer.state_dict(), text=text.state(),
                step=step, seconds=time.monotonic() - started, history=history,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(PRETRAIN))
    torch.set_num_threads(1)
    pretrain(PRETRAIN[parser.parse_args().name])
