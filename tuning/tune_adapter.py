"""Tunes a low-rank adapter of a small model on prompts and answers: `python tune_adapter.py settings.json`.

Writes events to standard output, one JSON object a line, and at the end the adapter as a GGUF file.
"""

import time

STARTED = time.monotonic()

import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402

from errors import InterruptedTuning, TuningError  # noqa: E402
from events import Events  # noqa: E402
from settings import Settings, read_settings  # noqa: E402

SECONDS_BETWEEN_CHECKPOINTS = 60


class Signals:
    """SIGINT and SIGTERM end the process at once, and where `is_held` ask for the end at the next `check`; a
    second one does not ask."""

    def __init__(self) -> None:
        self.is_held = False
        self._caught: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._catch)

    def _catch(self, number: int, _frame: object) -> None:
        if not self.is_held or self._caught is not None:
            os._exit(128 + number)
        self._caught = number

    def check(self) -> None:
        if self._caught is not None:
            raise InterruptedTuning(self._caught)


def tune(settings: Settings, events: Events, signals: Signals) -> None:
    # Imported here, where what they print no longer goes to the events, and their absence is told as one.
    import torch
    import transformers

    from adapter_file import AdapterLayout, write_adapter
    from checkpoint import identity, load_checkpoint, save_checkpoint
    from course import Course
    from examples import answer_tokens, read_examples
    from losses import AloneLoss, ComposedLoss
    from model_files import GgufFile, block_layers, load_model, matrix_type
    from tuned_model import TunedModel

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    of = identity(settings)
    stored = load_checkpoint(settings.checkpoint, of)

    file = GgufFile(settings.model)
    vocab_size = file.shape("token_embd.weight")[0]
    training = read_examples(settings.training, vocab_size, file.context)
    development = read_examples(settings.development, vocab_size, file.context, answer_tokens(training))
    loss = AloneLoss()
    if settings.rows is not None:
        loss = ComposedLoss(settings.rows, settings.candidates, settings.strength)
        loss.check([*training, *development])
    frozen = load_model(file, settings.weights, matrix_type())
    layout = AdapterLayout(file, frozen, block_layers(frozen))
    model = TunedModel(frozen, settings.rank, settings.scale, settings.seed)
    course = Course(settings, model, loss, training, development, signals.check)
    if stored is not None:
        course.resume(stored)
    events.emit(
        "loaded",
        parameters=model.size,
        trainable=model.trainable,
        steps=course.steps,
        tokens=answer_tokens(training),
        resumedAt=course.step,
    )

    def save() -> None:
        save_checkpoint(settings.checkpoint, of, course.state())

    saved = time.monotonic()
    signals.is_held = True
    try:
        while not course.is_done:
            signals.check()
            if course.is_epoch_due:
                epoch = len(course.history)
                training_loss, development_loss = course.end_epoch()
                save()
                saved = time.monotonic()
                events.emit(
                    "epoch",
                    epoch=epoch,
                    epochs=settings.epochs,
                    training=training_loss,
                    development=development_loss,
                )
            else:
                step_loss = course.take_step()
                seconds = time.monotonic() - STARTED
                events.emit(
                    "step", step=course.step, steps=course.steps, loss=step_loss, seconds=round(seconds, 3)
                )
                if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                    save()
                    saved = time.monotonic()
    except InterruptedTuning:
        save()
        raise
    signals.is_held = False
    write_adapter(settings.adapter, layout, file.architecture, course.best, settings.scale)
    best = course.best_epoch
    events.emit(
        "done",
        adapter=str(settings.adapter),
        epoch=best,
        development=course.history[best],
        untuned=course.history[0],
    )


def explain(error: Exception) -> str:
    """What is wrong, and what to do."""
    if isinstance(error, TuningError):
        return str(error)
    if isinstance(error, ImportError):
        requirements = Path(__file__).parent / "requirements.txt"
        return f"{error}: install what {requirements} lists (pip install --requirement)"
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return f"Out of memory: take a smaller model, or leave out the longest examples ({text})"
    return text


def main() -> int:
    events = Events()
    signals = Signals()
    try:
        if len(sys.argv) != 2:
            raise TuningError("Usage: python tune_adapter.py settings.json")
        tune(read_settings(Path(sys.argv[1])), events, signals)
    except InterruptedTuning as interrupted:
        return 128 + interrupted.signal_number
    except Exception as error:  # whatever it is, who runs this reads events
        if not isinstance(error, TuningError):
            traceback.print_exc()
        events.emit("failed", message=explain(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
