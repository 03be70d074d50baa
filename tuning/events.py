"""Events: one JSON object a line on standard output, and nothing else there."""

import json
import os
import sys
import time
from typing import TextIO


class Events:
    """Writes events to what standard output was, which from then on leads to standard error: whatever a
    library prints goes there."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        sys.stdout.flush()
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def seconds(self) -> float:
        """Since these were made."""
        return round(time.monotonic() - self._started, 3)

    def emit(self, kind: str, **values: object) -> None:
        self._out.write(json.dumps({"kind": kind, **values}) + "\n")
        self._out.flush()
