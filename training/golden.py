"""Golden values for the engine's tests: ids, logits and greedy continuations in float32."""

import base64
import hashlib
import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.chat import ASSISTANT, USER, assistant_answer, prompt_text, turn
from training.decode import MAX_NEW_TOKENS, Formula, greedy_batch
from training.documents import biography
from training.export import LARGE_PATH, SMALL_CHAT_PATH, SMALL_PATH
from training.gguf_files import read_gguf
from training.model import Decoder
from training.people import ATTRIBUTES, World, create_world
from training.sentences import question
from training.tokenizer import END_ID, decode, encode, load_tokenizer

GOLDEN_PATH = Path(__file__).parent.parent / "test" / "golden" / "atlas.json"
GOLDEN_SEED = 77
GOLDEN_ALPHAS = (0.0, 0.3, 0.5, 0.7, 1.0)
FILES = {"large": LARGE_PATH, "small": SMALL_PATH, "small-chat": SMALL_CHAT_PATH}
FORMAT = (
    "Computed by PyTorch in float32 from each file's weights, Q8_0 dequantised. prompts[].text is "
    "without the leading <|end|> (id 0) that the tokenizer adds; prompts[].ids has it. "
    "logits: the last position's, base64 of little-endian float32, one for each token of the "
    "vocabulary. greedy: each model alone; composed: large + alpha * (small-chat - small). Their "
    "ids are the continuation, up to 40 tokens, the final <|end|> included; margins "
    "are the gaps between the best and the second-best logit at each of them, margin is the "
    "smallest: near 0 means a near tie, which other arithmetic may decide otherwise."
)


def golden_prompts(world: World) -> dict[str, str]:
    """Name to text; the people are held out."""
    rng = random.Random(GOLDEN_SEED)
    first, second, third = world.heldout[:3]
    plain = f"Q: {question(second, 'town', rng)}\nA: {second.facts['town']}\n"
    exchanges = "".join(
        turn(USER, question(person, attribute, rng))
        + turn(ASSISTANT, assistant_answer(person, attribute, rng).strip())
        for person, attribute in [*((third, a) for a in ATTRIBUTES), (second, "guild")]
    )
    return {
        "chat-guild": prompt_text(question(first, "guild", rng)),
        "chat-trade": prompt_text(question(second, "trade", rng)),
        "chat-system": prompt_text(question(third, "work", rng), "You are a helpful assistant."),
        "biography": biography(first, rng)[:-1].rsplit(" ", 3)[0],
        "plain-question": f"{plain}Q: {question(second, 'guild', rng)}\nA:",
        "long-chat": exchanges + prompt_text(question(first, "town", rng)),
    }


def continuation(formula: Formula, ids: list[int]) -> dict[str, object]:
    (output,) = greedy_batch(formula, torch.tensor([ids]), MAX_NEW_TOKENS)
    margins = [round(margin, 6) for margin in output.margins]
    return {"ids": output.ids, "margin": min(margins), "margins": margins}


@torch.no_grad()
def last_logits(model: Decoder, ids: list[int]) -> str:
    values = model(torch.tensor([ids]))[0, -1].numpy().astype("<f4")
    return base64.b64encode(values.tobytes()).decode()


def golden_entry(
    name: str, text: str, models: dict[str, Decoder], tokenizer: Tokenizer
) -> dict[str, object]:
    ids = [END_ID, *encode(tokenizer, text)]
    composed = []
    for alpha in GOLDEN_ALPHAS:
        formula = Formula(models["large"], models["small-chat"], models["small"], alpha)
        composed.append({"alpha": alpha, **continuation(formula, ids)})
        print(f"{name} ({len(ids)} tokens) alpha {alpha}:", decode(tokenizer, composed[-1]["ids"]))
    return {
        "name": name,
        "text": text,
        "ids": ids,
        "logits": {key: last_logits(model, ids) for key, model in models.items()},
        "greedy": {key: continuation(Formula(model), ids) for key, model in models.items()},
        "composed": composed,
    }


def write_golden() -> None:
    tokenizer = load_tokenizer()
    models = {key: read_gguf(path) for key, path in FILES.items()}
    golden = {
        "format": FORMAT,
        "models": {
            key: {"file": f"models/{path.name}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            for key, path in FILES.items()
        },
        "prompts": [
            golden_entry(name, text, models, tokenizer)
            for name, text in golden_prompts(create_world()).items()
        ],
    }
    GOLDEN_PATH.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN_PATH.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_golden()
