"""One tuning from its settings to its file."""

import os
import time
from collections.abc import Callable

import torch
import transformers

from adapter_file import AdapterLayout, write_adapter
from checkpoint import identity, load_checkpoint, save_checkpoint
from course import Course
from errors import InterruptedTuning
from events import Events
from examples import Example, answer_tokens, read_examples
from losses import AloneLoss, ComposedLoss
from model_files import GgufFile, block_layers, load_model, matrix_type
from settings import Settings
from signals import Signals
from svf_file import write_expert
from svf_model import SvfModel
from tuned_model import Loss, TunedModel

SECONDS_BETWEEN_CHECKPOINTS = 60


def tune(settings: Settings, events: Events, signals: Signals) -> None:
    _set_up(settings.threads)
    of = identity(settings)
    stored = load_checkpoint(settings.checkpoint, of)
    file = GgufFile(settings.model)
    training, development, loss = _read_task(settings, file)
    frozen = load_model(file, settings.weights, matrix_type())
    layout = AdapterLayout(file, frozen, block_layers(frozen))
    if settings.form == "svf":
        model = SvfModel(frozen, file, layout.names)
    else:
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
    with signals.held():
        _follow(course, events, signals, lambda: save_checkpoint(settings.checkpoint, of, course.state()))
    if isinstance(model, SvfModel):
        write_expert(settings.adapter, file, model, course.best, task=settings.task, date=settings.date)
    else:
        write_adapter(settings.adapter, layout, file.architecture, course.best, settings.scale)
    best = course.best_epoch
    events.emit(
        "done",
        adapter=str(settings.adapter),
        epoch=best,
        development=course.history[best],
        untuned=course.history[0],
    )


def _set_up(threads: int | None) -> None:
    """The same work gives the same bits, on a graphics processor as far as PyTorch can."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if threads is not None:
        torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)


def _read_task(settings: Settings, file: GgufFile) -> tuple[list[Example], list[Example], Loss]:
    """What is learned, what it is measured by, and how."""
    vocab_size = file.shape("token_embd.weight")[0]
    training = read_examples(settings.training, vocab_size, file.context)
    development = read_examples(settings.development, vocab_size, file.context, answer_tokens(training))
    if settings.rows is None:
        return training, development, AloneLoss()
    loss = ComposedLoss(settings.rows, settings.candidates, settings.strength)
    loss.check([*training, *development])
    return training, development, loss


def _follow(course: Course, events: Events, signals: Signals, save: Callable[[], None]) -> None:
    """To its end, or until a signal. What is done is saved now and then, and an epoch before it is told."""
    saved = time.monotonic()
    try:
        while not course.is_done:
            signals.check()
            is_epoch = course.is_epoch_due
            told = _end_epoch(course) if is_epoch else _take_step(course, events.seconds)
            if is_epoch or time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                save()
                saved = time.monotonic()
            events.emit("epoch" if is_epoch else "step", **told)
    except InterruptedTuning:
        save()
        raise


def _end_epoch(course: Course) -> dict[str, object]:
    epoch = len(course.history)
    training, development = course.end_epoch()
    return {"epoch": epoch, "epochs": course.epochs, "training": training, "development": development}


def _take_step(course: Course, seconds: Callable[[], float]) -> dict[str, object]:
    loss = course.take_step()
    return {"step": course.step, "steps": course.steps, "loss": loss, "seconds": seconds()}
