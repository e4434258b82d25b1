"""How often one person may ask: a window of one minute, held in memory."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from core.errors import TooMany


class Limiter:
    """At most ``per_minute`` questions a person in any minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._asked: dict[str, deque[float]] = {}
        self._lock = Lock()

    def take(self, person_id: str) -> None:
        now = self._clock()
        with self._lock:
            asked = self._asked.setdefault(person_id, deque())
            while asked and asked[0] <= now - 60:
                asked.popleft()
            if len(asked) >= self._per_minute:
                left = asked[0] + 60 - now
                hint = f"Try again in {int(left) + 1} s."
                raise TooMany("You have asked a lot in the last minute.", hint=hint, retry_after=left)
            asked.append(now)
