"""Original content by its SHA-256: small bodies in the database, large ones in files beside it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from ingest.repository import batches
from ingest.tables import BlobRow

INLINE_BYTES = 64 * 1024


class BlobStore:
    """``put`` before the transaction that names the hash commits; a blob nobody names is harmless."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put(self, session: Session, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        if len(body) > INLINE_BYTES:
            self._write(digest, body)
        elif session.get(BlobRow, digest) is None:
            session.add(BlobRow(hash=digest, body=body))
            session.flush()
        return digest

    def get(self, session: Session, digest: str) -> bytes:
        return self.get_all(session, (digest,))[digest]

    def get_all(self, session: Session, digests: Collection[str]) -> dict[str, bytes]:
        """The bodies of many, those in the database read together."""
        bodies: dict[str, bytes] = {}
        for some in batches(tuple(set(digests))):
            rows = session.execute(select(BlobRow.hash, BlobRow.body).where(BlobRow.hash.in_(some)))
            bodies.update((digest, body) for digest, body in rows)
        return {digest: bodies[digest] if digest in bodies else self._read(digest) for digest in digests}

    def _read(self, digest: str) -> bytes:
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(
                "The original content is missing from the data directory.",
                hint="Run vouch ingest for its source again, or restore the directory from a backup.",
            ) from error

    def _write(self, digest: str, body: bytes) -> None:
        path = self._path(digest)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{uuid4().hex}")
        with draft.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def _path(self, digest: str) -> Path:
        return self.directory / digest[:2] / digest
