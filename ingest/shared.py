"""The outbox of an installation of several processes: one of them at a time works it off."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.leases import Leases
from ingest.pipeline import Outcome, Pipeline

LEASE = "ingest"
"""``ingest.work`` holds the same while it works the outbox off."""
ASK_AGAIN_SECONDS = 0.2


class SharedDrain:
    """``drain`` of a pipeline under the lease ``ingest``."""

    def __init__(self, pipeline: Pipeline, leases: Leases, sleep: Callable[[float], None] = time.sleep) -> None:
        self._pipeline, self._leases, self._sleep = pipeline, leases, sleep

    def drain(
        self, progress: Callable[[int, int], None] | None = None, over: Callable[[], bool] = lambda: False
    ) -> Outcome:
        """Whoever follows the progress waits until the process that has the outbox is done with its turn; for others
        that process does the work."""
        while True:
            with self._leases.hold(LEASE) as lease:
                if lease is not None:
                    return self._pipeline.drain(progress, over)
            if progress is None:
                return Outcome()
            self._sleep(ASK_AGAIN_SECONDS)

    def reconcile(self) -> int:
        """Nothing while another process has the outbox: index and database differ then as they should."""
        with self._leases.hold(LEASE) as lease:
            return 0 if lease is None else self._pipeline.reconcile()
