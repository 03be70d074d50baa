"""Tunes a low-rank adapter of a small model on prompts and answers: `python tune_adapter.py settings.json`.

Writes events to standard output, one JSON object a line, and at the end the adapter as a GGUF file.
"""

import os
import sys
import traceback
from pathlib import Path

from errors import InterruptedTuning, TuningError
from events import Events
from settings import read_settings
from signals import Signals


def main() -> int:
    events, signals = Events(), Signals()
    try:
        if len(sys.argv) != 2:
            raise TuningError("Usage: python tune_adapter.py settings.json")
        settings = read_settings(Path(sys.argv[1]))
        # Threads that spin where they wait are many times slower beside any other busy program.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from tune import tune  # here, where what its libraries print is no event, and their absence is one

        tune(settings, events, signals)
    except InterruptedTuning as interrupted:
        return 128 + interrupted.signal_number
    except Exception as error:  # whatever it is, who runs this reads events
        if not isinstance(error, TuningError):
            traceback.print_exc()
        events.emit("failed", message=explain(error))
        return 1
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
