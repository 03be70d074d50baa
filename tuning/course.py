"""The course of a tuning: steps, the development loss after each epoch, and when to stop.

All there is to it at a step's boundary is a `state`, so that an interrupted course goes on exactly.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch.optim import AdamW

from errors import TuningError
from examples import Example, answer_tokens, epoch_steps, micro_batches
from settings import Settings
from tuned_model import Adapter, Loss, TunedModel

BETAS = (0.9, 0.95)
WARM_UP = 0.05
"""Share of the steps in which the rate rises to the given one; then it falls linearly."""
LAST_RATE = 0.1
LONGEST_GRADIENT = 1.0
RISES_TO_STOP = 2
REMEDY = "lower the rate, and begin anew without the checkpoint"


class Course:
    """`pause` is called between micro-batches: what it throws ends the course, whose state is then that of
    the last step's boundary."""

    def __init__(
        self,
        settings: Settings,
        model: TunedModel,
        loss: Loss,
        training: Sequence[Example],
        development: Sequence[Example],
        pause: Callable[[], None],
    ) -> None:
        self._settings, self._model, self._loss, self._pause = settings, model, loss, pause
        self._training, self._development = training, development
        self._optimizer = AdamW(model.parameters, lr=settings.rate, betas=BETAS, weight_decay=0)
        self._epoch_length = math.ceil(len(training) / settings.batch)
        self.epochs = settings.epochs
        self.steps = self._epoch_length * self.epochs
        self.step = 0
        self.history: list[float] = []
        """The development loss by epochs, the untuned model's first."""
        self._epoch_loss = 0.0
        self._best: Adapter = model.adapter()

    def state(self) -> dict[str, object]:
        return {
            "step": self.step,
            "history": self.history,
            "epoch_loss": self._epoch_loss,
            "best": self._best,
            "adapter": self._model.adapter(),
            "optimizer": self._optimizer.state_dict(),
        }

    def resume(self, state: dict) -> None:
        self.step, self.history, self._epoch_loss = state["step"], state["history"], state["epoch_loss"]
        self._best = state["best"]
        self._model.set_adapter(state["adapter"])
        self._optimizer.load_state_dict(state["optimizer"])

    @property
    def best_epoch(self) -> int:
        """Of the least development loss among the tuned, whether or not below the untuned model's."""
        return min(range(1, len(self.history)), key=self.history.__getitem__)

    @property
    def best(self) -> Adapter:
        return self._best

    @property
    def is_epoch_due(self) -> bool:
        """Whether `end_epoch` comes before the next step: also before the first."""
        return self.step == len(self.history) * self._epoch_length

    @property
    def is_done(self) -> bool:
        """All epochs are done, or the development loss has risen twice in a row."""
        if self.step != (len(self.history) - 1) * self._epoch_length:
            return False
        last = self.history[-RISES_TO_STOP - 1 :]
        risen = len(last) > RISES_TO_STOP and all(before < after for before, after in pairwise(last))
        return risen or self.step == self.steps

    def end_epoch(self) -> tuple[float | None, float]:
        """The training loss of the epoch that ends, `None` before the first, and the development loss."""
        development = 0.0
        for batch in micro_batches(self._development, self._model.device):
            self._pause()
            development += self._model.measure(batch, self._loss)
        if not math.isfinite(development):
            raise TuningError(
                f"The development loss is {development} after epoch {len(self.history)}: {REMEDY}"
            )
        training = self._epoch_loss / answer_tokens(self._training) if self.history else None
        self.history.append(development / answer_tokens(self._development))
        self._epoch_loss = 0.0
        if len(self.history) > 1 and self.best_epoch == len(self.history) - 1:
            self._best = self._model.adapter()
        return training, self.history[-1]

    def take_step(self) -> float:
        """The step's loss for each of its answer tokens, smoothing included."""
        epoch, place = divmod(self.step, self._epoch_length)
        examples = epoch_steps(self._training, self._settings.batch, self._settings.seed, epoch)[place]
        tokens = answer_tokens(examples)
        total = 0.0
        self._optimizer.zero_grad(set_to_none=True)
        for batch in micro_batches(examples, self._model.device):
            self._pause()
            total += self._model.learn(batch, self._loss, self._settings.smoothing, 1 / tokens)
        if not math.isfinite(total):
            raise TuningError(f"The loss is {total} at step {self.step + 1} of {self.steps}: {REMEDY}")
        torch.nn.utils.clip_grad_norm_(self._model.parameters, LONGEST_GRADIENT)
        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.rate * rate_share(self.step, self.steps)
        self._optimizer.step()
        self.step += 1
        self._epoch_loss += total
        return total / tokens


def rate_share(step: int, steps: int) -> float:
    """Of the given rate, at a step counted from 0."""
    rising = max(1, round(WARM_UP * steps))
    if step < rising:
        return (step + 1) / rising
    return 1 - (1 - LAST_RATE) * (step + 1 - rising) / max(1, steps - rising)
