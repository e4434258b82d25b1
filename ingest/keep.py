"""One page of a source against what is known: raw content, access, failures, outbox and cursor move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy.orm import Session

from connectors import failures
from connectors import repository as sources
from connectors.errors import ItemFailed, ItemGone
from connectors.sources.base import AccessPage, AnySource, Change, Fault, Item, ItemAccess, Page
from core import access_sets
from core.access import Access, Conjunction
from core.clock import Clock
from core.database import Database, insert_missing
from core.ids import stable_id
from core.leases import Lease
from ingest import repository
from ingest.blobs import INLINE_BYTES, BlobStore
from ingest.repository import HELD, Known
from ingest.tables import BlobRow, DocumentRow

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


@dataclass(slots=True)
class _PageWrite:
    """What one page's transaction has stored of accesses, and what it is to insert together at its end."""

    session: Session
    source_id: str
    now: datetime
    since: datetime | None
    interned: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]])
    documents: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changed_at: dict[str, datetime] = field(default_factory=dict[str, datetime])
    bodies: dict[str, bytes] = field(default_factory=dict[str, bytes], repr=False)

    def intern(self, access: Access) -> str:
        if (access.key, None) not in self.interned:
            access_sets.intern(self.session, access)
            self.interned.add((access.key, None))
        return access.key

    def intern_parts(self, access: Access, restricted: Sequence[tuple[str, Access]]) -> dict[str, str]:
        for _, own in restricted:
            if (access.key, own.key) not in self.interned:
                access_sets.intern_both(self.session, access, own)
                self.interned.add((access.key, own.key))
        return {name: self.intern(own) for name, own in restricted}

    def intern_derived(self, derived: Sequence[Conjunction]) -> None:
        for conjunction in derived:
            access_sets.intern_conjunction(self.session, conjunction)

    def date(self, document_id: str, modified_at: datetime | None) -> None:
        """Remember when the source changed this. What it does not say is taken to be the last time that everything
        was known; what was there before anybody looked is not late."""
        if self.since is not None:
            self.changed_at[document_id] = min(max(modified_at or self.since, self.since), self.now)

    def insert(self) -> None:
        bodies = [{"hash": digest, "body": body} for digest, body in self.bodies.items()]
        insert_missing(self.session, BlobRow, bodies)
        repository.add_documents(self.session, self.documents, self.now)
        repository.date_outbox(self.session, self.changed_at)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Compares pages with the database and commits what changed.

    ``since`` is when everything was last known to be read (None at the first time): lags count from it where the source
    gives no time of its own.
    """

    database: Database
    blobs: BlobStore
    clock: Clock

    def keep(
        self, lease: Lease, source_id: str, source: AnySource, page: Page, since: datetime | None, tally: Tally
    ) -> None:
        """Commit one page. Content is read before the transaction opens, so that a slow source never holds the lock."""
        with self.database.reading() as session:
            known = repository.known_items(session, source_id, [change.key for change in page.changes])
        work: list[tuple[Change, Known | None, Item | None]] = []
        same: list[str] = []
        faults = list(page.faults)
        done: list[str] = list(page.deleted)
        for change in page.changes:
            before = known.get(change.key)
            if before is not None and before.state == "suppressed":
                tally.suppressed += 1
                continue
            try:
                item = None if before is not None and _same_content(change, before) else _content(source, change)
            except ItemGone:
                done.append(change.key)
                continue
            except ItemFailed as failure:
                faults.append(Fault(change.key, failure.reason, transient=failure.transient))
                continue
            done.append(change.key)
            if before is not None and item is None and _same(change, before):
                same.append(before.id)
                self._count_unchanged(before, tally)
            else:
                work.append((change, before, item))
        now = self.clock()
        with self.database.writing() as session:
            lease.confirm(session)
            write = _PageWrite(session, source_id, now, since)
            write.intern_derived(page.derived)
            kept = [self._keep_item(write, *piece, tally) for piece in work]
            write.insert()
            repository.confirm(session, [*same, *kept], now)
            self._drop(session, source_id, page.deleted, since, now, tally)
            failures.clear(session, source_id, done)
            failures.record(session, source_id, faults, now)
            if page.cursor is not None:
                sources.move_cursor(session, source_id, page.cursor.model_dump(mode="json"), now)
        tally.failures.extend((fault.key, fault.code, fault.reason) for fault in faults)

    def confirm(self, source_id: str, keys: Sequence[str]) -> tuple[str, ...]:
        """The source has listed these keys. Returns those of which nothing is held."""
        with self.database.writing() as session:
            known = repository.known_items(session, source_id, keys)
            held = [item for item in known.values() if item.state != "gone"]
            repository.confirm(session, [item.id for item in held], self.clock())
        return tuple(set(keys) - {item.key for item in held})

    def drop_unconfirmed(
        self, lease: Lease, source_id: str, listing_began: datetime, spared: Sequence[str], since: datetime | None,
        tally: Tally,
    ) -> None:  # fmt: skip
        """A whole listing has ended well: what it did not name leaves the answers. ``spared`` keys were named, but
        could not be looked at."""
        with self.database.writing() as session:
            lease.confirm(session)
            gone = repository.unconfirmed(session, source_id, listing_began)
            self._drop(session, source_id, sorted(set(gone) - set(spared)), since, self.clock(), tally)

    def keep_access(
        self, lease: Lease, source_id: str, keys: Sequence[str], page: AccessPage, since: datetime | None, tally: Tally
    ) -> tuple[str, ...]:
        """Commit who may read these items now; of one that the source does not name any more, nobody. Returns the keys
        of those that have to be read anew, because a field of theirs was restricted only now."""
        now = self.clock()
        answered = {item.key for item in page.items}
        anew: list[str] = []
        with self.database.writing() as session:
            lease.confirm(session)
            write = _PageWrite(session, source_id, now, since)
            write.intern_derived(page.derived)
            known = repository.known_items(session, source_id, keys)
            for item in page.items:
                before = known.get(item.key)
                if before is not None and before.state in HELD and self._set_access(write, before, item):
                    tally.access_changed += 1
                    tally.noticed("permissions", since, now)
                    if _restricts_more(item, before):
                        anew.append(item.key)
            self._drop(session, source_id, [key for key in keys if key not in answered], since, now, tally)
        return tuple(anew)

    def _keep_item(
        self, write: _PageWrite, change: Change, before: Known | None, item: Item | None, tally: Tally
    ) -> str:
        session = write.session
        if before is None:
            assert item is not None
            return self._add(write, change, item, tally)
        row = session.get_one(DocumentRow, before.id)
        granted = ItemAccess(change.key, change.access, change.restricted)
        if self._set_access(write, before, granted) and before.state == "ready":
            tally.access_changed += 1
            tally.noticed("permissions", write.since, write.now)
        if row.modified_at != change.modified_at:
            row.modified_at = change.modified_at
            if before.state == "ready":
                repository.enqueue(session, row.id, "access")
        row.url = change.url
        if item is None:
            self._count_unchanged(before, tally)
            return row.id
        row.fingerprint = change.fingerprint
        digest = self.blobs.put(session, item.body)
        if digest == before.content_hash and before.state in HELD:
            self._count_unchanged(before, tally)
            return row.id
        (tally.new if before.state == "gone" else tally.changed).add(row.id)
        row.content_hash, row.filename, row.media_type = digest, item.filename, item.media_type
        row.title = item.title or row.title
        # The version that was current stays so until the new one is settled.
        if before.state != "ready":
            row.state = "pending"
        repository.enqueue(session, row.id, "content")
        write.date(row.id, change.modified_at)
        return row.id

    @staticmethod
    def _set_access(write: _PageWrite, before: Known, granted: ItemAccess) -> bool:
        """Whether it changed. The second check of a search reads it from here: it holds from this commit on."""
        access_key = write.intern(granted.access)
        restricted = write.intern_parts(granted.access, granted.restricted)
        if before.access_key == access_key and dict(before.restricted) == restricted and before.state != "gone":
            return False
        row = write.session.get_one(DocumentRow, before.id)
        row.access_key, row.restricted = access_key, restricted
        repository.set_document_access(write.session, row.id, access_key, write.now)
        if before.state == "ready":
            repository.enqueue(write.session, row.id, "access")
        # A field restricted only now may stand in any chunk: nobody reads the document until it is split anew.
        if before.state == "ready" and _restricts_more(granted, before):
            row.state, row.fingerprint = "pending", ""
        return True

    def _add(self, write: _PageWrite, change: Change, item: Item, tally: Tally) -> str:
        document_id = stable_id("document", write.source_id, change.key)
        write.documents.append(
            {
                "id": document_id,
                "source_id": write.source_id,
                "key": change.key,
                "title": item.title or "",
                "url": change.url,
                "filename": item.filename,
                "media_type": item.media_type,
                "fingerprint": change.fingerprint,
                "content_hash": self._put(write, item.body),
                "access_key": write.intern(change.access),
                "restricted": write.intern_parts(change.access, change.restricted),
                "modified_at": change.modified_at,
                "confirmed_at": write.now,
                "state": "pending",
                "generation": 0,
            }
        )
        write.date(document_id, change.modified_at)
        tally.new.add(document_id)
        return document_id

    def _put(self, write: _PageWrite, body: bytes) -> str:
        """Small bodies wait for the others of their page; large ones go into their files at once."""
        if len(body) > INLINE_BYTES:
            return self.blobs.put(write.session, body)
        digest = sha256(body).hexdigest()
        write.bodies[digest] = body
        return digest

    @staticmethod
    def _count_unchanged(before: Known, tally: Tally) -> None:
        if before.state == "failed":
            tally.failures.append((before.key, before.failure_code or "failed", before.failure_reason or ""))
        else:
            tally.unchanged += 1

    @staticmethod
    def _drop(
        session: Session, source_id: str, keys: Sequence[str], since: datetime | None, now: datetime, tally: Tally
    ) -> None:
        for item in repository.known_items(session, source_id, keys).values():
            # A suppressed document stays suppressed, so that it does not come back with its file.
            if item.state in HELD:
                drop(session, item.id, "gone", now)
                tally.deleted += 1
                tally.noticed("deletions", since, now)


def _content(source: AnySource, change: Change) -> Item:
    return change.item or source.fetch(change.key)


def _same_content(change: Change, before: Known) -> bool:
    granted = ItemAccess(change.key, change.access, change.restricted)
    return before.fingerprint == change.fingerprint and before.state in HELD and not _restricts_more(granted, before)


def _restricts_more(granted: ItemAccess, before: Known) -> bool:
    """Whether a field has access of its own that had none when the content was split."""
    return bool({name for name, _ in granted.restricted} - set(before.restricted))


def _same(change: Change, before: Known) -> bool:
    """Nothing moved: neither content, nor access, nor what is shown of the item."""
    return (
        _same_content(change, before)
        and before.access_key == change.access.key
        and dict(before.restricted) == {name: own.key for name, own in change.restricted}
        and before.modified_at == change.modified_at
        and before.url == change.url
    )


def drop(session: Session, document_id: str, state: str, now: datetime) -> None:
    """Take a document out of the answers: from the next request on it is refused; the index follows."""
    repository.set_state(session, (document_id,), state)
    repository.end_document_access(session, (document_id,), now)
    repository.enqueue(session, document_id, "remove")
