"""A warm pool of parsing processes: many documents in flight, each under its own limits.

Children are started when there is work and end when there has been none for a while. A crash, a hang or a memory
blow-up fails only its document. Small records and texts travel many to a message.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import psutil

from connectors.sources.base import RECORD, Item
from core.errors import Unavailable, VouchError
from ingest.parse.errors import ParseFailed
from ingest.parse.process import Child, ChildDied, ChildNotStarted, ChildTimedOut, ChildTooBig, Limits, PlainUnpickler
from ingest.parsed import Parsed

T = TypeVar("T")

_PREFIX = "vouch-parse-"
_LIGHT_SUFFIXES = frozenset({".txt", ".md", ".markdown", ".csv", ".tsv", ".log", ".json"})
_LIGHT_BYTES = 64 * 1024
_BATCH_ITEMS = 64
_BATCH_BYTES = 512 * 1024
_RECORDS_A_FILE = 10
_BYTES_A_RECORD = 4 * 1024
"""Reading a PDF takes about as long as reading one small record for each 4 KiB of it."""
_BACKLOG_RECORDS = 1_024
"""What waits for the children that run before one more is started: reading it takes twice as long as a start, whose
processor time the embedder would otherwise have."""
_PATIENCE_SECONDS = 2.0
"""How long work waits while no child takes any before one more is started: about as long as a start."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """A parsed document, and what ``then`` made of it in the child."""

    parsed: Parsed
    value: T


@dataclass(slots=True)
class _Job:
    request: tuple[Any, ...] = field(repr=False)
    future: Future[Any]
    render: bool = False
    light: bool = False
    size: int = 0

    @property
    def records(self) -> int:
        """About how many small records could be read instead."""
        return 1 if self.light else _RECORDS_A_FILE + self.size // _BYTES_A_RECORD


class ParserPool:
    """Parses items in ``workers`` child processes. Safe to use from many threads.

    ``initializer`` (picklable) runs once in every child, for example to import what ``then`` needs. Children get a
    bare environment: no secrets and no settings.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        timeout_seconds: float = 120.0,
        memory_mb: int = 1400,
        output_mb: int = 64,
        idle_seconds: float = 60.0,
        initializer: Callable[[], object] | None = None,
    ) -> None:
        self.limits = Limits(timeout_seconds, memory_mb, output_mb)
        self.idle_seconds = idle_seconds
        self.initializer = initializer
        self.peak_kb = 0
        self._queue: deque[_Job] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._children: dict[int, Child] = {}
        self._busy: set[int] = set()
        """The workers with a batch."""
        self._backlog = 0
        """Records' worth of work that waits."""
        self._taken = time.monotonic()
        """When work was last taken, or came to where none was waiting."""
        _sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._threads = [
            threading.Thread(target=self._serve, args=(number,), name=f"parser-{number}", daemon=True)
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def parse(self, item: Item, then: Callable[[Parsed], T] | None = None) -> Future[Outcome[T]]:
        """Begin to parse ``item``; the future gives its outcome or raises ``ParseFailed``, or
        ``Unavailable`` when no child can be started.

        ``then`` (picklable) is applied in the child; its result must be made of plain values and dataclasses of
        ``core``, ``connectors`` and ``ingest``. Without it, ``value`` is None.
        """
        small = len(item.body) <= _LIGHT_BYTES
        light = small and (item.media_type == RECORD or PurePosixPath(item.filename).suffix.lower() in _LIGHT_SUFFIXES)
        request = (item.body, item.filename, item.media_type, item.title, then)
        return self._submit(_Job(request, Future(), light=light, size=len(item.body)))

    def parse_each(
        self, items: Iterable[Item], then: Callable[[Parsed], T] | None = None, *, ahead: int = 128
    ) -> Iterator[tuple[Item, Outcome[T] | ParseFailed]]:
        """Every item with its outcome or failure, in order, with at most ``ahead`` in flight."""
        flying: deque[tuple[Item, Future[Outcome[T]]]] = deque()
        for item in items:
            flying.append((item, self.parse(item, then)))
            if len(flying) >= ahead:
                yield _settled(*flying.popleft())
        while flying:
            yield _settled(*flying.popleft())

    def render_page(self, body: bytes, page: int, scale: float) -> bytes:
        """Page ``page`` (from 1) of a PDF as PNG, ``scale`` pixels a point; goes before waiting documents."""
        job = _Job((body, page, scale), Future(), render=True, size=len(body))
        rendered: bytes = self._submit(job).result()
        return rendered

    def children(self) -> tuple[int, ...]:
        """The process ids of the children that run now."""
        return tuple(child.pid for child in list(self._children.values()))

    def close(self) -> None:
        """Stop all children at once; what was waiting is cancelled."""
        with self._ready:
            self._closing = True
            waiting = list(self._queue)
            self._queue.clear()
            self._backlog = 0
            self._ready.notify_all()
        for job in waiting:
            job.future.cancel()
        for child in list(self._children.values()):
            child.interrupt()
        for thread in self._threads:
            thread.join()
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _submit(self, job: _Job) -> Future[Any]:
        with self._ready:
            if self._closing:
                raise RuntimeError("the parser pool is closed")
            if not self._queue:
                self._taken = time.monotonic()
            self._backlog += job.records
            if job.render:
                self._queue.appendleft(job)
            else:
                self._queue.append(job)
            # All of them: the one woken first may leave the job to another.
            self._ready.notify_all()
        return job.future

    def _serve(self, number: int) -> None:
        """A worker thread: takes jobs, keeps one child alive while there are any."""
        try:
            while True:
                batch = self._take(number)
                if batch is None:
                    return
                if batch:
                    self._run(number, batch)
                else:
                    self._retire(number)
        finally:
            self._retire(number)

    def _take(self, number: int) -> list[_Job] | None:
        """The next jobs: one, or many light ones. Empty after an idle while, None when closing."""
        with self._ready:
            self._busy.discard(number)
            idle_at = time.monotonic() + self.idle_seconds
            while not self._closing:
                batch = self._next_batch() if self._is_wanted(number) else []
                if batch:
                    self._busy.add(number)
                    self._taken = time.monotonic()
                    if self._queue:
                        self._ready.notify_all()
                    return batch
                # What it was woken for may be gone by now: that is no reason to end a child, only a while without
                # work is.
                left = idle_at - time.monotonic()
                if left <= 0:
                    return []
                self._ready.wait(min(left, _PATIENCE_SECONDS) if self._queue else left)
            return None

    def _is_wanted(self, number: int) -> bool:
        """Whether this worker is to take what waits. Children that run come first, since a start takes seconds of
        processor time: it must be worth it, or a page to be drawn, or nothing else moves."""
        if not self._queue:
            return False
        running = list(self._children)
        if number in running:
            return True
        if any(other not in self._busy for other in running):
            return False
        stuck = time.monotonic() - self._taken >= _PATIENCE_SECONDS
        return not self._busy or stuck or self._backlog > _BACKLOG_RECORDS or self._queue[0].render

    def _next_batch(self) -> list[_Job]:
        batch: list[_Job] = []
        size = 0
        while self._queue and len(batch) < _BATCH_ITEMS:
            job = self._queue[0]
            if batch and (not job.light or not batch[0].light or size + job.size > _BATCH_BYTES):
                break
            self._queue.popleft()
            self._backlog -= job.records
            if job.future.set_running_or_notify_cancel():
                batch.append(job)
                size += job.size
        return batch

    def _run(self, number: int, batch: list[_Job]) -> None:
        failure = self._attempt(number, batch)
        if failure is None:
            return
        if len(batch) == 1 or isinstance(failure, Unavailable):
            for job in batch:
                job.future.set_exception(failure)
            return
        # One of them broke the child: alone, each fails or succeeds for itself.
        for job in batch:
            alone = self._attempt(number, [job])
            if alone is not None:
                job.future.set_exception(alone)

    def _attempt(self, number: int, batch: list[_Job]) -> VouchError | None:
        first = batch[0]
        request = ("render", *first.request) if first.render else ("parse", [job.request for job in batch])
        try:
            child = self._children.get(number) or self._start(number)
            if self._closing:
                raise ChildDied
            blobs = child.ask(request)
            outcomes = [PlainUnpickler.load_from(blob) for blob in blobs]
        except (ChildNotStarted, OSError):
            return Unavailable(
                "The parsing process could not be started.",
                hint="Check free memory and disk space, and that this installation is complete, then run again.",
            )
        except ChildTimedOut:
            self._retire(number)
            return ParseFailed("timeout", f"Parsing took more than {self.limits.timeout_seconds:g} seconds.")
        except ChildTooBig:
            self._retire(number)
            return ParseFailed("too_large", "The document needs more memory than parsing may use.")
        except (ChildDied, pickle.PickleError, AttributeError, EOFError, IndexError, ValueError, TypeError) as error:
            self._retire(number)
            if self._closing:
                return ParseFailed("crashed", "Parsing was stopped.", hint="Run the source again.")
            broken = (
                "The parser crashed on the document."
                if isinstance(error, ChildDied)
                else "The parser's answer was not usable."
            )
            return ParseFailed("crashed", broken)
        self.peak_kb = max(self.peak_kb, child.peak_kb)
        if child.retired:
            self._retire(number)
        for job, outcome in zip(batch, outcomes, strict=True):
            _deliver(job, outcome)
        return None

    def _start(self, number: int) -> Child:
        child = Child(self._folder, self.limits, self.initializer)
        self._children[number] = child
        return child

    def _retire(self, number: int) -> None:
        child = self._children.pop(number, None)
        if child is not None:
            child.stop()


def _deliver(job: _Job, outcome: tuple[Any, ...]) -> None:
    if outcome[0] == "failed":
        job.future.set_exception(ParseFailed(outcome[1], outcome[2], hint=outcome[3]))
    elif job.render:
        job.future.set_result(outcome[1])
    else:
        parsed, value = outcome[1]
        job.future.set_result(Outcome(parsed, value))


def _settled(item: Item, future: Future[Outcome[T]]) -> tuple[Item, Outcome[T] | ParseFailed]:
    try:
        return item, future.result()
    except ParseFailed as failure:
        return item, failure


def _sweep() -> None:
    """Remove the folders of pools whose process was killed before it could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
