"""Tunes a candidate."""

from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.checkpoint import load_checkpoint, save_checkpoint
from training.evidence.composed import composed_loss, steered_chats
from training.evidence.configs import (
    EVIDENCE_WORK, LORA_ALPHA, LORA_RANK, LORA_SEED, Candidate,
)
from training.evidence.lora import Adapter, attach, merge
from training.evidence.regimes import regime_chats
from training.evidence.worlds import bases, world_of
from training.model import Decoder
from training.pretrain import base_path
from training.tune import Chat, chat_loss, fit_chats


def candidate_path(candidate: Candidate) -> Path:
    return EVIDENCE_WORK / f"{candidate.name}.pt"


def train(candidate: Candidate, tokenizer: Tokenizer) -> Decoder:
    """The stored model if this tuning was done before. An adapter is merged into its matrices."""
    path = candidate_path(candidate)
    if path.exists():
        return load_checkpoint(path)[0]
    model, _ = load_checkpoint(base_path(candidate.tuning.base))
    chats = regime_chats(world_of(candidate.world), candidate.regime, tokenizer)
    print(candidate.name, flush=True)
    match candidate.kind:
        case "lora":
            save_checkpoint(path, model, adapter=fit_adapter(model, candidate, chats))
        case "composed-expert":
            fit_in_composition(model, candidate, chats)
            save_checkpoint(path, model)
        case "direct" | "expert":
            fit_plainly(model, candidate, chats)
            save_checkpoint(path, model)
    return model


def fit_plainly(model: Decoder, candidate: Candidate, chats: list[Chat]) -> None:
    loss = partial(chat_loss, label_smoothing=candidate.label_smoothing)
    fit_chats(model, candidate.tuning, chats, loss)


def fit_in_composition(model: Decoder, candidate: Candidate, chats: list[Chat]) -> None:
    large, small = (load_checkpoint(base_path(c.name))[0] for c in bases(candidate.world))
    loss = composed_loss(candidate.label_smoothing)
    fit_chats(model, candidate.tuning, steered_chats(large, small, chats), loss)


def fit_adapter(model: Decoder, candidate: Candidate, chats: list[Chat]) -> Adapter:
    """Merges it into the model and returns it."""
    adapters = attach(model, LORA_RANK, LORA_ALPHA, LORA_SEED)
    fit_plainly(model, candidate, chats)
    merge(model)
    return {name: adapter.state_dict() for name, adapter in adapters.items()}


def load_adapter(candidate: Candidate) -> Adapter:
    """Of a candidate that was trained."""
    return torch.load(candidate_path(candidate), weights_only=True)["adapter"]
