"""Which tokens llguidance allows: reads the bytes of a vocabulary, then schemas with tokens and places, and prints a line of JSON for each."""

import base64
import json
import sys

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


def masks_of(schema, tokens, places):
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(schema, ensure_ascii=False)))
    masks = []
    for place, token in enumerate(tokens):
        if place in places:
            masks.append(base64.b64encode(bytes(matcher.compute_bitmask())).decode())
        if not matcher.consume_token(token):
            break
    return masks or None


for line in sys.stdin:
    asked = json.loads(line)
    try:
        masks = masks_of(asked["schema"], asked["tokens"], set(asked["places"]))
    except Exception:  # noqa: BLE001
        masks = None
    print(json.dumps(masks), flush=True)
