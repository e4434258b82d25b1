"""What is kept about one deployment between its calls."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from answer.calling.breaker import Breaker, Breaking
from answer.calling.retrying import RetryBudget, Retrying
from answer.calling.slots import Queueing, Slots
from answer.models.base import ChatModel
from answer.models.entry import ModelEntry

Open = Callable[[ModelEntry], ChatModel]


class Deployment:
    """Its model is opened at the first call, and closed when nobody needs it any more."""

    def __init__(
        self, entry: ModelEntry, opened: Open, clock: Callable[[], float], breaking: Breaking, retrying: Retrying,
        queueing: Queueing,
    ) -> None:  # fmt: skip
        self.entry = entry
        self.breaker = Breaker(clock, breaking)
        self.retries = RetryBudget(retrying)
        self.slots = Slots(entry.name, entry.concurrency, queueing, clock)
        self._opened, self._model = opened, None
        self._lock = Lock()
        self._over = False
        self._clock, self._not_before = clock, 0.0

    def model(self) -> ChatModel:
        with self._lock:
            if self._model is None:
                self._model = self._opened(self.entry)
            return self._model

    def put_off(self, seconds: float | None) -> None:
        """The provider asked for a pause: of everybody, not only of whoever was told."""
        if seconds is not None:
            with self._lock:
                self._not_before = max(self._not_before, self._clock() + seconds)

    def put_off_for(self) -> float:
        """Seconds that are left of it."""
        return max(0.0, self._not_before - self._clock())

    def give(self, taken: float) -> None:
        """A call of it has ended."""
        self.slots.give(taken)
        self._close_idle()

    def replace(self) -> None:
        """No new call comes: it is closed after the last one."""
        self._over = True
        self._close_idle()

    def _close_idle(self) -> None:
        with self._lock:
            if self._over and self.slots.held == 0 and self._model is not None:
                self._model.close()
                self._model = None
