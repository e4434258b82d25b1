"""One page of a source against what is known: raw content, access, failures, outbox and cursor move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from connectors import failures
from connectors import repository as sources
from connectors.errors import ItemFailed, ItemGone
from connectors.record import unguarded
from connectors.sources.base import RECORD, AccessPage, AnySource, Change, Fault, Item, ItemAccess, Page
from core.clock import Clock
from core.database import Database
from core.leases import Lease
from ingest import repository
from ingest.blobs import BlobStore
from ingest.label import personnel
from ingest.page import PageWrite
from ingest.repository import HELD, Known

Lag = Literal["deletions", "permissions"]
"""What takes effect when the page is committed. Content does when the index has it: its line of the outbox knows."""


@dataclass(slots=True)
class Tally:
    """What came of a run. ``failures`` are (key, code, reason); ``lags`` how long what took effect was on its way."""

    new: set[str] = field(default_factory=set[str])
    changed: set[str] = field(default_factory=set[str])
    unchanged: int = 0
    access_changed: int = 0
    suppressed: int = 0
    deleted: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    lags: dict[Lag, list[timedelta]] = field(default_factory=dict[Lag, list[timedelta]])

    @property
    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "access_changed": self.access_changed,
            "deleted": self.deleted,
            "suppressed": self.suppressed,
            "failed": len(self.failures),
        }

    def noticed(self, kind: Lag, since: datetime | None, now: datetime) -> None:
        if since is not None:
            self.lags.setdefault(kind, []).append(max(now - since, timedelta(0)))

    def passed_over(self, before: Known) -> None:
        if before.state == "failed":
            self.failures.append((before.key, before.failure_code or "failed", before.failure_reason or ""))
        else:
            self.unchanged += 1


@dataclass(frozen=True, slots=True)
class Hold:
    """One run's hold of a source: in whose name pages are committed. ``began`` is when the run did, ``since`` when
    everything was last known to be read (None at the first time): lags count from it where the source gives no time."""

    source_id: str
    lease: Lease
    began: datetime
    since: datetime | None
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A page, before its transaction opens: what is to be kept, with its content, what is as it was, and ``unread``,
    whose content could not be had: who may read what is held of it changes all the same."""

    work: dict[str, tuple[Change, Item | None]]
    unread: dict[str, ItemAccess]
    same: tuple[str, ...]
    done: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Compares pages with the database and commits what changed."""

    database: Database
    blobs: BlobStore
    clock: Clock

    def keep(self, hold: Hold, source: AnySource, page: Page) -> None:
        """Commit one page. Content is read before the transaction opens, so that a slow source never holds the lock."""
        prepared = self._prepare(hold, source, page)
        now = self.clock()
        with self.database.writing() as session:
            hold.lease.confirm(session)
            write = PageWrite(session, self.blobs, hold.source_id, now, hold.since)
            write.intern_derived(page.derived)
            # Read again: the pipeline, or somebody's hand, may have moved them while content was fetched.
            known = repository.known_items(session, hold.source_id, (*prepared.work, *prepared.unread))
            for granted in prepared.unread.values():
                if (before := known.pop(granted.key, None)) is not None and before.state in HELD:
                    self._keep_access(write, before, granted, hold.tally)
            for key, (change, item) in prepared.work.items():
                self._keep_item(write, change, known.get(key), item, hold.tally)
            write.flush()
            kept = [item.id for item in known.values()]
            # Not before the run began, whatever the clock did meanwhile: it would look as if nobody had listed them.
            repository.confirm(session, [*prepared.same, *kept], max(now, hold.began))
            self._drop(session, hold, page.deleted, now)
            failures.clear(session, hold.source_id, prepared.done)
            failures.record(session, hold.source_id, prepared.faults, now)
            if page.cursor is not None:
                sources.move_cursor(session, hold.source_id, page.cursor.model_dump(mode="json"), now)
        hold.tally.failures.extend((fault.key, fault.code, fault.reason) for fault in prepared.faults)

    def confirm(self, hold: Hold, keys: Sequence[str]) -> tuple[str, ...]:
        """The source has listed these keys. Returns those of which nothing is held, and that nobody tries again."""
        with self.database.writing() as session:
            known = repository.known_items(session, hold.source_id, keys)
            held = [item for item in known.values() if item.state != "gone"]
            repository.confirm(session, [item.id for item in held], max(self.clock(), hold.began))
            missed = set(keys) - {item.key for item in held}
            return tuple(sorted(missed - failures.among(session, hold.source_id, sorted(missed))))

    def drop_unconfirmed(self, hold: Hold, spared: Sequence[str]) -> None:
        """A whole listing has ended well: what it did not name leaves the answers. ``spared`` keys were named, but
        could not be looked at."""
        with self.database.writing() as session:
            hold.lease.confirm(session)
            gone = repository.unconfirmed(session, hold.source_id, hold.began)
            self._drop(session, hold, sorted(set(gone) - set(spared)), self.clock())

    def keep_access(self, hold: Hold, keys: Sequence[str], page: AccessPage) -> tuple[str, ...]:
        """Commit who may read these items now; of one that the source does not name any more, nobody. Returns the keys
        of those that have to be read anew, because other fields have access of their own now."""
        now = self.clock()
        answered = {item.key for item in page.items}
        anew: list[str] = []
        with self.database.writing() as session:
            hold.lease.confirm(session)
            write = PageWrite(session, self.blobs, hold.source_id, now, hold.since)
            write.intern_derived(page.derived)
            known = repository.known_items(session, hold.source_id, keys)
            for item in page.items:
                before = known.get(item.key)
                if before is None or before.state not in HELD:
                    continue
                if self._set_access(write, before, item):
                    hold.tally.access_changed += 1
                    hold.tally.noticed("permissions", hold.since, now)
                if _splits_otherwise(item, before) or before.fingerprint == "":
                    anew.append(item.key)
            write.flush()
            self._drop(session, hold, [key for key in keys if key not in answered], now)
        return tuple(anew)

    def _prepare(self, hold: Hold, source: AnySource, page: Page) -> _Prepared:
        # The last word counts where a page names an item twice.
        changes = {change.key: change for change in page.changes}
        with self.database.reading() as session:
            known = repository.known_items(session, hold.source_id, tuple(changes))
        work: dict[str, tuple[Change, Item | None]] = {}
        unread: dict[str, ItemAccess] = {}
        same: list[str] = []
        done = list(page.deleted)
        faults = list(page.faults)
        for key, change in changes.items():
            before = known.get(key)
            if before is not None and before.state == "suppressed":
                hold.tally.suppressed += 1
                done.append(key)
                continue
            try:
                item = None if before is not None and _same_content(change, before) else _content(source, change)
            except ItemGone:
                done.append(key)
                continue
            except ItemFailed as failure:
                faults.append(Fault(key, failure.reason, transient=failure.transient))
                unread[key] = ItemAccess(key, change.access, change.restricted)
                continue
            done.append(key)
            if before is not None and item is None and _same(change, before):
                same.append(before.id)
                hold.tally.passed_over(before)
            else:
                work[key] = (change, item)
        return _Prepared(work, unread, tuple(same), tuple(done), tuple(faults))

    def _keep_item(
        self, write: PageWrite, change: Change, before: Known | None, item: Item | None, tally: Tally
    ) -> None:
        if before is None:
            assert item is not None
            tally.new.add(write.add(change, item))
            return
        if before.state == "suppressed":
            tally.suppressed += 1
            return
        if item is None and before.state not in HELD:
            return
        self._keep_access(write, before, ItemAccess(change.key, change.access, change.restricted), tally)
        if before.modified_at != change.modified_at:
            write.set(before.id, modified_at=change.modified_at)
            if before.state == "ready":
                write.ask(before.id, "access")
        if before.url != change.url:
            write.set(before.id, url=change.url)
        if item is None:
            tally.passed_over(before)
            return
        self._keep_content(write, change, before, item, tally)

    @staticmethod
    def _keep_content(write: PageWrite, change: Change, before: Known, item: Item, tally: Tally) -> None:
        digest = write.put(item.body)
        write.set(before.id, fingerprint=change.fingerprint)
        granted = ItemAccess(change.key, change.access, change.restricted)
        again = before.fingerprint == "" or _splits_otherwise(granted, before)
        if digest == before.content_hash and before.state in HELD and not again:
            tally.passed_over(before)
            return
        (tally.new if before.state == "gone" else tally.changed).add(before.id)
        write.set(before.id, content_hash=digest, filename=item.filename, media_type=item.media_type)
        if item.title:
            write.set(before.id, title=item.title)
        # The version that was current stays so until the new one is settled.
        if before.state != "ready":
            write.set(before.id, state="pending")
        write.ask(before.id, "content")
        write.date(before.id, change.modified_at)

    def _keep_access(self, write: PageWrite, before: Known, granted: ItemAccess, tally: Tally) -> None:
        if self._set_access(write, before, granted) and before.state == "ready":
            tally.access_changed += 1
            tally.noticed("permissions", write.since, write.now)

    @staticmethod
    def _set_access(write: PageWrite, before: Known, granted: ItemAccess) -> bool:
        """Whether it changed. The second check of a search reads it from here: it holds from this commit on."""
        access_key = write.intern(granted.access)
        restricted = write.intern_parts(granted.access, granted.restricted)
        if before.access_key == access_key and dict(before.restricted) == restricted and before.state != "gone":
            return False
        write.set_access(before, access_key, restricted)
        if before.state == "ready":
            write.ask(before.id, "access")
        if _splits_otherwise(granted, before):
            write.set(before.id, fingerprint="")
        # A field restricted only now may stand in any chunk, and in what was read but is not split yet: nobody reads
        # the document until it is read anew.
        if before.state in ("ready", "pending") and _restricts_more(granted, before):
            write.set(before.id, state="pending")
            write.withdraw(before.id)
        return True

    @staticmethod
    def _drop(session: Session, hold: Hold, keys: Sequence[str], now: datetime) -> None:
        known = repository.known_items(session, hold.source_id, keys).values()
        # A suppressed document stays suppressed, so that it does not come back with its file.
        ids = [item.id for item in known if item.state in HELD]
        drop(session, ids, "gone", now)
        hold.tally.deleted += len(ids)
        for _ in ids:
            hold.tally.noticed("deletions", hold.since, now)


def _content(source: AnySource, change: Change) -> Item:
    item = change.item or source.fetch(change.key)
    if item.media_type == RECORD and (names := unguarded(item.body, {name for name, _ in change.restricted})):
        # They may have been read at different moments: it is tried again.
        raise ItemFailed(
            f"The source does not say alike, with its content and with its access, who may read: {', '.join(names)}."
        )
    return item


def _same_content(change: Change, before: Known) -> bool:
    granted = ItemAccess(change.key, change.access, change.restricted)
    return before.fingerprint == change.fingerprint and before.state in HELD and not _splits_otherwise(granted, before)


def _restricts_more(granted: ItemAccess, before: Known) -> bool:
    """Whether a field has access of its own that had none when the content was split."""
    return bool({name for name, _ in granted.restricted} - set(before.restricted))


def _splits_otherwise(granted: ItemAccess, before: Known) -> bool:
    """Whether other fields have access of their own than when the content was split."""
    return {name for name, _ in granted.restricted} != set(before.restricted)


def _same(change: Change, before: Known) -> bool:
    """Nothing moved: neither content, nor access, nor what is shown of the item."""
    return (
        before.access_key == change.access.key
        and dict(before.restricted) == {name: own.key for name, own in change.restricted}
        and before.modified_at == change.modified_at
        and before.url == change.url
    )


def drop(session: Session, document_ids: Sequence[str], state: str, now: datetime) -> None:
    """Take documents out of the answers: from the next request on they are refused; the index follows."""
    repository.set_state(session, document_ids, state)
    repository.end_document_access(session, document_ids, now)
    repository.enqueue_each(session, document_ids, "remove")
    personnel.forget(session, document_ids)
