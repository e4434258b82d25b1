"""Evidence that stays: each version that an answer cites is kept as it was, sealed, until its time is over or it is
erased. Only reviewers open it."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from answer.evidence.tables import SnapshotRow
from answer.tables import AnswerRow
from connectors.tables import SourceRow
from core.audit import AuditLog, Commitments, Event
from core.audit.events import JSON, NO_SUBJECT
from core.clock import Clock
from core.errors import NotFound, Refused
from core.secrets import COMMITMENT, KEY_BYTES, Keyring, Secret
from core.text import Span
from ingest.label.levels import levels_of
from ingest.repository import batches, documents
from ingest.tables import DocumentRow, VersionRow

SALT = hashlib.sha256(b"vouch evidence snapshot").hexdigest()[:32]
"""The same for all of them: equal content has one address."""
TOUCHED = timedelta(days=1)
_WRAPPING = "evidence-wrapping"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """What a version said. ``layout`` is as ``ingest.codec`` packs it."""

    version: str
    document: str
    source: str
    uri: str = field(repr=False)
    title: str = field(repr=False)
    url: str | None = field(repr=False)
    media_type: str
    content_hash: str
    text: str = field(repr=False)
    layout: bytes = field(repr=False)
    parts: tuple[tuple[str, int, int], ...]
    as_of: str
    commitment: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """One citation of an answer in its snapshot. ``document_state``: what became of the document since (``unknown``
    where nothing of it is stored any more); ``current``: whether it still says the same."""

    answer_id: str
    number: int
    kept: Kept
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    chunk_id: str
    sentence: str = field(repr=False)
    document_state: str
    current: bool


class Snapshots:
    """It never commits: what it writes belongs to the caller's unit of work."""

    def __init__(self, keyring: Keyring, audit: AuditLog, clock: Clock) -> None:
        self._commitments = Commitments(keyring.key(COMMITMENT), SALT)
        self._wrapping = keyring.key(_WRAPPING)
        self._audit, self._clock = audit, clock

    def keep(self, session: Session, answer: AnswerRow) -> None:
        """Keep each version that the answer cites, unless it is kept already. Raises ``Refused`` where the log cannot
        be written."""
        cited = cited_versions(answer.claims)
        if not cited:
            return
        now = self._clock()
        there = rows_of(session, cited)
        due = [row.version_id for row in there.values() if now - row.cited_at > TOUCHED]
        for some in batches(due):
            session.execute(update(SnapshotRow).where(SnapshotRow.version_id.in_(some)).values(cited_at=now))
        missing = [each for each in cited if each not in there or there[each].gone_at is not None]
        made = self._make(session, missing, there, now)
        if made:
            event = Event(
                kind="evidence.kept", subject=NO_SUBJECT, action="evidence.keep", outcome="done", at=now, salt=SALT,
                details={"answer": answer.id, "snapshots": tuple(made)},
            )  # fmt: skip
            self._audit.enlist(session, event)

    def open(self, session: Session, answer_id: str, number: int) -> Opened:
        """Citation ``number`` (from 1) of anybody's answer, for a reviewer. Raises ``NotFound``."""
        row = session.get(AnswerRow, answer_id)
        if row is None:
            raise NotFound("There is no such answer.", hint="It may have been erased, or its time may be over.")
        citations = [(claim, citation) for claim in row.claims for citation in claim["citations"]]
        if not 1 <= number <= len(citations):
            raise NotFound("This answer has no such citation.", hint="Its citations count from 1.")
        claim, raw = citations[number - 1]
        snapshot = rows_of(session, [raw["version"]]).get(raw["version"])
        if snapshot is None:
            raise NotFound("Nothing was kept of this citation.", hint="The answer is older than evidence snapshots.")
        kept = self.content(snapshot)
        document = session.get(DocumentRow, snapshot.document_id)
        return Opened(
            answer_id, number, kept, raw["page"], tuple(raw["headings"]),
            tuple(Span(start, end) for start, end in raw["spans"]), raw["chunk"], claim["text"],
            "unknown" if document is None else document.state,
            document is not None and document.state == "ready" and document.current_version == snapshot.version_id,
        )  # fmt: skip

    def content(self, row: SnapshotRow) -> Kept:
        """Raises ``NotFound`` for one that is gone, ``Refused`` for one that does not open or is not what its address
        says."""
        if row.sealed is None or row.wrapped is None:
            when = "" if row.gone_at is None else f" on {row.gone_at:%Y-%m-%d}"
            why = "erased" if row.gone_why == "erased" else "removed when its time was over"
            raise NotFound(f"This evidence was {why}{when}.", hint="The log still proves that it was cited.")
        try:
            key = _decrypted(self._wrapping, row.wrapped, _bound("key", row.version_id))
            plain = zlib.decompress(_decrypted(Secret(key), row.sealed, _bound("snapshot", row.version_id)))
        except (InvalidTag, ValueError, zlib.error):
            raise Refused("This evidence does not open.", hint="Restore the key directory from a backup.") from None
        if self._commitments.of(plain) != row.commitment:
            raise Refused("This evidence is not what its address says.", hint="Run: vouch audit verify")
        return _kept(orjson.loads(plain), row)

    def readable(self, session: Session) -> Iterator[tuple[SnapshotRow, Kept]]:
        """Everything that is still there, some at a time; what does not open is passed over."""
        after = ""
        while True:
            query = select(SnapshotRow).where(SnapshotRow.commitment > after, SnapshotRow.sealed.is_not(None))
            rows = session.scalars(query.order_by(SnapshotRow.commitment).limit(50)).all()
            if not rows:
                return
            for row in rows:
                try:
                    yield row, self.content(row)
                except (NotFound, Refused):
                    continue
            after = rows[-1].commitment

    def _make(
        self, session: Session, version_ids: Sequence[str], there: dict[str, SnapshotRow], now: datetime
    ) -> list[JSON]:
        if not version_ids:
            return []
        versions = session.scalars(select(VersionRow).where(VersionRow.id.in_(version_ids))).all()
        rows = documents(session, (version.document_id for version in versions))
        levels = levels_of(session, rows.values())
        made: list[JSON] = []
        for version in versions:
            document = rows[version.document_id]
            source = session.get_one(SourceRow, document.source_id)
            plain = _packed(version, document, source.name)
            key = Secret(os.urandom(KEY_BYTES))
            commitment = self._commitments.of(plain)
            before = there.get(version.id)
            if before is not None:
                session.delete(before)
                session.flush()
            session.add(
                SnapshotRow(
                    commitment=commitment, version_id=version.id, document_id=document.id,
                    source_id=document.source_id, sensitivity=levels[document.id].whole,
                    sealed=_encrypted(key, zlib.compress(plain, 3), _bound("snapshot", version.id)),
                    wrapped=_encrypted(self._wrapping, key.raw(), _bound("key", version.id)),
                    created_at=now, cited_at=now,
                )
            )  # fmt: skip
            made.append({"version": version.id, "document": document.id, "commitment": commitment})
        session.flush()
        return made


def cited_versions(claims: Iterable[dict[str, Any]]) -> list[str]:
    """In the order in which they are cited."""
    return list(dict.fromkeys(citation["version"] for claim in claims for citation in claim["citations"]))


def rows_of(session: Session, version_ids: Sequence[str]) -> dict[str, SnapshotRow]:
    """By version."""
    found: dict[str, SnapshotRow] = {}
    for some in batches(version_ids):
        found.update((row.version_id, row) for row in session.scalars(_of(some)))
    return found


def destroy(session: Session, version_ids: Sequence[str], why: str, now: datetime) -> int:
    """Destroy keys and ciphertexts of these versions' snapshots: ``erased`` or ``retired``. Returns how many."""
    if session.get_bind().dialect.name == "sqlite":
        # SQLite leaves the bytes of what is overwritten in its page unless it is told otherwise.
        session.execute(text("PRAGMA secure_delete = ON"))
    gone = 0
    for some in batches(version_ids):
        those = SnapshotRow.version_id.in_(some), SnapshotRow.sealed.is_not(None)
        gone += len(session.scalars(select(SnapshotRow.commitment).where(*those)).all())
        values = {"sealed": None, "wrapped": None, "gone_at": now, "gone_why": why}
        session.execute(update(SnapshotRow).where(*those).values(**values).execution_options(synchronize_session=False))
    return gone


def _of(version_ids: Sequence[str]) -> Any:
    return select(SnapshotRow).where(SnapshotRow.version_id.in_(version_ids))


def _packed(version: VersionRow, document: DocumentRow, source: str) -> bytes:
    return orjson.dumps(
        {
            "format": 1,
            "version": version.id,
            "document": document.id,
            "source": source,
            "uri": document.key,
            "title": version.title,
            "url": document.url,
            "media_type": version.media_type,
            "content_hash": version.content_hash,
            "text": version.text,
            "layout": base64.b64encode(version.layout).decode(),
            "parts": version.parts,
            "as_of": document.confirmed_at.isoformat(),
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _kept(content: dict[str, Any], row: SnapshotRow) -> Kept:
    return Kept(
        version=content["version"],
        document=content["document"],
        source=content["source"],
        uri=content["uri"],
        title=content["title"],
        url=content["url"],
        media_type=content["media_type"],
        content_hash=content["content_hash"],
        text=content["text"],
        layout=base64.b64decode(content["layout"]),
        parts=tuple((name, start, end) for name, start, end in content["parts"]),
        as_of=content["as_of"],
        commitment=row.commitment,
        kept_at=row.created_at,
    )


def _encrypted(key: Secret, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key.raw()).encrypt(nonce, plain, bound)


def _decrypted(key: Secret, sealed: bytes, bound: bytes) -> bytes:
    return AESGCM(key.raw()).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)


def _bound(*parts: str) -> bytes:
    """What a ciphertext belongs to, authenticated with it."""
    return orjson.dumps(("vouch-evidence", *parts))
