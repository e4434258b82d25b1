"""Documents as their sources have them at this moment: fetched through their connectors, read in the parser's pool, and
kept nowhere. Bounded in time: who waits is told which source did not answer."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Literal

import structlog

from connectors.errors import ItemFailed, ItemGone
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource, Item
from core.errors import VouchError
from ingest.parse import ParseFailed, ParserPool

SECONDS = 30.0
"""How long all sources together are waited for."""
THREADS = 4
log = structlog.get_logger()

State = Literal["read", "unchanged", "gone", "unreachable", "unreadable", "late"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document by its key in a source. ``content_hash``: of the content that is known (SHA-256)."""

    source: SourceRecord
    key: str = field(repr=False)
    content_hash: str


@dataclass(frozen=True, slots=True)
class Live:
    """What came of it. ``text`` where it was read; ``unchanged`` has the content that is known. ``why`` says what to
    do, without content."""

    state: State
    text: str | None = field(default=None, repr=False)
    why: str = ""


LATE = Live("late", why="The source did not answer in time. Try again, or look whether it is up.")


class Reader:
    """Reads documents from their sources at this moment."""

    def __init__(
        self, open_source: Callable[[SourceRecord], AnySource], pool: ParserPool, seconds: float = SECONDS
    ) -> None:
        self._open, self._pool, self._seconds = open_source, pool, seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="live")

    def read(self, wanted: Mapping[str, Wanted]) -> dict[str, Live]:
        """By the same names. One after the other of one source, several sources at a time. What nobody expected of a
        source is raised: it is not late."""
        deadline = time.monotonic() + self._seconds
        by_source: dict[str, list[str]] = {}
        for name, each in wanted.items():
            by_source.setdefault(each.source.id, []).append(name)
        found: dict[str, Live] = {}
        running = [self._threads.submit(self._all, wanted, names, found, deadline) for names in by_source.values()]
        done = wait(running, timeout=self._seconds).done
        _cancel(running)
        for each in done:
            each.result()
        return {name: found.get(name, LATE) for name in wanted}

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _all(self, wanted: Mapping[str, Wanted], names: Sequence[str], found: dict[str, Live], deadline: float) -> None:
        try:
            source = self._open(wanted[names[0]].source)
        except VouchError as error:
            found.update(dict.fromkeys(names, Live("unreachable", why=str(error))))
            return
        for name in names:
            if time.monotonic() >= deadline:
                return
            found[name] = self._one(source, wanted[name], deadline)

    def _one(self, source: AnySource, wanted: Wanted, deadline: float) -> Live:
        try:
            item = _item(source, wanted.key)
            if hashlib.sha256(item.body).hexdigest() == wanted.content_hash:
                return Live("unchanged")
            parsed = self._pool.parse(item).result(max(0.1, deadline - time.monotonic())).parsed
        except ItemGone:
            return Live("gone")
        except ItemFailed as error:
            return Live("unreadable", why=error.reason)
        except ParseFailed as error:
            return Live("unreadable", why=str(error))
        except TimeoutError:
            return LATE
        except VouchError as error:
            log.warning("review.source_failed", source=wanted.source.name, reason=error.message)
            return Live("unreachable", why=str(error))
        return Live("read", parsed.text)


def _item(source: AnySource, key: str) -> Item:
    """The content of one item now. Raises ``ItemGone`` and ``ItemFailed``."""
    for page in source.read((key,)):
        for fault in page.faults:
            if fault.key == key:
                raise ItemFailed(fault.reason, transient=fault.transient)
        for change in page.changes:
            if change.key == key:
                return change.item or source.fetch(key)
        if key in page.deleted:
            break
    raise ItemGone("It is not there any more.")


def _cancel(running: Sequence[Future[None]]) -> None:
    for each in running:
        each.cancel()
