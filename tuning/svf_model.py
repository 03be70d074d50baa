"""A frozen decoder whose feed-forward matrices have their singular values scaled, `U diag(sigma * z) V^T`.

Sun et al. 2025, Transformer^2: Self-adaptive LLMs, arXiv:2501.06252.
"""

import numpy as np
import torch
from gguf import quants
from torch import Tensor, nn

from errors import TuningError
from model_files import GgufFile
from tuned_model import Adapter, FrozenLinear, TunedModel

SCALED = (".ffn_gate.", ".ffn_up.", ".ffn_down.")
"""Of the names in a GGUF file: the matrices that the paper scales."""


class ScaledLinear(FrozenLinear):
    """`z - 1` is learned; at 0 it is the matrix as it was."""

    vectors: Tensor
    """Singular vectors of the shorter side, `[r, r]`, one to a row."""
    of_rows: bool
    delta: nn.Parameter

    def forward(self, x: Tensor) -> Tensor:
        if not self.of_rows:
            return super().forward(x + ((x @ self.vectors.T) * self.delta) @ self.vectors)
        y = nn.functional.linear(x.to(self.weight.dtype), self.weight).to(x.dtype)
        y = y + ((y @ self.vectors.T) * self.delta) @ self.vectors
        return y if self.bias is None else y + self.bias


class SvfModel(TunedModel):
    """As a `TunedModel`, of the scales alone. Throws `TuningError` for a model without such matrices."""

    def __init__(self, model: nn.Module, file: GgufFile, names: dict[str, str]) -> None:
        self._model = model
        self._head = model.get_output_embeddings()
        self.size = sum(p.numel() for p in model.parameters())
        self.device = self._head.weight.device
        self.names = {layer: name for layer, name in names.items() if any(part in name for part in SCALED)}
        if not self.names:
            raise TuningError(f"{file.path} has no feed-forward matrices of its own to scale")
        self.sigma: dict[str, Tensor] = {}
        self._layers = {layer: self._scale(layer, file, name) for layer, name in self.names.items()}
        self.parameters = [layer.delta for layer in self._layers.values()]
        self.trainable = sum(p.numel() for p in self.parameters)
        self._check_logits()

    def _scale(self, layer: str, file: GgufFile, name: str) -> ScaledLinear:
        """By the weights as they stand in the file, whatever they are rounded to for training."""
        tensor = file.tensors[name]
        weights = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float64)
        left, sigma, right = np.linalg.svd(weights, full_matrices=False)
        of_rows = weights.shape[0] < weights.shape[1]
        module = self._model.get_submodule(layer)
        module.__class__ = ScaledLinear
        module.of_rows = of_rows
        module.register_buffer("vectors", self._float(left.T if of_rows else right), persistent=False)
        module.delta = nn.Parameter(torch.zeros(len(sigma), device=self.device))
        self.sigma[layer] = torch.from_numpy(sigma.astype(np.float32))
        return module

    def _float(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).to(self.device)

    def adapter(self) -> Adapter:
        """Copies of `z - 1`, by layer."""
        return {name: {"delta": layer.delta.detach().to("cpu", copy=True)} for name, layer in self._layers.items()}

    @torch.no_grad()
    def set_adapter(self, adapter: Adapter) -> None:
        for name, layer in self._layers.items():
            layer.delta.copy_(adapter[name]["delta"])
