"""A pair small enough to be checked against passes over whole sequences."""

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from trimtab_vllm.composition import compose
from trimtab_vllm.pair import Pair
from trimtab_vllm.small_model import SmallModel
from trimtab_vllm.steering import Steering

VOCABULARY = 61
LENGTH = 96

_SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": LENGTH,
    "initializer_range": 0.3,
}


def tiny_model(seed: int, kind: str = "llama", wide: bool = False) -> nn.Module:
    """`wide` has heads of a size that vLLM's kernels have."""
    torch.manual_seed(seed)
    if wide:
        return LlamaForCausalLM(LlamaConfig(**_SIZES | {"hidden_size": 128})).eval()
    if kind == "qwen2":
        return Qwen2ForCausalLM(Qwen2Config(**_SIZES)).eval()
    return LlamaForCausalLM(LlamaConfig(**_SIZES)).eval()


class TinyPair:
    """A `Pair`, and what it must give."""

    def __init__(self, slots: int, length: int = LENGTH) -> None:
        self.models = tiny_model(1), tiny_model(2, "qwen2")
        self.pair = Pair(*(SmallModel(model, slots, length) for model in self.models))

    @torch.inference_mode()
    def expected(self, base: Tensor, tokens: list[int], steering: Steering) -> Tensor:
        """One row `[vocabulary]`, of passes over all tokens without a cache."""
        expert, twin = (model(torch.tensor([tokens])).logits[:, -1] for model in self.models)
        return compose(base[None], expert, twin, [steering])[0]
