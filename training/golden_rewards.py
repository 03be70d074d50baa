"""Golden values of the reward models and of the attributes, for the library's tests."""

import hashlib
import json
import random
from pathlib import Path

import torch

from training.attributes import STYLE_NAMES, style_prompt, style_values
from training.chat import prompt_text
from training.export import (
    ATTRIBUTES_PATH, JUDGE_PATH, REWARD_AUTO_PATH, REWARD_NEXT_PATH, REWARD_PATH,
)
from training.gguf_files import read_gguf, read_heads
from training.golden import GOLDEN_PATH
from training.manners import requested_answer
from training.model import Decoder
from training.people import ATTRIBUTES, create_world
from training.reward_model import RewardHeads
from training.sentences import question
from training.tokenizer import END_ID, encode, load_tokenizer

REWARDS_PATH = GOLDEN_PATH.parent / "rewards.json"
STYLES_PATH = GOLDEN_PATH.parent / "attributes.json"
GOLDEN_REWARDS_SEED = 78
REQUESTS: tuple[tuple[str, ...], ...] = (
    (), ("cheerful", "brief"), ("formal",), ("brief",), ("formal", "detailed"),
)
POSITIONS = 3
"""Positions of each answer at which the one-call model is asked for its best next tokens."""
BEST = 10
FORMAT = (
    "Computed by PyTorch in float32 from each file's weights, Q8_0 dequantised. prompt and answer "
    "are token ids, the prompt with the leading <|end|> (id 0), the answer with its last. values: "
    "for each token of the answer, the value of each of heads in their order, at the hidden state of "
    "that token. next: best are the ten tokens that the one-call model values highest after "
    "the prompt and the first `length` tokens of the answer, values are theirs, best first. logprobs: "
    "the log-probability, in nats, that the autoregressive model gives each token of the answer."
)
ODD_TEXTS = (
    "",
    "Ashford.",
    "The small fox walked to the river.",
    "Oh! Oh! Hello! Good luck. Good luck. Have a pleasant day.",
    "Well, 1742. That is all.",
    "Certainly! Luna Haltick was born in Ashford. She was born in 1742. She worked as a baker.",
    "She worked as a baker. She worked as a baker.",
)


def model_entry(path: Path) -> dict[str, str]:
    return {"file": f"models/{path.name}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def golden_answers() -> list[tuple[str, str]]:
    """Prompts and answers, as text, in five manners; the people are held out."""
    rng = random.Random(GOLDEN_REWARDS_SEED)
    pairs = []
    for person, attribute, request in zip(
        create_world().heldout[3:], ATTRIBUTES, REQUESTS, strict=False
    ):
        prompt = prompt_text(question(person, attribute, rng), style_prompt(request))
        pairs.append((prompt, requested_answer(person, attribute, request, rng)))
    return pairs


@torch.no_grad()
def answer_values(
    model: Decoder, heads: RewardHeads, prompt: list[int], answer: list[int]
) -> list[list[float]]:
    hidden = model.hidden(torch.tensor([prompt + answer]))[0, len(prompt) :]
    return [[round(v, 6) for v in row] for row in heads.values(hidden).tolist()]


@torch.no_grad()
def best_next(model: Decoder, prompt: list[int], answer: list[int]) -> list[dict[str, object]]:
    values = model(torch.tensor([prompt + answer]))[0, len(prompt) - 1 :]
    entries = []
    for i in range(POSITIONS):
        length = i * (len(answer) - 1) // POSITIONS
        best = values[length].topk(BEST)
        entries.append({
            "length": length,
            "best": best.indices.tolist(),
            "values": [round(v, 6) for v in best.values.tolist()],
        })
    return entries


@torch.no_grad()
def token_logprobs(model: Decoder, prompt: list[int], answer: list[int]) -> list[float]:
    logits = model(torch.tensor([prompt + answer]))[0, len(prompt) - 1 : -1]
    taken = logits.log_softmax(-1)[torch.arange(len(answer)), torch.tensor(answer)]
    return [round(v, 6) for v in taken.tolist()]


def write_golden_rewards() -> None:
    tokenizer = load_tokenizer()
    paths = {
        "reward": REWARD_PATH, "judge": JUDGE_PATH,
        "reward-next": REWARD_NEXT_PATH, "reward-auto": REWARD_AUTO_PATH,
    }
    models = {key: read_gguf(path) for key, path in paths.items()}
    heads = {key: read_heads(paths[key]) for key in ("reward", "judge")}
    cases = []
    for prompt_of, answer_of in golden_answers():
        prompt = [END_ID, *encode(tokenizer, prompt_of)]
        answer = [*encode(tokenizer, answer_of), END_ID]
        cases.append({
            "text": prompt_of + answer_of,
            "prompt": prompt,
            "answer": answer,
            "truth": style_values(answer_of.strip()),
            "values": {
                key: answer_values(models[key], heads[key], prompt, answer) for key in heads
            },
            "next": best_next(models["reward-next"], prompt, answer),
            "logprobs": token_logprobs(models["reward-auto"], prompt, answer),
        })
    golden = {
        "format": FORMAT,
        "models": {key: model_entry(path) for key, path in paths.items()},
        "heads": STYLE_NAMES,
        "cases": cases,
    }
    REWARDS_PATH.write_text(json.dumps(golden) + "\n")


def write_golden_attributes() -> None:
    texts = [*ODD_TEXTS, *(answer.strip() for _, answer in golden_answers())]
    golden = {
        "attributes": model_entry(ATTRIBUTES_PATH),
        "texts": [{"text": text, "values": style_values(text)} for text in texts],
    }
    STYLES_PATH.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_golden_attributes()
    write_golden_rewards()
