"""Answers prompts of token ids with vLLM and the plugin, alone and many at once: `npm run lab -- vllm` runs it.

Reads `{ model, prompts, maxTokens, atOnce, top }` as JSON from stdin, and writes the answers as JSON into the file that
it is called with: vLLM says much on stdout.
"""

import json
import sys
import time
from pathlib import Path

from vllm import LLM, SamplingParams


TIMED = 48
"""Prompts whose tokens are timed."""


def main() -> None:
    asked = json.load(sys.stdin)
    model = LLM(
        asked["model"],
        dtype="float32",
        enforce_eager=True,
        generation_config="vllm",
        max_num_seqs=asked["atOnce"],
        max_logprobs=asked["top"],
        logprobs_mode="processed_logprobs",
        enable_prefix_caching=False,
        logits_processors=["trimtab_vllm:PairLogitsProcessor"],
        disable_log_stats=True,
    )
    prompts = [{"prompt_token_ids": ids} for ids in asked["prompts"]]

    def answers(at_once: int, extra: dict | None, top: int | None, count: int | None = None) -> list:
        sampling = SamplingParams(
            temperature=0,
            max_tokens=asked["maxTokens"],
            stop_token_ids=[asked["end"]],
            logprobs=top,
            extra_args=extra,
            detokenize=False,
        )
        chosen = prompts[:count]
        groups = [chosen[i : i + at_once] for i in range(0, len(chosen), at_once)]
        return [out.outputs[0] for group in groups for out in model.generate(group, sampling, use_tqdm=False)]

    def tokens_per_second(at_once: int, extra: dict | None) -> float:
        began = time.perf_counter()
        found = answers(at_once, extra, None, TIMED)
        return sum(len(each.token_ids) for each in found) / (time.perf_counter() - began)

    result: dict = {"answers": {}, "speed": {}}
    base = {"trimtab": '{"alpha": 0}'}
    for name, at_once in (("alone", 1), ("together", asked["atOnce"])):
        result["answers"][name] = [
            {
                "tokens": list(each.token_ids),
                "logprobs": [{str(i): p.logprob for i, p in row.items()} for row in each.logprobs],
            }
            for each in answers(at_once, None, asked["top"])
        ]
        result["speed"][name] = {
            "steered": tokens_per_second(at_once, None),
            "base": tokens_per_second(at_once, base),
        }
    Path(sys.argv[1]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
