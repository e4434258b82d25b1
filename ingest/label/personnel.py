"""Whom a record of a personnel system tells of: a name and addresses, read from its title and its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import people_changes
from core.database import insert_missing
from ingest.label.tables import KnownPersonRow
from ingest.parsed import Parsed
from ingest.repository import batches
from ingest.tables import DocumentRow, VersionRow

SCOPE = "records"
"""Of changes of what records tell of people (``core.people_changes``)."""
KINDS = frozenset({"worker", "employee", "company.employee", "hr.employee"})
"""Values of the label ``kind`` of records that each tell of one person who works here."""
_NAMED = ("Name", "Full name", "Employee name", "Worker")
_POSITIONS = ("Business title", "Job title", "Title", "Position")
_FIELD = re.compile(r"^([^:\n]{1,60}): (.+)$", re.MULTILINE)
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_BEFORE = re.compile(r"^(?:employee|worker)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """One person, as a record has them."""

    name: str = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)


def told_by(parsed: Parsed) -> Told | None:
    """None where the record is of another kind, or names nobody."""
    return _told(parsed.title, parsed.text) if dict(parsed.labels).get("kind") in KINDS else None


def learn(session: Session, version_ids: Sequence[str]) -> dict[str, Told | None]:
    """What versions tell that were settled before anybody asked, by the ids of their documents."""
    query = select(DocumentRow.id, DocumentRow.labels).where(DocumentRow.current_version.in_(version_ids))
    records = [row.id for row in session.execute(query) if row.labels.get("kind") in KINDS]
    texts = select(VersionRow.document_id, VersionRow.title, VersionRow.text).where(
        VersionRow.id.in_(version_ids), VersionRow.document_id.in_(records)
    )
    return {row.document_id: _told(row.title, row.text) for row in session.execute(texts)} if records else {}


def _told(title: str, text: str) -> Told | None:
    fields = {name.strip(): value.strip() for name, value in _FIELD.findall(text)}
    emails = [
        address.lower()
        for name, value in fields.items()
        if "mail" in name.lower()
        for address in _ADDRESS.findall(value)
    ]
    name = next((fields[each] for each in _NAMED if each in fields), _name_in(title, fields))
    return Told(name, tuple(dict.fromkeys(emails))) if name or emails else None


def remember(session: Session, told: Mapping[str, Told | None]) -> None:
    """What each document tells now, by its id; None where it tells of nobody (any more)."""
    known = _known(session, told)
    changed = {
        document_id: each
        for document_id, each in told.items()
        if (each is not None or document_id in known) and known.get(document_id) != each
    }
    _delete(session, changed)
    rows = [
        {"document_id": document_id, "name": each.name, "emails": list(each.emails)}
        for document_id, each in changed.items()
        if each is not None
    ]
    insert_missing(session, KnownPersonRow, rows)
    people_changes.note(session, SCOPE, changed)


def forget(session: Session, document_ids: Iterable[str]) -> None:
    """These documents tell of nobody any more."""
    known = _known(session, document_ids)
    _delete(session, known)
    people_changes.note(session, SCOPE, known)


def _known(session: Session, document_ids: Iterable[str]) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for some in batches(tuple(document_ids)):
        for row in session.scalars(select(KnownPersonRow).where(KnownPersonRow.document_id.in_(some))):
            found[row.document_id] = Told(row.name, tuple(row.emails))
    return found


def _delete(session: Session, document_ids: Iterable[str]) -> None:
    for some in batches(tuple(document_ids)):
        session.execute(
            delete(KnownPersonRow)
            .where(KnownPersonRow.document_id.in_(some))
            .execution_options(synchronize_session=False)
        )


def _name_in(title: str, fields: Mapping[str, str]) -> str:
    """``Jane Doe, Engineer`` and ``Employee Jane Doe`` name Jane Doe."""
    for position in _POSITIONS:
        if position in fields:
            title = title.removesuffix(f", {fields[position]}")
    return _BEFORE.sub("", title).strip()
