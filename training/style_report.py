"""Measures the expert of many manners and the reward models on the held-out people, and adds the
results to `models/atlas-training.json`."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import correlation, mean

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training import golden_rewards, judge, reward_auto, reward_next, rewarded
from training.attributes import STYLE_NAMES, style_prompt
from training.chat import prompt_text
from training.choose_styled import REQUESTS, load_styled_choice
from training.configs import JUDGE, REWARD, REWARD_AUTO, REWARD_NEXT, STYLED_ALPHAS, WORK
from training.evaluate import Item, create_items
from training.export import (
    JUDGE_PATH, LARGE_PATH, REWARD_AUTO_PATH, REWARD_NEXT_PATH, REWARD_PATH, SMALL_PATH,
    SMALL_STYLED_PATH, shipped_files,
)
from training.gguf_files import read_gguf, read_heads
from training.judge import last_values
from training.model import Decoder
from training.people import World, create_world
from training.report import REPORT_PATH, file_log
from training.reward import pad_answers
from training.reward_auto import answer_logprobs, twins
from training.reward_model import RewardModel
from training.rewarded import RewardedAnswer, Side, rewarded_pair
from training.sampling import GREEDY, Sampling, Term, answers, composition
from training.style_evaluate import measure_style, score_styles
from training.tokenizer import END_ID, encode, load_tokenizer

UNCUT = Sampling(1.0, seed=91)
CUT = Sampling(1.0, min_p=0.1, seed=92)
SAMPLINGS = (GREEDY, UNCUT, CUT)
GUIDANCE: tuple[tuple[str, dict[Path, int], tuple[float, ...]], ...] = (
    ("reward-next", {REWARD_NEXT_PATH: 1}, (0.0, 4.0, 8.0, 16.0)),
    ("reward-auto", {REWARD_AUTO_PATH: 1}, (0.25, 0.5, 1.0)),
    (
        "reward-auto - small-styled",
        {REWARD_AUTO_PATH: 1, SMALL_STYLED_PATH: -1},
        (-1.0, -0.5, 0.5, 1.0),
    ),
    ("small-styled", {SMALL_STYLED_PATH: 1}, (0.25, 0.5, 1.0)),
)
"""Names, signed models and weights. The last is the control: what the autoregressive model was
before its training, so what merely adding one more model does."""
PAIRS_SEED = 9191
PAIRS = 1000
BATCH = 50
EARLY = (0.25, 0.5, 0.75, 1.0)
"""Parts of an answer read, at which the scalar model is compared with the finished answer."""

Values = Callable[[list[RewardedAnswer]], Tensor]
"""Whole answers to values `[answers, heads]`."""


def kept(name: str, measure: Callable[[], object]) -> object:
    """What `measure` gives, kept in `training/work/`: remove the file to measure again."""
    path = WORK / f"measured-{name}.json"
    if not path.exists():
        path.write_text(json.dumps(measure(), indent=1) + "\n")
    return json.loads(path.read_text())


def read_reward_model(path: Path) -> RewardModel:
    """The model of a file, its weights dequantised."""
    heads = read_heads(path)
    model = RewardModel(read_gguf(path), heads.names)
    with torch.no_grad():
        model.weight.copy_(heads.weight)
        model.bias.copy_(heads.bias)
    return model.eval()


def manner_items(world: World) -> list[Item]:
    """Every second held-out question."""
    return create_items(world.heldout)[::2]


def measure_manners() -> Iterator[dict[str, object]]:
    """Composed answers to the held-out questions, by alpha, sampling and request."""
    world, tokenizer = create_world(), load_tokenizer()
    people = {person.name: person for person in world.heldout}
    items = manner_items(world)
    large, small, styled = (read_gguf(p) for p in (LARGE_PATH, SMALL_PATH, SMALL_STYLED_PATH))
    for alpha in STYLED_ALPHAS:
        for sampling in SAMPLINGS:
            for request in REQUESTS:
                notice = style_prompt(request)
                terms = composition(large, styled, small, alpha, notice)
                score = measure_style(terms, items, people, tokenizer, sampling)
                row = {"alpha": alpha, **asdict(sampling), "request": notice} | asdict(score)
                print(row, flush=True)
                yield row


def measure_guidance() -> Iterator[dict[str, object]]:
    """What the rewards that are models do as terms of the formula, by weight."""
    world, tokenizer = create_world(), load_tokenizer()
    people = {person.name: person for person in world.heldout}
    items = manner_items(world)
    judge_model = read_reward_model(JUDGE_PATH)
    large, small, styled = (read_gguf(p) for p in (LARGE_PATH, SMALL_PATH, SMALL_STYLED_PATH))
    for name, paths, weights in GUIDANCE:
        models = [(sign, read_gguf(path)) for path, sign in paths.items()]
        for weight in weights:
            added = [Term(weight * sign, model) for sign, model in models]
            terms = [*composition(large, styled, small, 1.0), *added]
            questions = [item.question for item in items]
            outputs = answers(terms, questions, tokenizer, CUT)
            score = score_styles(items, people, outputs, tokenizer)
            row = {"term": name, "weight": weight} | asdict(score)
            row["judged"] = judged_cheerfulness(judge_model, questions, outputs, tokenizer)
            print(row, flush=True)
            yield row


def judged_cheerfulness(
    model: RewardModel, questions: list[str], outputs: list[list[int]], tokenizer: Tokenizer
) -> float:
    """The judge's mean value of the answers."""
    batch = [
        RewardedAnswer(
            (END_ID, *encode(tokenizer, prompt_text(question))),
            (*(i for i in output if i != END_ID), END_ID),
            {},
        )
        for question, output in zip(questions, outputs, strict=True)
    ]
    values = in_batches(lambda part: last_values(model, part), batch)
    return round(values[:, model.names.index("cheerful")].mean().item(), 3)


def heldout_side(world: World, tokenizer: Tokenizer) -> Side:
    """Held-out people, every wording, and answers sampled about them."""
    large, small, styled = (read_gguf(p) for p in (LARGE_PATH, SMALL_PATH, SMALL_STYLED_PATH))
    questions = [item.question for item in manner_items(world)]
    outputs = answers(
        composition(large, styled, small, 1.0), questions, tokenizer, UNCUT
    )
    samples = tuple(tuple(i for i in output if i != END_ID) for output in outputs)
    return Side(world.heldout, (0, 1, 2), tuple(sample for sample in samples if sample))


def whole_values() -> dict[str, tuple[tuple[str, ...], Values]]:
    """For each model its heads, and how it values whole answers."""
    reward, judge_model = read_reward_model(REWARD_PATH), read_reward_model(JUDGE_PATH)
    one_call, auto = read_gguf(REWARD_NEXT_PATH), read_gguf(REWARD_AUTO_PATH)
    return {
        "reward": (STYLE_NAMES, lambda batch: last_values(reward, batch)),
        "reward-next": (("cheerful",), lambda batch: end_values(one_call, batch)[:, None]),
        "reward-auto": (("cheerful",), lambda batch: answer_logprobs(auto, batch)[:, None]),
        "judge": (STYLE_NAMES, lambda batch: last_values(judge_model, batch)),
    }


def end_values(one_call: Decoder, batch: list[RewardedAnswer]) -> Tensor:
    """The one-call model's value of `<|end|>` after each answer, `[answers]`."""
    ids, _ = pad_answers(batch)
    before = torch.tensor([len(a.prompt) + len(a.answer) - 2 for a in batch])
    return one_call(ids)[torch.arange(len(batch)), before, END_ID]


@torch.no_grad()
def in_batches(values: Values, batch: list[RewardedAnswer]) -> Tensor:
    return torch.cat([values(batch[i : i + BATCH]) for i in range(0, len(batch), BATCH)])


def truth_of(batch: list[RewardedAnswer], name: str) -> list[float]:
    return [answer.values[name] for answer in batch]


def pair_accuracy(first: list[float], second: list[float], truth: list[float]) -> float:
    """Share of the pairs without a tie in truth whose better answer has the higher value."""
    right = [
        (a - b) * gap > 0 for a, b, gap in zip(first, second, truth, strict=True) if gap != 0
    ]
    return round(mean(right), 3)


def accuracies(
    names: tuple[str, ...], values: Values, pairs: list[tuple[RewardedAnswer, RewardedAnswer]]
) -> dict[str, float]:
    firsts, seconds = ([pair[i] for pair in pairs] for i in (0, 1))
    a, b = in_batches(values, firsts), in_batches(values, seconds)
    result = {}
    for i, name in enumerate(names):
        truths = zip(truth_of(firsts, name), truth_of(seconds, name), strict=True)
        gaps = [round(x - y, 6) for x, y in truths]
        if any(gaps):
            result[name] = pair_accuracy(a[:, i].tolist(), b[:, i].tolist(), gaps)
    return result


def early_correlations(reward: RewardModel, batch: list[RewardedAnswer]) -> dict[str, list[float]]:
    """Correlation of the values after each part of `EARLY` with the finished answers' attributes."""

    def read_until(share: float) -> Tensor:
        cut = [
            RewardedAnswer(a.prompt, a.answer[: max(1, round(share * len(a.answer)))], a.values)
            for a in batch
        ]
        return in_batches(lambda part: last_values(reward, part), cut)

    values = [read_until(share) for share in EARLY]
    return {
        name: [round(correlation(v[:, i].tolist(), truth_of(batch, name)), 3) for v in values]
        for i, name in enumerate(STYLE_NAMES)
    }


def measure_rewards() -> dict[str, object]:
    world, tokenizer = create_world(), load_tokenizer()
    side, rng = heldout_side(world, tokenizer), random.Random(PAIRS_SEED)
    pairs = [rewarded_pair(world, side, tokenizer, rng) for _ in range(PAIRS)]
    twin_pairs = [twins(world, side, tokenizer, rng) for _ in range(PAIRS)]
    firsts, seconds = ([pair[i] for pair in pairs] for i in (0, 1))
    models = whole_values()
    whole = {name: in_batches(values, firsts + seconds) for name, (_, values) in models.items()}
    return {
        "pairs": PAIRS,
        "accuracy": {name: accuracies(*model, pairs) for name, model in models.items()},
        "twin_accuracy": {
            name: accuracies(names, values, twin_pairs)["cheerful"]
            for name, (names, values) in models.items()
        },
        "reward_and_judge": {
            name: round(correlation(*(whole[m][:, i].tolist() for m in ("reward", "judge"))), 3)
            for i, name in enumerate(STYLE_NAMES)
        },
        "parts": EARLY,
        "reward_and_truth": early_correlations(read_reward_model(REWARD_PATH), firsts + seconds),
    }


def add_to_report() -> None:
    report = json.loads(REPORT_PATH.read_text())
    choice = load_styled_choice()
    report["manners"] = {
        "seeds": {
            "samples": rewarded.SAMPLES_SEED,
            "heldout_samples": UNCUT.seed,
            "heldout_pairs": PAIRS_SEED,
            "guided_answers": CUT.seed,
            "golden_rewards": golden_rewards.GOLDEN_REWARDS_SEED,
        },
        "expert": asdict(choice.styled),
        "alpha": choice.alpha,
        "validation": choice.validation,
        "heldout": kept("manners", lambda: list(measure_manners())),
        "guidance": kept("guidance", lambda: list(measure_guidance())),
        "rewards": {config.name: asdict(config) for config in (REWARD, REWARD_NEXT, REWARD_AUTO, JUDGE)},
        "next_prefixes": reward_next.PREFIXES,
        "auto_slope": reward_auto.SLOPE,
        "label_noise": judge.LABEL_NOISE,
        "evaluation": kept("rewards", measure_rewards),
    }
    report["files"] = {path.name: file_log(path) for path in shipped_files()}
    REPORT_PATH.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    add_to_report()
