"""Leases in the database: whoever holds one works alone, over all processes, until it runs out or is given back."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import Clock
from core.database import Database, insert_missing
from core.errors import Conflict
from core.tables import LeaseRow

LIFE = timedelta(seconds=60)
"""How long the lease of a process that died stands in the way of others."""


def claim(session: Session, name: str, owner: str, now: datetime, life: timedelta = LIFE) -> bool:
    """Take or renew the lease ``name`` until ``now + life``. False when somebody else holds it."""
    insert_missing(session, LeaseRow, [{"name": name, "owner": owner, "until": now}])
    taken = session.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, or_(LeaseRow.owner == owner, LeaseRow.until <= now))
        .values(owner=owner, until=now + life)
    )
    return bool(taken.rowcount)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]


def renew(session: Session, name: str, owner: str, now: datetime, life: timedelta = LIFE) -> bool:
    """Prolong the lease that ``owner`` holds. False when it was taken over, even if it has been given back since."""
    prolonged = session.execute(
        update(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == owner).values(until=now + life)
    )
    return bool(prolonged.rowcount)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]


def release(session: Session, name: str, owner: str) -> None:
    session.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == owner))


def release_all(session: Session) -> None:
    """For an installation of one process, at its start: whoever held one is dead."""
    session.execute(delete(LeaseRow))


@dataclass(frozen=True, slots=True)
class Lease:
    """One that is held now."""

    name: str
    owner: str
    clock: Clock = field(repr=False)

    def confirm(self, session: Session) -> None:
        """Renew it in the transaction that relies on it. Raises ``Conflict`` when it was lost, which undoes that."""
        if not renew(session, self.name, self.owner, self.clock()):
            raise Conflict(f"Another process took over {self.name}.", hint="It goes on there; nothing is lost.")


class Leases:
    """Holds leases for as long as a block runs, and renews them beside it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    @contextmanager
    def hold(self, name: str) -> Generator[Lease | None]:
        """The lease, or None when somebody else holds it. Each holder is an owner of its own, also within a process."""
        lease = Lease(name, secrets.token_hex(16), self._clock)
        with self._database.writing() as session:
            held = claim(session, name, lease.owner, self._clock())
        if not held:
            yield None
            return
        ended = Event()
        renewing = Thread(target=self._renew, args=(lease, ended), name=f"lease-{name}", daemon=True)
        renewing.start()
        try:
            yield lease
        finally:
            ended.set()
            renewing.join()
            with self._database.writing() as session:
                release(session, name, lease.owner)

    def _renew(self, lease: Lease, ended: Event) -> None:
        while not ended.wait(LIFE.total_seconds() / 4):
            try:
                with self._database.writing() as session:
                    renew(session, lease.name, lease.owner, self._clock())
            except SQLAlchemyError:
                # The next transaction that relies on it will tell.
                continue
