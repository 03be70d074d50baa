"""The loop that all trainings on fresh batches share."""

from collections.abc import Callable

from torch import Tensor, nn

from training.tune import create_optimizer, update

PRINT_EVERY = 100


def fit(
    name: str, model: nn.Module, batch_loss: Callable[[], Tensor], rate: float, steps: int
) -> None:
    """`steps` updates by the loss of a fresh batch each."""
    model.train()
    optimizer = create_optimizer(model)
    losses = []
    for step in range(steps):
        loss = batch_loss()
        update(model, optimizer, loss, rate, step, steps)
        losses.append(loss.item())
        if len(losses) == PRINT_EVERY:
            mean = sum(losses) / len(losses)
            print(f"{name} step {step + 1}/{steps} loss {mean:.4f}", flush=True)
            losses = []
    model.eval()
