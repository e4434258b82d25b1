"""What one page changes, gathered row by row and written with a few statements at the end of its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from connectors.sources.base import Change, Item
from core import access_sets
from core.access import Access, Conjunction
from core.database import insert_missing
from core.ids import stable_id
from ingest import repository
from ingest.blobs import INLINE_BYTES, BlobStore
from ingest.repository import Known
from ingest.tables import BlobRow

_WEIGHT = {"access": 0, "index": 1, "content": 2, "remove": 3}
"""Of two stages asked for in one page, the heavier does what the lighter would."""


@dataclass(slots=True)
class PageWrite:
    """The rows of one transaction. ``since`` is when everything was last known, if ever."""

    session: Session
    blobs: BlobStore
    source_id: str
    now: datetime
    since: datetime | None
    interned: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]])
    added: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changed: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    moved: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict[str, tuple[str, dict[str, str]]])
    """Document id -> the access key that it has from now on, and those of its restricted fields."""
    stages: dict[str, str] = field(default_factory=dict[str, str])
    withdrawn: set[str] = field(default_factory=set[str])
    changed_at: dict[str, datetime] = field(default_factory=dict[str, datetime])
    bodies: dict[str, bytes] = field(default_factory=dict[str, bytes], repr=False)

    def intern(self, access: Access) -> str:
        key = access.key
        if (key, None) not in self.interned:
            access_sets.intern(self.session, access)
            self.interned.add((key, None))
        return key

    def intern_parts(self, access: Access, restricted: Sequence[tuple[str, Access]]) -> dict[str, str]:
        for _, own in restricted:
            if (access.key, own.key) not in self.interned:
                access_sets.intern_both(self.session, access, own, self.now)
                self.interned.add((access.key, own.key))
        return {name: self.intern(own) for name, own in restricted}

    def intern_derived(self, derived: Sequence[Conjunction]) -> None:
        for conjunction in dict.fromkeys(derived):
            access_sets.intern_conjunction(self.session, conjunction, self.now)

    def add(self, change: Change, item: Item) -> str:
        """A document that was never known. Returns its id."""
        document_id = stable_id("document", self.source_id, change.key)
        self.added.append(
            {
                "id": document_id,
                "source_id": self.source_id,
                "key": change.key,
                "title": item.title or "",
                "url": change.url,
                "filename": item.filename,
                "media_type": item.media_type,
                "fingerprint": change.fingerprint,
                "content_hash": self.put(item.body),
                "access_key": self.intern(change.access),
                "restricted": self.intern_parts(change.access, change.restricted),
                "modified_at": change.modified_at,
                "confirmed_at": self.now,
                "state": "pending",
                "generation": 0,
            }
        )
        self.ask(document_id, "content")
        self.date(document_id, change.modified_at)
        return document_id

    def set(self, document_id: str, **columns: Any) -> None:
        self.changed.setdefault(document_id, {}).update(columns)

    def set_access(self, before: Known, access_key: str, restricted: Mapping[str, str]) -> None:
        """From now on; what it was before stays on record."""
        self.set(before.id, access_key=access_key, restricted=dict(restricted))
        self.moved[before.id] = access_key, dict(restricted)

    def put(self, body: bytes) -> str:
        """Small bodies wait for the others of their page; large ones go into their files at once."""
        if len(body) > INLINE_BYTES:
            return self.blobs.put(self.session, body)
        digest = sha256(body).hexdigest()
        self.bodies[digest] = body
        return digest

    def ask(self, document_id: str, stage: str) -> None:
        """Have the pipeline do this."""
        asked = self.stages.get(document_id)
        if asked is None or _WEIGHT[stage] > _WEIGHT[asked]:
            self.stages[document_id] = stage

    def withdraw(self, document_id: str) -> None:
        """What was asked for so far is not to be done any more."""
        self.withdrawn.add(document_id)
        self.stages.pop(document_id, None)

    def date(self, document_id: str, modified_at: datetime | None) -> None:
        """Remember when the source changed this. What it does not say is taken to be the last time that everything
        was known; what was there before anybody looked is not late."""
        if self.since is not None:
            self.changed_at[document_id] = min(max(modified_at or self.since, self.since), self.now)

    def flush(self) -> None:
        """Write everything."""
        session = self.session
        insert_missing(session, BlobRow, [{"hash": digest, "body": body} for digest, body in self.bodies.items()])
        repository.add_documents(session, self.added)
        repository.change_documents(session, self.changed)
        repository.end_document_access(session, tuple(self.moved), self.now)
        begun = self.moved | {row["id"]: (row["access_key"], row["restricted"]) for row in self.added}
        repository.begin_document_access(session, begun, self.now)
        repository.withdraw(session, sorted(self.withdrawn))
        repository.ask(session, self.stages, self.changed_at)
