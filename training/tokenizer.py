"""Byte-level BPE of 1,280 tokens with GPT-2's pre-tokenisation, as llama.cpp's `gpt-2` has it."""

import json
import re
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training.chat import SPECIAL_TOKENS
from training.documents import document
from training.people import World, create_world

VOCAB_SIZE = 1280
END_ID, USER_ID, ASSISTANT_ID = range(3)
TOKENIZER_PATH = Path(__file__).parent / "work" / "tokenizer.json"
TEXT_SEED = 99
DOCUMENT_COUNT = 8000


def train_tokenizer(world: World) -> Tokenizer:
    """Merges are learned from ordinary text; the special tokens come first, as ids 0, 1, 2."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    marks = re.compile("|".join(re.escape(mark) for mark in SPECIAL_TOKENS))
    texts = (document(world, TEXT_SEED, i) for i in range(DOCUMENT_COUNT))
    pieces = (piece for text in texts for piece in marks.split(text) if piece)
    tokenizer.train_from_iterator(pieces, trainer)
    return tokenizer


def load_tokenizer(path: Path = TOKENIZER_PATH) -> Tokenizer:
    """The trained tokenizer, trained and saved first if there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        train_tokenizer(create_world()).save(str(path))
    return Tokenizer.from_file(str(path))


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text).ids


def decode(tokenizer: Tokenizer, ids: list[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=False)


def vocabulary(tokenizer: Tokenizer) -> list[str]:
    """Tokens by id, bytes in GPT-2's printable mapping."""
    by_id = {index: token for token, index in tokenizer.get_vocab().items()}
    return [by_id[index] for index in range(len(by_id))]


def merges(tokenizer: Tokenizer) -> list[str]:
    """Merges by rank, as `"left right"`."""
    pairs = json.loads(tokenizer.to_str())["model"]["merges"]
    return [" ".join(pair) if isinstance(pair, list) else pair for pair in pairs]


if __name__ == "__main__":
    print(f"tokenizer: {load_tokenizer().get_vocab_size()} tokens in {TOKENIZER_PATH.name}")
