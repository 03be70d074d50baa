"""A pair of small models beside the one that vLLM serves: `base + alpha * (expert - twin)`, at every token."""

from trimtab_vllm.processor import InstalledPairLogitsProcessor, PairLogitsProcessor

__all__ = ["InstalledPairLogitsProcessor", "PairLogitsProcessor"]
