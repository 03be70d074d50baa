"""Tuning inside a composition, against a loss written out by hand."""

import torch
from torch.nn import functional as F

from training.configs import TuneConfig
from training.decode import Formula
from training.evidence.composed import composed_loss, steered_chats
from training.model import Decoder, ModelConfig
from training.tune import Chat, fit_chats

CONFIG = ModelConfig(dim=32, layers=1, heads=1, ff=32, vocab_size=32)
CHATS = [Chat([0, 5, 6], [7, 8, 0]), Chat([0, 9], [3, 0])]


def models() -> list[Decoder]:
    torch.manual_seed(3)
    return [Decoder(CONFIG).eval() for _ in range(3)]


def test_the_loss_is_that_of_the_composition() -> None:
    large, small, expert = models()
    by_hand = []
    for chat in CHATS:
        tokens = torch.tensor([chat.prompt + chat.answer])
        logits = Formula(large, expert, small, alpha=1.0).logits(tokens)[0]
        by_hand.append(logits[len(chat.prompt) - 1 : -1])
    targets = torch.tensor([token for chat in CHATS for token in chat.answer])
    expected = F.cross_entropy(torch.cat(by_hand), targets, label_smoothing=0.15)
    loss = composed_loss(0.15)(expert, steered_chats(large, small, CHATS))
    assert torch.allclose(loss, expected, atol=1e-5)


def test_only_the_expert_changes_and_the_composition_learns() -> None:
    large, small, expert = models()
    frozen = [p.clone() for m in (large, small) for p in m.parameters()]
    chats = steered_chats(large, small, CHATS)
    loss = composed_loss(0.0)
    before = loss(expert, chats).item()
    fit_chats(expert, TuneConfig("tiny", 1e-2, epochs=30, batch=2), chats, loss)
    assert loss(expert, chats).item() < before / 4
    after = [p for m in (large, small) for p in m.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(frozen, after, strict=True))
