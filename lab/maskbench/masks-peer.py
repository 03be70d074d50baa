"""What masks cost in llguidance: reads the bytes of a vocabulary, then schemas with tokens, and prints a line of JSON for each."""

import base64
import json
import sys
import time

from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper


class Vocabulary:
    """What llguidance asks of a tokenizer; texts are cut by whoever asks."""

    bos_token_id = None

    def __init__(self, pieces):
        self.tokens = [*pieces, b"<|end|>"]
        self.eos_token_id = len(pieces)
        self.special_token_ids = [self.eos_token_id]

    def __call__(self, text):
        return [self.tokens.index(bytes([byte])) for byte in text]


tokenizer = LLTokenizer(TokenizerWrapper(Vocabulary([base64.b64decode(piece) for piece in json.loads(sys.stdin.readline())])))


def measure(schema, tokens):
    grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema, ensure_ascii=False))
    matcher = LLMatcher(tokenizer, grammar)
    times = []
    for token in tokens:
        began = time.perf_counter()
        matcher.compute_bitmask()
        times.append(1000 * (time.perf_counter() - began))
        if not matcher.consume_token(token):
            return None
    return times


for line in sys.stdin:
    asked = json.loads(line)
    try:
        times = measure(asked["schema"], asked["tokens"])
    except Exception:  # noqa: BLE001
        times = None
    print(json.dumps(times), flush=True)
