"""Tunes a candidate."""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.checkpoint import load_checkpoint, save_checkpoint
from training.evidence.configs import (
    EVIDENCE_WORK, LORA_ALPHA, LORA_RANK, LORA_SEED, Candidate,
)
from training.evidence.lora import Adapter, attach, merge
from training.evidence.regimes import tuning_people
from training.evidence.worlds import world_of
from training.model import Decoder
from training.pretrain import base_path
from training.tune import Chat, fit_chats, tuning_chats


def candidate_path(candidate: Candidate) -> Path:
    return EVIDENCE_WORK / f"{candidate.name}.pt"


def train(candidate: Candidate, tokenizer: Tokenizer) -> Decoder:
    """The stored model if this tuning was done before. An adapter is merged into its matrices."""
    path = candidate_path(candidate)
    if path.exists():
        return load_checkpoint(path)[0]
    model, _ = load_checkpoint(base_path(candidate.tuning.base))
    people = tuning_people(world_of(candidate.world), candidate.regime)
    chats = tuning_chats(people, tokenizer)
    print(candidate.name, flush=True)
    if candidate.kind == "lora":
        save_checkpoint(path, model, adapter=fit_adapter(model, candidate, chats))
    else:
        fit_chats(model, candidate.tuning, chats)
        save_checkpoint(path, model)
    return model


def fit_adapter(model: Decoder, candidate: Candidate, chats: list[Chat]) -> Adapter:
    """Merges it into the model and returns it."""
    adapters = attach(model, LORA_RANK, LORA_ALPHA, LORA_SEED)
    fit_chats(model, candidate.tuning, chats)
    merge(model)
    return {name: adapter.state_dict() for name, adapter in adapters.items()}


def load_adapter(candidate: Candidate) -> Adapter:
    """Of a candidate that was trained."""
    return torch.load(candidate_path(candidate), weights_only=True)["adapter"]
