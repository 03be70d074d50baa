"""Tokens of texts by Hugging Face's tokenizers, from the vocabulary, the merges and the scores of a GGUF file.

encode_texts.py FILE < TEXTS: a JSON array of strings gives {"control": [[id…]…], "text": [[id…]…]}, the
spellings of control tokens read as such, and as text.
"""

import json
import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

CONTROL, USER_DEFINED = 3, 4

# As in the tokenizer.json of Qwen2.
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level(field):
    """Byte-level BPE, split as the published tokenizer.json of the family does."""
    tokens = field("tokens")
    merges = [tuple(merge.split(" ")) for merge in field("merges")]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    if field("pre") == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
        split = pre_tokenizers.Split(Regex(QWEN2), "isolated")
        last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    else:
        assert field("pre") == "smollm", field("pre")
        split = pre_tokenizers.Digits(individual_digits=True)
        last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, last])
    return tokenizer


def sentence_piece(field):
    """SentencePiece's BPE: its merges are all splits of a piece into two others, by the piece's score."""
    vocabulary = {token: i for i, token in enumerate(field("tokens"))}
    scores = field("scores")
    merges = []
    for token, i in vocabulary.items():
        splits = ((token[:at], token[at:]) for at in range(1, len(token)))
        known = [pair for pair in splits if pair[0] in vocabulary and pair[1] in vocabulary]
        known.sort(key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
        merges += [(scores[i], pair) for pair in known]
    merges.sort(key=lambda merge: merge[0], reverse=True)
    model = models.BPE(
        vocabulary, [pair for _, pair in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.ByteFallback()
    return tokenizer


def main():
    fields = GGUFReader(sys.argv[1]).fields

    def field(name):
        return fields[f"tokenizer.ggml.{name}"].contents()

    tokenizer = byte_level(field) if field("model") == "gpt2" else sentence_piece(field)
    for token, kind in zip(field("tokens"), field("token_type")):
        if kind in (CONTROL, USER_DEFINED):
            added = AddedToken(token, normalized=False, special=kind == CONTROL)
            (tokenizer.add_special_tokens if kind == CONTROL else tokenizer.add_tokens)([added])
    texts = json.load(sys.stdin)

    def encode():
        return [each.ids for each in tokenizer.encode_batch(texts, add_special_tokens=False)]

    control = encode()
    tokenizer.encode_special_tokens = True
    json.dump({"control": control, "text": encode()}, sys.stdout)


main()
