"""What vLLM loads: one class for both of its interfaces for logits processors."""

from typing import Any

import torch
from torch import Tensor

from trimtab_vllm.configuration import VARIABLE, Configuration, ConfigurationError, configured
from trimtab_vllm.steering import KEY, Steering, read_steering


def _interfaces() -> tuple[type, ...]:
    """Those that the installed vLLM has: of its V1 model runner, and of V2."""
    found: list[type] = []
    for module in ("vllm.v1.sample.logits_processor", "vllm.v1.worker.gpu.sample.logits_processor"):
        try:
            found.append(__import__(module, fromlist=["LogitsProcessor"]).LogitsProcessor)
        except ImportError:
            continue
    return tuple(found)


NAME = "trimtab_vllm:PairLogitsProcessor"
"""As `--logits-processors` takes it."""


class PairLogitsProcessor(*_interfaces()):
    """Adds `alpha * (expert - twin)` to the rows of steered requests.

    The configuration is named by the environment; without one, nothing is loaded and nothing steered.
    """

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        """Throws `ValueError` for a request that asks what cannot be done; vLLM answers it with 400."""
        _steering_of(sampling_params, configured())

    def __init__(self, vllm_config: Any, *given: Any) -> None:
        """Of V1: `device, is_pin_memory`; of V2: `req_states`."""
        self._v1: Any = None
        self._v2: Any = None
        configuration = configured()
        if configuration is None or not self._is_in_charge(vllm_config):
            return
        is_v1 = isinstance(given[0], torch.device)
        _require_tokens(vllm_config)
        if is_v1:
            self._require_output_tokens(vllm_config)
        if not _samples_here():
            return
        from trimtab_vllm.pair import load_pair

        length = vllm_config.model_config.max_model_len
        tokenizer = vllm_config.model_config.tokenizer
        device = given[0] if is_v1 else given[0].device
        slots = vllm_config.scheduler_config.max_num_seqs if is_v1 else given[0].max_num_reqs
        pair = load_pair(configuration, tokenizer, device, slots, length)

        def steering_of(params: Any) -> Steering:
            return _steering_of(params, configuration)

        if is_v1:
            from trimtab_vllm.batch_rows import BatchRows

            self._v1 = BatchRows(pair, steering_of)
        else:
            from trimtab_vllm.request_slots import RequestSlots

            self._v2 = RequestSlots(pair, given[0], steering_of)

    def is_argmax_invariant(self) -> bool:
        return False

    def update_state(self, batch_update: Any) -> None:
        if self._v1 is not None:
            self._v1.update(batch_update)

    def add_request(self, req_idx: int, sampling_params: Any) -> bool:
        return self._v2 is not None and self._v2.add(req_idx, sampling_params)

    def apply(self, logits: Tensor, ctx: Any = None) -> Tensor:
        if self._v1 is not None:
            return self._v1.apply(logits)
        return logits if self._v2 is None else self._v2.apply(logits, ctx)

    def _is_in_charge(self, vllm_config: Any) -> bool:
        return True

    def _require_output_tokens(self, vllm_config: Any) -> None:
        """V1 fills in sampled tokens late, and only for processors that it was given by name."""


class InstalledPairLogitsProcessor(PairLogitsProcessor):
    """The entry point's: leaves the work to the one that `--logits-processors` names, where it does."""

    def _is_in_charge(self, vllm_config: Any) -> bool:
        named = vllm_config.model_config.logits_processors or ()
        return not any(each in (NAME, PairLogitsProcessor) for each in named)

    def _require_output_tokens(self, vllm_config: Any) -> None:
        if vllm_config.scheduler_config.async_scheduling:
            raise ConfigurationError(
                f"With asynchronous scheduling, this model runner gives sampled tokens only to processors that are named: "
                f"start vLLM with --logits-processors {NAME}, or with --no-async-scheduling."
            )


def _steering_of(sampling_params: Any, configuration: Configuration | None) -> Steering:
    extra = getattr(sampling_params, "extra_args", None)
    if configuration is not None:
        return read_steering(extra, configuration.alpha)
    if extra and KEY in extra:
        raise ValueError(
            f"vllm_xargs.{KEY}: this server has no pair. Start it with {VARIABLE} naming what `trimtab export vllm` wrote."
        )
    return Steering(0)


def _require_tokens(vllm_config: Any) -> None:
    """The pair reads tokens. Throws `ConfigurationError` where requests may have something else."""
    model = vllm_config.model_config
    if getattr(model, "enable_prompt_embeds", False):
        raise ConfigurationError("Prompts of embeddings cannot be steered: start vLLM without --enable-prompt-embeds.")
    multimodal = getattr(model, "multimodal_config", None)
    if multimodal is not None and not multimodal.language_model_only:
        raise ConfigurationError("Pictures and sound cannot be steered: start vLLM with --language-model-only.")


def _samples_here() -> bool:
    """Of several stages of a pipeline, the last one samples."""
    try:
        from vllm.distributed import get_pp_group

        return get_pp_group().is_last_rank
    except (ImportError, AssertionError):
        return True
