"""Work to be done soon, by whichever process is free. A queue carries ids only; the database says what is due."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import Literal, Protocol

JobKind = Literal["dispatch", "read", "ingest"]


@dataclass(frozen=True, slots=True)
class Job:
    """``dispatch``: send what is due. ``read``: do ``task`` of the source. ``ingest``: work off the outbox.

    Doing one twice, or too late, is harmless; one that is lost is sent again, because the database knows what is due.
    """

    kind: JobKind
    source_id: str = ""
    task: str = ""


class JobQueue(Protocol):
    """Hands jobs to workers, at least once or not at all. Thread-safe."""

    def send(self, job: Job) -> None:
        """Returns at once. Raises ``Unavailable`` when the queue cannot be reached; nothing is lost then."""
        ...


class MemoryQueue:
    """A queue in this process, for whoever works it off by hand: the oldest first."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._lock = Lock()

    def send(self, job: Job) -> None:
        with self._lock:
            self._jobs.append(job)

    def take(self) -> Job | None:
        """The next job, which is then no longer in the queue; None when there is none."""
        with self._lock:
            return self._jobs.popleft() if self._jobs else None

    def __len__(self) -> int:
        return len(self._jobs)
