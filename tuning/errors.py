"""What stops a tuning and is the user's to mend, and being told to stop."""


class TuningError(Exception):
    """Its text says what is wrong, where, and what to do."""


class InterruptedTuning(Exception):
    """A signal asked for the end."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"signal {signal_number}")
        self.signal_number = signal_number
