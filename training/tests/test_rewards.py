"""Reward models: the losses by hand, the shared cache, and what the files keep."""

import math
import random
from pathlib import Path

import pytest
import torch

from training.gguf_files import read_gguf, read_heads, write_gguf
from training.judge import preference_loss
from training.model import Decoder, ModelConfig
from training.people import create_world
from training.reward import END_WEIGHT, pad_answers, regression_loss
from training.reward_auto import answer_logprobs
from training.reward_model import RewardModel, load_reward_model, save_reward_model
from training.reward_next import all_next_values, taken_loss, untied, vocabulary_loss
from training.rewarded import RewardedAnswer, ask, guiding_side, judging_side, rewarded_pair
from training.tokenizer import END_ID, train_tokenizer

WORLD = create_world()
TINY = ModelConfig(dim=64, layers=2, heads=2, ff=32, vocab_size=1280, context=64)
ANSWERS = [
    RewardedAnswer((0, 5, 6), (7, 8, END_ID), {"cheerful": 0.5, "brief": 1.0}),
    RewardedAnswer((0, 5), (9, END_ID), {"cheerful": 0.25, "brief": 0.0}),
]


def tiny(seed: int = 0) -> RewardModel:
    torch.manual_seed(seed)
    model = RewardModel(Decoder(TINY), ("cheerful", "brief")).eval()
    with torch.no_grad():
        model.weight.normal_()
        model.bias.normal_()
    return model


def test_weights_begin_at_the_end_of_the_prompt() -> None:
    ids, weights = pad_answers(ANSWERS)
    assert ids.tolist() == [[0, 5, 6, 7, 8, 0], [0, 5, 9, 0, 0, 0]]
    assert weights.tolist() == [[0, 0, 1, 1, 1, END_WEIGHT], [0, 1, 1, END_WEIGHT, 0, 0]]


@torch.no_grad()
def test_regression_loss_of_a_constant_model() -> None:
    model = tiny()
    model.weight.zero_()
    model.bias.copy_(torch.tensor([0.5, 0.5]))
    first, second = (0 + 0.25) / 2, (0.0625 + 0.25) / 2
    expected = (first * (3 + END_WEIGHT) + second * (2 + END_WEIGHT)) / (5 + 2 * END_WEIGHT)
    assert regression_loss(model, ANSWERS).item() == pytest.approx(expected)


def test_preference_loss_ignores_ties() -> None:
    gaps = torch.tensor([[1.0, 3.0], [-2.0, 0.0]])
    preferences = torch.tensor([[1.0, 0.0], [1.0, -1.0]])
    expected = (math.log1p(math.exp(-1)) + math.log1p(math.exp(2)) + math.log(2)) / 3
    assert preference_loss(gaps, preferences).item() == pytest.approx(expected)


@torch.no_grad()
def test_all_next_values_are_those_of_whole_forwards() -> None:
    model, prefix = tiny(), (0, 5, 6)
    values = all_next_values(model, prefix, head=1)
    for token in (0, 17, 1279):
        alone = model(torch.tensor([[*prefix, token]]))[0, -1, 1]
        assert values[token].item() == pytest.approx(alone.item(), abs=1e-4)


@torch.no_grad()
def test_one_call_losses_read_the_rows_of_the_next_tokens() -> None:
    model = untied(tiny().decoder, torch.zeros(64)).eval()
    logits = model(torch.tensor([[0, 5, 6, 7, 8, 0]]))[0]
    errors = [(logits[i, v] - 0.5) ** 2 for i, v in ((2, 7), (3, 8), (4, END_ID))]
    expected = (errors[0] + errors[1] + END_WEIGHT * errors[2]) / (2 + END_WEIGHT)
    assert taken_loss(model, ANSWERS[:1]).item() == pytest.approx(expected.item(), rel=1e-4)
    values = logits[[1, 4]] + 0.5
    prefixes = [(0, 5), (0, 5, 6, 7, 8)]
    assert vocabulary_loss(model, prefixes, values).item() == pytest.approx(0.25, rel=1e-3)


@torch.no_grad()
def test_answer_logprobs_count_the_answer_alone() -> None:
    model = tiny().decoder
    logprobs = model(torch.tensor([[0, 5, 9, 0]]))[0].log_softmax(-1)
    expected = logprobs[1, 9] + logprobs[2, END_ID]
    assert answer_logprobs(model, ANSWERS)[1].item() == pytest.approx(expected.item(), rel=1e-4)


def test_sides_share_neither_people_nor_wordings_nor_samples() -> None:
    samples = [[i] for i in range(10)]
    guiding, judging = guiding_side(WORLD, samples), judging_side(WORLD, samples)
    assert not {p.name for p in guiding.people} & {p.name for p in judging.people}
    assert not set(guiding.wordings) & set(judging.wordings)
    assert not set(guiding.samples) & set(judging.samples)


def test_pairs_answer_one_question_and_end() -> None:
    tokenizer, rng = train_tokenizer(WORLD), random.Random(5)
    side = guiding_side(WORLD, [[10, 11]])
    for _ in range(50):
        first, second = rewarded_pair(WORLD, side, tokenizer, rng)
        assert first.prompt == second.prompt
        assert first.answer[-1] == second.answer[-1] == END_ID
        assert END_ID not in first.answer[:-1]
    assert ask(WORLD, side, tokenizer, rng).prompt[0] == END_ID


@torch.no_grad()
def test_checkpoint_keeps_the_heads(tmp_path: Path) -> None:
    model, ids = tiny(), torch.tensor([[0, 5, 6]])
    save_reward_model(tmp_path / "a.pt", model)
    assert torch.equal(load_reward_model(tmp_path / "a.pt")(ids), model(ids))


@torch.no_grad()
def test_file_keeps_heads_and_output_rows(tmp_path: Path) -> None:
    model, tokenizer = tiny(), train_tokenizer(WORLD)
    write_gguf(tmp_path / "a.gguf", model.decoder, tokenizer, "Test", "A test.", model.heads)
    heads = read_heads(tmp_path / "a.gguf")
    assert heads.names == model.names
    assert torch.equal(heads.weight, model.weight)
    assert torch.equal(heads.bias, model.bias)
    one_call = untied(model.decoder, torch.zeros(64)).eval()
    write_gguf(tmp_path / "b.gguf", one_call, tokenizer, "Test", "A test.")
    read = read_gguf(tmp_path / "b.gguf")
    assert not read.config.tied
    assert torch.allclose(read.output.weight, one_call.output.weight, atol=1e-3)
