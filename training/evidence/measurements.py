"""Measurements kept as they are made, so that an interrupted program goes on where it was."""

import json
from collections.abc import Callable
from pathlib import Path


class Measurements:
    """A JSON object from keys to results."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.results: dict[str, dict] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, key: str, measure: Callable[[], dict]) -> dict:
        """The stored result; measured and stored first if there is none."""
        if key not in self.results:
            self.results[key] = measure()
            beside = self._path.with_suffix(".partial")
            beside.write_text(json.dumps(self.results, indent=1) + "\n")
            beside.replace(self._path)
            print(f"{key}: {self.results[key]}", flush=True)
        return self.results[key]
