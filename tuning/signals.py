"""SIGINT and SIGTERM."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from errors import InterruptedTuning


class Signals:
    """They end the process at once, and where they are `held` ask for the end at the next `check`; a second
    one does not ask."""

    def __init__(self) -> None:
        self._is_held = False
        self._caught: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._catch)

    def _catch(self, number: int, _frame: object) -> None:
        if not self._is_held or self._caught is not None:
            os._exit(128 + number)
        self._caught = number

    @contextmanager
    def held(self) -> Iterator[None]:
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False

    def check(self) -> None:
        if self._caught is not None:
            raise InterruptedTuning(self._caught)
