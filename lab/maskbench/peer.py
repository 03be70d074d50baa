"""What llguidance makes of the schemas of MaskBench: reads a list of files, prints a line of JSON for each."""

import json
import sys
import time

from llguidance import LLMatcher, LLTokenizer

tokenizer = LLTokenizer("byte")


def judge(path):
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    began = time.perf_counter()
    try:
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(content["schema"], ensure_ascii=False))
        matcher = LLMatcher(tokenizer, grammar)
        fault = matcher.get_error()
    except Exception as error:  # noqa: BLE001
        fault = str(error)
    milliseconds = 1000 * (time.perf_counter() - began)
    if fault:
        return {"milliseconds": milliseconds, "refusal": fault[:300], "right": []}
    right = []
    for test in content.get("tests", []):
        matcher = LLMatcher(tokenizer, grammar)
        text = json.dumps(test["data"], ensure_ascii=False, separators=(",", ":")).encode()
        taken = matcher.try_consume_tokens(list(text))
        accepted = taken == len(text) and matcher.is_accepting()
        right.append(accepted == test["valid"])
    return {"milliseconds": milliseconds, "right": right}


for line in sys.stdin:
    print(json.dumps(judge(line.strip())), flush=True)
