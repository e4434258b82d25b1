"""Asking a source itself, at question time, whether the reader may still read what was found: deny only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import structlog

from connectors import repository as sources
from connectors.accounts import account_of
from connectors.plan import stored_plan
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource, Rechecks
from core.access import Principal
from core.database import Database
from core.errors import VouchError
from retrieval.evidence import Passage

LIFE_SECONDS = 3.0
"""How long the list of sources that are to be asked counts."""
THREADS = 8
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A source that wants to be asked, and for how many seconds a search waits for it."""

    source_id: str
    source: Rechecks
    seconds: float


class Rechecker:
    """Confirms passages of those sources whose plan says ``recheck``. What is not confirmed in time is dropped."""

    def __init__(
        self, database: Database, open_source: Callable[[SourceRecord], AnySource],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._database, self._open, self._clock = database, open_source, clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="recheck")
        self._kept: tuple[float, Mapping[str, _Asked | None]] | None = None
        self._opened: dict[tuple[str, int], _Asked | None] = {}

    def confirmed(self, passages: Sequence[Passage], principal: Principal) -> list[Passage]:
        """``passages`` in their order, without those that their source does not confirm for this reader."""
        asked = self._asked()
        if not asked:
            return list(passages)
        wanted: dict[str, list[str]] = {}
        for passage in passages:
            if passage.document.source in asked:
                wanted.setdefault(passage.document.source, []).append(passage.document.uri)
        if not wanted:
            return list(passages)
        # A source knows people and not whom a group consists of: for a group that reads along it can confirm nothing.
        if principal.beside:
            return [passage for passage in passages if passage.document.source not in asked]
        allowed = self._answers(wanted, asked, principal)
        return [
            passage
            for passage in passages
            if passage.document.source not in wanted or passage.document.uri in allowed[passage.document.source]
        ]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _answers(
        self, wanted: Mapping[str, list[str]], asked: Mapping[str, _Asked | None], principal: Principal
    ) -> dict[str, frozenset[str]]:
        allowed: dict[str, frozenset[str]] = dict.fromkeys(wanted, frozenset())
        running: dict[str, Future[frozenset[str]]] = {}
        longest = 0.0
        for name, keys in wanted.items():
            source = asked[name]
            if source is None:
                continue
            with self._database.reading() as session:
                account = account_of(session, source.source_id, principal.person_id)
            if account is not None:
                running[name] = self._pool.submit(source.source.recheck, account, sorted(set(keys)))
                longest = max(longest, source.seconds)
        wait(running.values(), timeout=longest)
        for name, answer in running.items():
            if not answer.done():
                answer.cancel()
                log.warning("recheck.late", source=name)
                continue
            try:
                allowed[name] = answer.result()
            except VouchError as error:
                log.warning("recheck.failed", source=name, reason=error.message)
        return allowed

    def _asked(self) -> Mapping[str, _Asked | None]:
        """By name; None for a source that wants to be asked but cannot be, of which nothing can be confirmed."""
        at = self._clock()
        if self._kept is not None and at - self._kept[0] < LIFE_SECONDS:
            return self._kept[1]
        with self._database.reading() as session:
            records = sources.everything(session)
        found: dict[str, _Asked | None] = {}
        for record in records:
            patience = stored_plan(record.plan).recheck
            if patience is not None:
                version = record.id, record.version
                if version not in self._opened:
                    self._opened[version] = self._asked_of(record, patience.total_seconds())
                found[record.name] = self._opened[version]
        self._kept = (at, found)
        return found

    def _asked_of(self, record: SourceRecord, seconds: float) -> _Asked | None:
        try:
            source = self._open(record)
        except VouchError as error:
            log.warning("recheck.failed", source=record.name, reason=error.message)
            return None
        return _Asked(record.id, source, seconds) if isinstance(source, Rechecks) else None
