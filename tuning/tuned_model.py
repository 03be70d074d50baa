"""A frozen decoder with low-rank adapters, `W + (scale / rank) B A`, in the linear layers of its blocks.

Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685.
"""

from collections.abc import Callable

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn

from errors import TuningError
from examples import MicroBatch
from model_files import block_layers

Adapter = dict[str, dict[str, Tensor]]
"""By the layer's name: `a` `[rank, inputs]` and `b` `[outputs, rank]`."""
Loss = Callable[[Tensor, Tensor, Tensor, float], Tensor]
"""Nats summed over tokens, of logits `[tokens, vocabulary]`, targets, records and smoothing."""

HEAD_TOKENS = 128
"""Logits are computed for as many tokens at once: with a large vocabulary they are the largest tensors."""
NAME = "default"


class FrozenLinear(nn.Linear):
    """Multiplies in the precision of its weight, whatever the precision around it."""

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.linear(x.to(self.weight.dtype), self.weight).to(x.dtype)
        return y if self.bias is None else y + self.bias


class TunedModel:
    """Activations, adapters and logits are float32."""

    def __init__(self, model: nn.Module, rank: int, scale: float, seed: int) -> None:
        self._model = model
        self._head = model.get_output_embeddings()
        self.size = sum(p.numel() for p in model.parameters())
        self.device = self._head.weight.device
        names = block_layers(model)
        for name in names:
            model.get_submodule(name).__class__ = FrozenLinear
        torch.manual_seed(seed)
        inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=scale, target_modules=names), model)
        self._layers = {name: model.get_submodule(name) for name in names}
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        for parameter in self.parameters:
            parameter.data = parameter.data.float()
        self.trainable = sum(p.numel() for p in self.parameters)
        self._check_logits()

    def hidden(self, ids: Tensor) -> Tensor:
        """What the output layer reads, `[examples, length, width]`."""
        embedded = self._model.get_input_embeddings()(ids).float()
        return self._model.get_decoder()(inputs_embeds=embedded, use_cache=False).last_hidden_state

    def logits(self, hidden: Tensor) -> Tensor:
        """What models do between the output layer and their answer is in their settings."""
        config = self._model.config.get_text_config()
        logits = self._head(hidden)
        logits = (
            logits
            * (getattr(config, "logit_scale", None) or 1)
            / (getattr(config, "logits_scaling", None) or 1)
        )
        cap = getattr(config, "final_logit_softcapping", None)
        return logits if cap is None else cap * torch.tanh(logits / cap)

    @torch.no_grad()
    def _check_logits(self) -> None:
        ids = torch.arange(4, device=self.device)[None]
        embedded = self._model.get_input_embeddings()(ids).float()
        expected = self._model(inputs_embeds=embedded, use_cache=False).logits.float()
        if not torch.allclose(self.logits(self.hidden(ids)), expected, rtol=1e-3, atol=1e-3):
            kind = self._model.config.model_type
            raise TuningError(
                f"Models of the kind {kind} compute their logits in a way that tuning does not know"
            )

    def learn(self, batch: MicroBatch, loss: Loss, smoothing: float, weight: float) -> float:
        """Adds `weight` times the gradients of the loss to those there are; returns the loss."""
        hidden = self.hidden(batch.ids).flatten(0, 1)[batch.positions]
        leaf = hidden.detach().requires_grad_()
        total = 0.0
        for part, targets, records in _parts(leaf, batch):
            value = loss(self.logits(part), targets, records, smoothing)
            (value * weight).backward()
            total += value.item()
        hidden.backward(leaf.grad)
        return total

    @torch.no_grad()
    def measure(self, batch: MicroBatch, loss: Loss) -> float:
        hidden = self.hidden(batch.ids).flatten(0, 1)[batch.positions]
        return sum(loss(self.logits(part), t, r, 0).item() for part, t, r in _parts(hidden, batch))

    def adapter(self) -> Adapter:
        """Copies."""
        return {
            name: {"a": _copy(layer.lora_A[NAME].weight), "b": _copy(layer.lora_B[NAME].weight)}
            for name, layer in self._layers.items()
        }

    @torch.no_grad()
    def set_adapter(self, adapter: Adapter) -> None:
        for name, layer in self._layers.items():
            layer.lora_A[NAME].weight.copy_(adapter[name]["a"])
            layer.lora_B[NAME].weight.copy_(adapter[name]["b"])


def _parts(hidden: Tensor, batch: MicroBatch) -> zip:
    return zip(*(x.split(HEAD_TOKENS) for x in (hidden, batch.targets, batch.records)), strict=True)


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True)
