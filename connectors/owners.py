"""Which connector owners look after which source."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from connectors.tables import SourceOwnerRow


def owners_of(session: Session, source_id: str) -> frozenset[str]:
    """The ids of the people who look after the source."""
    return frozenset(session.scalars(select(SourceOwnerRow.person_id).where(SourceOwnerRow.source_id == source_id)))


def owned_by(session: Session, person_id: str) -> frozenset[str]:
    """The ids of the sources that the person looks after."""
    return frozenset(session.scalars(select(SourceOwnerRow.source_id).where(SourceOwnerRow.person_id == person_id)))


def set_owners(session: Session, source_id: str, person_ids: Collection[str]) -> None:
    """Make these people, and nobody else, the owners of the source."""
    session.execute(delete(SourceOwnerRow).where(SourceOwnerRow.source_id == source_id))
    session.add_all(SourceOwnerRow(source_id=source_id, person_id=each) for each in sorted(set(person_ids)))
    session.flush()
