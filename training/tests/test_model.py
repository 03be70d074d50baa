"""Model arithmetic: causality, the cache, RoPE and its row order, and resumed training."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from training import pretrain as pretraining
from training.checkpoint import load_checkpoint
from training.configs import SMALL
from training.decode import Formula, greedy, greedy_batch
from training.gguf_files import deinterleave_rows, interleave_rows
from training.model import Decoder, ModelConfig, rope_tables, rotate

TINY = ModelConfig(dim=64, layers=2, heads=2, ff=32, vocab_size=96, context=64)


def tiny(seed: int = 0) -> Decoder:
    torch.manual_seed(seed)
    return Decoder(TINY).eval()


def test_dimensions_must_be_multiples_of_32() -> None:
    with pytest.raises(ValueError, match="dim"):
        ModelConfig(dim=48, layers=2, heads=2, ff=128)


@torch.no_grad()
def test_a_token_does_not_see_later_ones() -> None:
    model, ids = tiny(), torch.arange(12)[None]
    changed = ids.clone()
    changed[0, 8:] = 90
    assert torch.allclose(model(ids)[:, :8], model(changed)[:, :8], atol=1e-5)


@torch.no_grad()
def test_cached_logits_equal_uncached_ones() -> None:
    model, ids = tiny(), torch.arange(10)[None]
    cache = model.new_cache()
    steps = [model(ids[:, :4], cache)] + [model(ids[:, i : i + 1], cache) for i in range(4, 10)]
    assert torch.allclose(torch.cat(steps, 1), model(ids), atol=1e-5)


def test_interleaving_is_undone() -> None:
    weight = np.arange(64 * 3, dtype=np.float32).reshape(64, 3)
    assert np.array_equal(deinterleave_rows(interleave_rows(weight, 2), 2), weight)


def test_interleaved_rows_with_neighbour_rotation_give_the_same_scores() -> None:
    """llama.cpp rotates coordinates (2i, 2i + 1): q.k must not change by it."""
    head_dim, length = 32, 5
    cos, sin = rope_tables(head_dim, length)
    rng = np.random.default_rng(0)
    wq, wk, x = (rng.normal(size=s).astype(np.float32) for s in ((32, 8), (32, 8), (length, 8)))

    def by_neighbours(v: torch.Tensor) -> torch.Tensor:
        c, s = cos[:, : head_dim // 2], sin[:, : head_dim // 2]
        even, odd = v[:, 0::2], v[:, 1::2]
        return torch.stack([even * c - odd * s, even * s + odd * c], -1).flatten(1)

    ours = [rotate(torch.tensor(x @ w.T), cos, sin) for w in (wq, wk)]
    theirs = [by_neighbours(torch.tensor(x @ interleave_rows(w, 1).T)) for w in (wq, wk)]
    assert torch.allclose(ours[0] @ ours[1].T, theirs[0] @ theirs[1].T, atol=1e-4)


@torch.no_grad()
def test_alpha_zero_is_the_base_and_equal_twins_change_nothing() -> None:
    base, expert, twin = tiny(0), tiny(1), tiny(2)
    prompts = [[0, 5, 6], [0, 7], [0, 9, 11]]
    alone = greedy(Formula(base), prompts, limit=8)
    assert greedy(Formula(base, expert, twin, alpha=0.0), prompts, limit=8) == alone
    assert greedy(Formula(base, expert, expert, alpha=1.0), prompts, limit=8) == alone


@torch.no_grad()
def test_formula_is_the_sum_of_its_terms() -> None:
    base, expert, twin, ids = tiny(0), tiny(1), tiny(2), torch.tensor([[0, 3, 4]])
    expected = base(ids) + 0.7 * (expert(ids) - twin(ids))
    assert torch.allclose(Formula(base, expert, twin, 0.7).logits(ids), expected)


def test_margin_is_the_gap_of_the_best_two() -> None:
    base, ids = tiny(), torch.tensor([[0, 3, 4]])
    best = base(ids)[0, -1].topk(2).values
    (output,) = greedy_batch(Formula(base), ids, limit=1)
    assert output.margins[0] == pytest.approx((best[0] - best[1]).item(), abs=1e-5)


def test_resumed_training_equals_uninterrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(SMALL, steps=4, batch=2, length=32, checkpoint_every=2)

    def train(name: str, *step_limits: int) -> dict[str, torch.Tensor]:
        path = tmp_path / f"{name}.pt"
        monkeypatch.setattr(pretraining, "base_path", lambda _: path)
        for limit in step_limits:
            pretraining.pretrain(config, stop_after=limit)
        return load_checkpoint(path)[1]["weights"]

    whole, parts = train("whole", 4), train("parts", 2, 4)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
