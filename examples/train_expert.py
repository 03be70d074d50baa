"""Tunes a small model inside the composition that it will steer.

The loss is that of `base + alpha * (expert - small)`: base and small stay as they are, the expert
learns what the base does not do by itself (inference-time policy adapters, Lu et al. 2023,
arXiv:2305.15065, with a plain loss on answers). `--alone` tunes it by itself, as for proxy-tuning.

    pip install torch transformers
    python train_expert.py --base BIG --small SMALL --data chats.jsonl --output expert

BIG and SMALL are folders or names of models with one vocabulary. A line of the data is
`{"messages": [{"role": "user", "content": ...}, ..., {"role": "assistant", "content": ...}]}`, or
`{"prompt": ..., "answer": ...}` for text without a chat template. Only answers are learned. The
expert's folder is what llama.cpp's `convert_hf_to_gguf.py` makes a GGUF file of.
"""

import argparse
import json
import math
import random
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

IGNORED = -100
Example = tuple[list[int], list[int]]
"""Tokens of the prompt, and of the answer with the end of the turn."""


def chat_texts(line: dict, tokenizer: PreTrainedTokenizerBase) -> tuple[str, str]:
    """The prompt up to the answer, and the answer with what the template puts behind it."""
    messages = line["messages"]
    prompt = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template(messages, tokenize=False)
    if not whole.startswith(prompt):
        raise ValueError("the chat template rewrites earlier turns; give prompt and answer instead")
    return prompt, whole[len(prompt) :]


def read_example(line: dict, tokenizer: PreTrainedTokenizerBase) -> Example:
    if "messages" in line:
        prompt, answer = chat_texts(line, tokenizer)
        return tuple(tokenizer.encode(text, add_special_tokens=False) for text in (prompt, answer))
    answer = tokenizer.encode(line["answer"], add_special_tokens=False)
    return tokenizer.encode(line["prompt"]), [*answer, tokenizer.eos_token_id]


def read_examples(path: Path, tokenizer: PreTrainedTokenizerBase, longest: int) -> list[Example]:
    examples = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            prompt, answer = read_example(json.loads(text), tokenizer)
        except (KeyError, ValueError) as error:
            sys.exit(f"{path}, line {number}: {error!r}")
        if len(prompt) + len(answer) <= longest:
            examples.append((prompt, answer))
        else:
            print(f"line {number} has over {longest} tokens and is left out", file=sys.stderr)
    if not examples:
        sys.exit(f"{path} has no example of at most {longest} tokens")
    return examples


def collate(examples: list[Example], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, attention mask and next-token targets, `[batch, longest]`."""
    longest = max(len(prompt) + len(answer) for prompt, answer in examples)
    inputs = torch.zeros(len(examples), longest, dtype=torch.long)
    mask, targets = torch.zeros_like(inputs), torch.full_like(inputs, IGNORED)
    for row, (prompt, answer) in enumerate(examples):
        end = len(prompt) + len(answer)
        inputs[row, :end] = torch.tensor(prompt + answer)
        mask[row, :end] = 1
        targets[row, len(prompt) - 1 : end - 1] = torch.tensor(answer)
    return inputs.to(device), mask.to(device), targets.to(device)


def answer_logits(model: PreTrainedModel, inputs: Tensor, mask: Tensor, answers: Tensor) -> Tensor:
    """Before each token of the answers, `[tokens, vocab_size]`."""
    return model(input_ids=inputs, attention_mask=mask).logits[answers].float()


def steered_loss(
    expert: PreTrainedModel,
    frozen: tuple[PreTrainedModel, PreTrainedModel] | None,
    batch: tuple[Tensor, Tensor, Tensor],
    alpha: float,
    smoothing: float,
) -> Tensor:
    """Mean nats a token; of the expert by itself without the frozen base and small."""
    inputs, mask, targets = batch
    answers = targets != IGNORED
    logits = answer_logits(expert, inputs, mask, answers)
    if frozen is not None:
        with torch.no_grad():
            base, small = (answer_logits(model, inputs, mask, answers) for model in frozen)
        # Vocabularies may be padded to different sizes; what is padded is no token.
        size = min(part.shape[-1] for part in (base, small, logits))
        logits = base[:, :size] + alpha * (logits[:, :size] - small[:, :size])
    return F.cross_entropy(logits, targets[answers], label_smoothing=smoothing)


def tune(options: argparse.Namespace) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    tokenizer = AutoTokenizer.from_pretrained(options.small)
    if options.base and AutoTokenizer.from_pretrained(options.base).get_vocab() != tokenizer.get_vocab():
        sys.exit(f"{options.base} and {options.small} have different vocabularies")
    examples = read_examples(options.data, tokenizer, options.longest)
    # The expert keeps float32 weights: small updates are lost in half of them.
    expert = AutoModelForCausalLM.from_pretrained(options.small, dtype=torch.float32).to(device)
    frozen = None
    if not options.alone:
        frozen = tuple(
            AutoModelForCausalLM.from_pretrained(name, dtype=dtype).to(device).eval()
            for name in (options.base, options.small)
        )
    optimizer = torch.optim.AdamW(expert.parameters(), betas=(0.9, 0.95), weight_decay=0.0)
    rng = random.Random(options.seed)
    steps = options.epochs * math.ceil(len(examples) / options.batch)
    step = 0
    expert.train()
    half = torch.autocast(device.type, dtype) if device.type == "cuda" else nullcontext()
    for epoch in range(options.epochs):
        rng.shuffle(examples)
        losses = []
        for start in range(0, len(examples), options.batch):
            batch = collate(examples[start : start + options.batch], device)
            with half:
                loss = steered_loss(expert, frozen, batch, options.alpha, options.smoothing)
            for group in optimizer.param_groups:
                group["lr"] = options.rate * min(1.0, (step + 1) / 10) * max(0.05, 1 - step / steps)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(expert.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            step += 1
        print(f"epoch {epoch + 1} of {options.epochs}: loss {sum(losses) / len(losses):.4f}", flush=True)
    expert.save_pretrained(options.output)
    tokenizer.save_pretrained(options.output)
    print(f"wrote {options.output}")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tune a small model to steer a large one.")
    parser.add_argument("--base", help="the large model; not needed with --alone")
    parser.add_argument("--small", required=True, help="the model that becomes the expert")
    parser.add_argument("--data", type=Path, required=True, help="JSONL of chats")
    parser.add_argument("--output", type=Path, required=True, help="folder of the expert")
    parser.add_argument("--alone", action="store_true", help="tune it by itself")
    parser.add_argument("--alpha", type=float, default=1.0, help="strength while tuning (1)")
    parser.add_argument("--smoothing", type=float, default=0.1, help="label smoothing (0.1)")
    parser.add_argument("--rate", type=float, default=2e-5, help="learning rate (2e-5)")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16, help="examples a step (16)")
    parser.add_argument("--longest", type=int, default=1024, help="tokens of an example (1024)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not options.base and not options.alone:
        parser.error("--base is needed, unless the small model is tuned --alone")
    return options


if __name__ == "__main__":
    tune(parse_options())
