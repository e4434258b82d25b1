"""One listing of a source against what is known: raw content, access and outbox move together, page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from connectors.errors import ItemFailed, ItemGone
from connectors.sources.base import AnySource, Change, Item, Page
from core import access_sets
from core.access import Access
from core.clock import Clock
from core.database import Database, insert_missing
from core.errors import Unavailable
from core.ids import stable_id
from ingest import repository
from ingest.blobs import INLINE_BYTES, BlobStore
from ingest.repository import Known
from ingest.tables import BlobRow, DocumentRow

HELD = ("ready", "failed", "pending")
"""States of an item whose content has been read."""


@dataclass(slots=True)
class Tally:
    """What a listing found. ``failures`` are (key, code, reason)."""

    new: set[str] = field(default_factory=set[str])
    changed: set[str] = field(default_factory=set[str])
    unchanged: int = 0
    access_changed: int = 0
    suppressed: int = 0
    deleted: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])


@dataclass(slots=True)
class _PageWrite:
    """What one page's transaction has stored of accesses, and what it is to insert together at its end."""

    session: Session
    now: datetime
    interned: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]])
    documents: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    bodies: dict[str, bytes] = field(default_factory=dict[str, bytes], repr=False)

    def intern(self, access: Access) -> str:
        if (access.key, None) not in self.interned:
            access_sets.intern(self.session, access)
            self.interned.add((access.key, None))
        return access.key

    def intern_both(self, first: Access, second: Access) -> None:
        if (first.key, second.key) not in self.interned:
            access_sets.intern_both(self.session, first, second)
            self.interned.add((first.key, second.key))

    def insert(self) -> None:
        bodies = [{"hash": digest, "body": body} for digest, body in self.bodies.items()]
        insert_missing(self.session, BlobRow, bodies)
        repository.add_documents(self.session, self.documents, self.now)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Compares listings with the database and commits what changed."""

    database: Database
    blobs: BlobStore
    clock: Clock

    def keep_all(
        self, source_id: str, source: AnySource, progress: Callable[[int, int | None], None], confirm_empty: bool
    ) -> Tally:
        """Read one whole listing. Items that it does not name leave the answers when it has ended well."""
        tally = Tally()
        with self.database.reading() as session:
            known = repository.known_items(session, source_id)
        listed: set[str] = set()
        done = 0
        for page in source.poll(None):
            self._keep_page(source_id, source, page, known, tally)
            listed.update(change.key for change in page.changes)
            # An item that could not be looked at was not seen to be gone.
            listed.update(fault.key for fault in page.faults)
            tally.failures.extend((fault.key, fault.code, fault.reason) for fault in page.faults)
            done += len(page.changes) + len(page.faults)
            progress(done, page.total)
        present = [item for item in known.values() if item.state in HELD]
        if present and not listed and not confirm_empty:
            raise Unavailable(
                f"The source is empty, but had {len(present)} items; nothing was deleted.",
                hint="If it is mounted and really empty, run again with --confirm-empty.",
            )
        self._drop([item for key, item in known.items() if key not in listed and item.state != "gone"], tally)
        return tally

    def _keep_page(self, source_id: str, source: AnySource, page: Page, known: dict[str, Known], tally: Tally) -> None:
        # Content is read before the write transaction opens, so that a slow source never holds the lock.
        work: list[tuple[Change, Known | None, Item | None]] = []
        same: list[str] = []
        for change in page.changes:
            before = known.get(change.key)
            if before is not None and before.state == "suppressed":
                tally.suppressed += 1
                continue
            if before is not None and _same(change, before):
                same.append(before.id)
                self._count_unchanged(before, tally)
                continue
            if before is not None and _same_content(change, before):
                work.append((change, before, None))
                continue
            try:
                work.append((change, before, change.item or source.fetch(change.key)))
            except ItemGone:
                continue
            except ItemFailed as failure:
                tally.failures.append((change.key, "unreadable", failure.reason))
        now = self.clock()
        with self.database.writing() as session:
            write = _PageWrite(session, now)
            kept = [self._keep_item(write, source_id, *piece, tally) for piece in work]
            write.insert()
            repository.confirm(session, [*same, *kept], now)

    def _keep_item(
        self, write: _PageWrite, source_id: str, change: Change, before: Known | None, item: Item | None, tally: Tally
    ) -> str:
        session, now = write.session, write.now
        access_key = write.intern(change.access)
        restricted = {name: write.intern(own) for name, own in change.restricted}
        for _, own in change.restricted:
            write.intern_both(change.access, own)
        if before is None:
            assert item is not None
            return self._add(write, source_id, change, item, access_key, restricted, tally)
        row = session.get_one(DocumentRow, before.id)
        if before.access_key != access_key or dict(before.restricted) != restricted or before.state == "gone":
            row.access_key, row.restricted = access_key, restricted
            repository.set_document_access(session, row.id, access_key, now)
            if before.state == "ready":
                tally.access_changed += 1
                repository.enqueue(session, row.id, "access")
            # A field restricted only now may stand in any chunk: nobody reads the document until it is split anew.
            if set(restricted) - set(before.restricted) and before.state == "ready":
                row.state = "pending"
        if row.modified_at != change.modified_at:
            row.modified_at = change.modified_at
            if before.state == "ready":
                repository.enqueue(session, row.id, "access")
        row.url, row.fingerprint = change.url, change.fingerprint
        if item is None:
            self._count_unchanged(before, tally)
            return row.id
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
        return row.id

    def _add(
        self, write: _PageWrite, source_id: str, change: Change, item: Item, access_key: str,
        restricted: dict[str, str], tally: Tally,
    ) -> str:  # fmt: skip
        document_id = stable_id("document", source_id, change.key)
        write.documents.append(
            {
                "id": document_id,
                "source_id": source_id,
                "key": change.key,
                "title": item.title or "",
                "url": change.url,
                "filename": item.filename,
                "media_type": item.media_type,
                "fingerprint": change.fingerprint,
                "content_hash": self._put(write, item.body),
                "access_key": access_key,
                "restricted": restricted,
                "modified_at": change.modified_at,
                "confirmed_at": write.now,
                "state": "pending",
                "generation": 0,
            }
        )
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

    def _drop(self, gone: list[Known], tally: Tally) -> None:
        now = self.clock()
        with self.database.writing() as session:
            for item in gone:
                # A suppressed document stays suppressed, so that it does not come back with its file.
                if item.state == "suppressed":
                    continue
                drop(session, item.id, "gone", now)
                tally.deleted += 1


def _same_content(change: Change, before: Known) -> bool:
    return before.fingerprint == change.fingerprint and before.state in HELD


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
