"""A detector in a process of its own: its models never weigh on a server that starts, its crash is nobody else's, and
what it cannot answer is refused.

The process is started when somebody asks and ends when nobody has for a while. Texts go in small batches, one at a
time: whoever waits for an answer goes before what is labelled in the background, and waits for one batch at most.
"""

from __future__ import annotations

import pickle
import re
import shutil
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.errors import Unavailable
from core.text import Span
from ingest.label.findings import Detector, Finding
from ingest.parse.process import Child, ChildDied, ChildNotStarted, ChildTimedOut, ChildTooBig, Limits, PlainUnpickler

_PREFIX = "vouch-label-"
BATCH_CHARACTERS = 8_000
"""Texts of so many characters together go in one batch; a longer text goes alone."""
BATCH_TEXTS = 64
HINT = "Nothing leaves until values can be looked for again. See the log, and run: vouch doctor"
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNUSABLE = (pickle.PickleError, AttributeError, EOFError, IndexError, ValueError, TypeError, KeyError)


@dataclass(slots=True)
class _Job:
    texts: Sequence[str] | None = field(repr=False)
    """None asks for the identity."""
    future: Future[Any] = field(default_factory=Future[Any])


class RemoteDetector:
    """A ``Detector``. Safe to share between threads.

    ``open_`` (picklable) makes the detector in the process. ``timeout_seconds`` is what ``BATCH_CHARACTERS`` may take.
    ``identity`` is what it will say of itself, where that is
    known without starting it; a process that says otherwise is not used.
    """

    def __init__(
        self,
        open_: Callable[[], Detector],
        identity: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        start_seconds: float = 120.0,
        memory_mb: int = 4096,
        idle_seconds: float = 600.0,
    ) -> None:
        self._open, self._identity = open_, identity
        self._limits = Limits(timeout_seconds, memory_mb, 16)
        self._start_seconds, self._idle_seconds = start_seconds, idle_seconds
        self._urgent: deque[_Job] = deque()
        self._patient: deque[_Job] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._child: Child | None = None
        self._thread: threading.Thread | None = None
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def identity(self) -> str:
        """Raises ``Unavailable`` when it has to be asked for and cannot."""
        if self._identity is None:
            self._identity = str(self._submit(self._urgent, None).result())
        return self._identity

    @property
    def patient(self) -> Detector:
        """The same detector for work in the background: everybody else goes first."""
        return _Patient(self)

    @property
    def process_id(self) -> int | None:
        """Of the process that runs now."""
        child = self._child
        return None if child is None else child.pid

    def find(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """Raises ``Unavailable`` when the process cannot be started, ends, takes too long or too much memory, or gives
        an answer that cannot be used; the next call starts a new one. What is too long is counted by characters."""
        return self._find(self._urgent, texts)

    def find_patiently(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """``find``, behind whoever waits."""
        return self._find(self._patient, texts)

    def warm(self) -> None:
        """Have the process started, without waiting for it."""
        self._submit(self._patient, ())

    def close(self) -> None:
        """End the process at once; what waits is refused."""
        with self._ready:
            self._closing = True
            waiting = [*self._urgent, *self._patient]
            self._urgent.clear()
            self._patient.clear()
            self._ready.notify_all()
        for job in waiting:
            job.future.cancel()
        child = self._child
        if child is not None:
            child.interrupt()
        if self._thread is not None:
            self._thread.join()
        self._remove()

    def _find(self, queue: deque[_Job], texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        found: list[tuple[Finding, ...]] = []
        # Half a character, which no model reads, stands in texts of careless systems.
        for batch in _batches([_SURROGATES.sub("\ufffd", text) for text in texts]):
            try:
                answer: list[tuple[Finding, ...]] = self._submit(queue, batch).result()
            except CancelledError:
                raise Unavailable("Detection is being stopped.", hint=HINT) from None
            found.extend(answer)
        return found

    def _submit(self, queue: deque[_Job], texts: Sequence[str] | None) -> Future[Any]:
        job = _Job(texts)
        with self._ready:
            if self._closing:
                raise Unavailable("Detection has been stopped.", hint=HINT)
            queue.append(job)
            if self._thread is None:
                # The process ends with the thread that started it, so that thread is a lasting one.
                self._thread = threading.Thread(target=self._serve, name="detector", daemon=True)
                self._thread.start()
            self._ready.notify_all()
        return job.future

    # The thread that owns the process

    def _serve(self) -> None:
        try:
            while (job := self._take()) is not None:
                self._perform(job)
        finally:
            self._retire()

    def _take(self) -> _Job | None:
        """The next job; None when closing. Ends the process after an idle while."""
        with self._ready:
            idle_at = time.monotonic() + self._idle_seconds
            while not self._closing:
                queue = self._urgent or self._patient
                if queue:
                    return queue.popleft()
                left = idle_at - time.monotonic() if self._child is not None else None
                if left is not None and left <= 0:
                    self._retire()
                    left = None
                self._ready.wait(left)
            return None

    def _perform(self, job: _Job) -> None:
        if not job.future.set_running_or_notify_cancel():
            return
        try:
            answer = self._answer(job.texts)
        except Unavailable as refused:
            self._retire()
            job.future.set_exception(refused)
        else:
            job.future.set_result(answer)

    def _answer(self, texts: Sequence[str] | None) -> object:
        try:
            child = self._child or self._start()
            child.limits = self._limits_for(texts or ())
            if texts is None:
                return _told(child.ask(("identity",)))
            if not texts:
                return []
            return _findings(_told(child.ask(("find", list(texts)))), texts)
        except (ChildNotStarted, OSError):
            raise Unavailable("The detection process could not be started.", hint=HINT) from None
        except ChildTimedOut:
            raise Unavailable("Detection took too long.", hint=HINT) from None
        except ChildTooBig:
            raise Unavailable("Detection needs more memory than it may use.", hint=HINT) from None
        except ChildDied:
            raise Unavailable("The detection process ended unexpectedly.", hint=HINT) from None
        except _UNUSABLE:
            raise Unavailable("Detection gave an answer that cannot be used.", hint=HINT) from None

    def _limits_for(self, texts: Sequence[str]) -> Limits:
        """The time counts for each batch's worth of characters: a text that is longer than a batch goes whole, and may
        take as much longer."""
        batches = max(1, -(-sum(map(len, texts)) // BATCH_CHARACTERS))
        return replace(self._limits, timeout_seconds=self._limits.timeout_seconds * batches)

    def _start(self) -> Child:
        limits = Limits(self._start_seconds, self._limits.memory_mb, self._limits.output_mb)
        child = self._child = Child(self._folder, limits, self._open, module="ingest.label.child")
        child.limits = self._limits_for(())
        says: object = _told(child.ask(("identity",)))
        if self._identity not in (None, says):
            raise Unavailable("The detection process is not the one that is configured.", hint=HINT)
        return child

    def _retire(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()


@dataclass(frozen=True, slots=True)
class _Patient:
    remote: RemoteDetector

    @property
    def identity(self) -> str:
        return self.remote.identity

    def find(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        return self.remote.find_patiently(texts)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (size + len(text) > BATCH_CHARACTERS or len(batch) == BATCH_TEXTS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _told(blobs: list[bytes]) -> Any:
    """What the process answers. Raises ``Unavailable`` when it could not."""
    outcome, answer = PlainUnpickler.load_from(blobs[0])
    if outcome != "ok":
        raise Unavailable(f"Detection failed ({answer}).", hint=HINT)
    return answer


def _findings(answer: Any, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
    """The answer as findings. Raises ``ValueError`` for one that does not fit its texts."""
    if len(answer) != len(texts):
        raise ValueError("an answer for other texts")
    return [_checked(found, text) for found, text in zip(answer, texts, strict=True)]


def _checked(found: Any, text: str) -> tuple[Finding, ...]:
    findings = tuple(
        Finding(str(kind), Span(start, end), float(score), str(rule)) for kind, start, end, score, rule in found
    )
    end = 0
    for finding in findings:
        if finding.span.start < end or not finding.span.start < finding.span.end <= len(text):
            raise ValueError("findings that overlap, or lie outside of their text")
        end = finding.span.end
    return findings
