"""A whole audit log on a real database, and the hands of somebody who edits it behind the program's back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import delete, select, text, update

from core.audit import AuditLog, Event, Sequencer, Verification, verify
from core.audit.keys import Generations
from core.audit.notes import NoteKey
from core.audit.tables import OWN, CheckpointRow, RecordRow
from core.clock import utc_now
from core.database import Base, Database, open_engine, sqlite_url
from core.secrets import Keyring


@dataclass(frozen=True)
class Installation:
    database: Database
    keyring: Keyring
    log: AuditLog
    sequencer: Sequencer
    head: Path

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        return Generations(self.keyring).keys

    @classmethod
    def open(cls, directory: Path, url: str = "") -> Installation:
        database = Database(open_engine(url or sqlite_url(directory / "vouch.db")))
        tables: Any = OWN
        Base.metadata.create_all(database.engine, tables=tables)
        keyring = Keyring(directory / "keys")
        log = AuditLog(database, keyring, utc_now)
        head = directory / "audit-head"
        return cls(database, keyring, log, Sequencer(log, database, keyring, head, utc_now), head)

    def close(self) -> None:
        self.database.close()

    def event(self, question: str = "how many days of leave?") -> Event:
        commitments = self.log.commitments()
        passage = {"chunk": "c-1", "version": "v-1", "content": commitments.of("Thirty days."), "score": 0.5}
        return Event(
            "search",
            self.log.subject("person-1"),
            "search",
            "done",
            utc_now(),
            trace_id="0af7651916cd43dd8448eb211c80319c",
            salt=commitments.salt,
            details={
                "access": "ab" * 16,
                "grants": 3,
                "query": commitments.of(question),
                "passages": [passage],
                "timings": {"search": 0.0123},
            },
        )  # fmt: skip

    def write(self, *batches: int) -> None:
        """So many events in each batch, each batch under a checkpoint of its own."""
        for size in batches:
            for _ in range(size):
                self.log.append(self.event())
            self.sequencer.run_once()

    def verify(self, *kept: bytes) -> Verification:
        return verify(self.database, self.keyring.public_key(), self.head, kept=kept)

    def rows(self) -> list[RecordRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(RecordRow).order_by(RecordRow.seq)))

    def checkpoints(self) -> list[CheckpointRow]:
        with self.database.reading() as session:
            return list(session.scalars(select(CheckpointRow).order_by(CheckpointRow.seq)))

    def edit(self, table: type[RecordRow] | type[CheckpointRow], seq: int, **values: Any) -> None:
        with self.database.writing() as session:
            session.execute(update(table).where(table.seq == seq).values(**values))

    def remove(self, table: type[RecordRow] | type[CheckpointRow], first: int, last: int | None = None) -> None:
        with self.database.writing() as session:
            session.execute(delete(table).where(table.seq.between(first, last or first)))

    def run_sql(self, *statements: str) -> None:
        with self.database.writing() as session:
            for statement in statements:
                session.execute(text(statement))

    def put_back(self, rows: Iterable[RecordRow | CheckpointRow]) -> None:
        with self.database.writing() as session:
            for row in rows:
                session.merge(row)

    def logged_ids(self) -> list[str]:
        return [orjson.loads(row.record)["id"] for row in self.rows()]
