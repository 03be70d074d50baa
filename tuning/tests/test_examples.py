"""What a step is made of."""

from pathlib import Path

import pytest
import torch

import examples
from errors import TuningError
from examples import Example, answer_tokens, epoch_steps, micro_batches, read_examples
from support import VOCAB_SIZE, copying, write_lines

CPU = torch.device("cpu")


def test_answers_are_predicted_from_the_token_before() -> None:
    (batch,) = micro_batches([Example([7, 8, 9], [1, 2], 1, 0), Example([5], [6], 2, 2)], CPU)
    assert batch.ids.tolist() == [[7, 8, 9, 1], [5, 0, 0, 0]]
    assert batch.positions.tolist() == [2, 3, 4]
    assert batch.targets.tolist() == [1, 2, 6]
    assert batch.records.tolist() == [0, 1, 2]


def test_micro_batches_hold_every_example_once_and_few_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "MICRO_BATCH_TOKENS", 40)
    given = [Example([1] * n, [n], n, n) for n in (3, 50, 7, 20, 19, 2, 5)]
    batches = micro_batches(given, CPU)
    assert sorted(t for b in batches for t in b.targets.tolist()) == sorted(e.answer[0] for e in given)
    assert all(b.ids.numel() <= 40 or len(b.ids) == 1 for b in batches)


def test_seed_and_epoch_decide_the_order(tmp_path: Path) -> None:
    given = read_examples(write_lines(tmp_path / "a.jsonl", copying(20, 3)), VOCAB_SIZE, 512)
    steps = epoch_steps(given, 8, 0, 1)
    assert [len(step) for step in steps] == [8, 8, 4]
    assert sorted(e.line for step in steps for e in step) == list(range(1, 21))
    assert steps == epoch_steps(given, 8, 0, 1)
    assert steps != epoch_steps(given, 8, 0, 2) and steps != epoch_steps(given, 8, 1, 1)


def test_records_go_on_from_the_file_before(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", copying(4, 3))
    first = read_examples(path, VOCAB_SIZE, 512)
    assert [e.first for e in read_examples(path, VOCAB_SIZE, 512, answer_tokens(first))] == [12, 15, 18, 21]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ('{"prompt": [1]}', "line 2: answer must be an array of at least one token id"),
        ('{"prompt": [], "answer": [1]}', "line 2: prompt must be"),
        ('{"prompt": [1.5], "answer": [1]}', "line 2: prompt must be"),
        ('{"prompt": [1], "answer": [1280]}', "line 2: answer holds the id 1280; the model has 1280 tokens"),
        (
            '{"prompt": [1, 1, 1, 1, 1], "answer": [1, 2, 3, 4, 5]}',
            "line 2: 10 tokens, and the model's context holds 8",
        ),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"prompt": [1], "answer": [2]}\n' + line + "\n")
    with pytest.raises(TuningError, match=message):
        read_examples(path, VOCAB_SIZE, 8)
