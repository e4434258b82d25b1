"""Time for work that is done in slices."""

from __future__ import annotations

import math
import time


class Shift:
    """Seconds since some moment; without end from ``end`` on, so that every slice of time is over then."""

    def __init__(self) -> None:
        self._ended = False

    def __call__(self) -> float:
        return math.inf if self._ended else time.monotonic()

    def end(self) -> None:
        self._ended = True
