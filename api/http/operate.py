"""Routes for the operator of this machine: what the command line does through the process that owns the data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from api import tokens
from api.auditing import records_read
from api.configuring import By
from api.http import models as out
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.entering import base_url, recording_of
from api.http.paging import Cursor, Limit
from api.identity.leaving import shut_out
from api.identity.tables import ScimUserRow
from api.runtime import Runtime
from connectors import repository as connectors
from connectors.tables import SourceRow
from core import audit, people, roles
from core.access_sets import by_keys
from core.audit import Event
from core.audit.events import NO_SUBJECT
from core.errors import Forbidden, Invalid, NotFound
from core.people import Person
from ingest.tables import ChunkRow, DocumentRow

router = APIRouter(prefix="/v1/operator")


# People


@router.post("/people")
def add_person(
    body: out.PersonIn, by: Annotated[By, Depends(deciding("people.change"))], runtime: CurrentRuntime
) -> out.PersonAdded:
    """Add a person, or set the groups and roles of one who exists."""
    with runtime.database.writing() as session:
        _refuse_unapproved(session, body)
        change = "added" if people.find(session, body.email) is None else "changed"
        person = people.put(
            session, body.email, groups=body.groups, roles=body.roles, now=runtime.clock(), name=body.name,
            title=body.title,
        )  # fmt: skip
        runtime.audit.enlist(session, _people_changed(runtime, person, change, by))
        return _persons(session, [person])[0]


@router.get("/people", dependencies=[Depends(deciding("people.read"))])
def list_people(
    runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = "",
    text: Annotated[str, Query(max_length=200, description="Part of a name, an address or a title.")] = "",
    role: Annotated[str, Query(max_length=40, description="Who holds this role.")] = "",
    state: Annotated[people.State, Query(description="Who is here, who was disabled, or both.")] = "active",
) -> out.PeopleOut:  # fmt: skip
    """Everybody, by address."""
    (after,) = paging.read(cursor, str, of="people") if cursor else ("",)
    with runtime.database.reading() as session:
        found = people.page(session, limit + 1, after, text=text.strip(), role=role, state=state)
        shown, following = paging.page_of(found, limit, lambda person: (person.email,), "people")
        return out.PeopleOut(people=_persons(session, shown), next=following)


@router.get("/people/{email}", dependencies=[Depends(deciding("people.read"))])
def show_person(email: str, runtime: CurrentRuntime) -> out.PersonAdded:
    """One of them, also when they were disabled."""
    with runtime.database.reading() as session:
        return _persons(session, [people.ever_here(session, email)])[0]


@router.delete("/people/{email}", status_code=204)
def remove_person(email: str, by: Annotated[By, Depends(deciding("people.change"))], runtime: CurrentRuntime) -> None:
    """Disable a person: their sessions and keys end now."""
    with runtime.database.writing() as session:
        person = people.by_email(session, email)
        shut_out(session, person.id, runtime.clock())
        runtime.audit.enlist(session, _people_changed(runtime, person, "disabled", by))


@router.post("/people/{email}/link", dependencies=[Depends(deciding("operate.machine"))])
def make_link(email: str, runtime: CurrentRuntime, request: Request) -> out.TokenOut:
    """A link that signs this person in once."""
    life = timedelta(hours=runtime.settings.link_hours)
    token, expires_at = _issue(request, runtime, email, "link", life)
    return out.TokenOut(token=token, url=f"{base_url(request, runtime)}/signin#{token}", expires_at=expires_at)


@router.post("/people/{email}/key", dependencies=[Depends(deciding("operate.machine"))])
def make_key(email: str, request: Request, runtime: CurrentRuntime, days: int = 90) -> out.TokenOut:
    """A key with which a program may read what this person may read."""
    token, expires_at = _issue(request, runtime, email, "key", timedelta(days=days))
    return out.TokenOut(token=token, url=None, expires_at=expires_at)


def _refuse_unapproved(session: Session, body: out.PersonIn) -> None:
    wanted = roles.ungranted(session, people.find(session, body.email) or "", body.roles)
    if wanted:
        raise Forbidden(
            f"The role {wanted[0]} needs a second person's approval.",
            hint=f"Add them without it; then: vouch people request {body.email} --role {wanted[0]} --why REASON",
        )


def _issue(
    request: Request, runtime: Runtime, email: str, kind: Literal["link", "key"], life: timedelta
) -> tuple[str, datetime]:
    expires_at = runtime.clock() + life
    with runtime.database.writing() as session:
        person = people.by_email(session, email)
        token = tokens.issue(session, kind, person.id, "operator", runtime.clock(), life)
        recording = recording_of(request, runtime, by=NO_SUBJECT)
        runtime.audit.enlist(session, recording.credential(person.id, "made", kind, expires_at=expires_at))
    return token, expires_at


# Documents


@router.get("/documents", dependencies=[Depends(deciding("operate"))])
def list_documents(
    runtime: CurrentRuntime, source: str | None = None, state: str | None = None, limit: Limit = 100,
    cursor: Cursor = "", offset: Annotated[int, Query(ge=0, le=10**9, description="Entries to pass over.")] = 0,
) -> out.DocumentsOut:  # fmt: skip
    """Documents as stored, with their state and the reason of a failure, by source and address; ``total`` counts all
    pages."""
    query = select(DocumentRow, SourceRow.name).join(SourceRow, SourceRow.id == DocumentRow.source_id)
    if source is not None:
        query = query.where(SourceRow.name == source)
    if state is not None:
        query = query.where(DocumentRow.state == state)
    with runtime.database.reading() as session:
        if source is not None:
            connectors.by_name(session, source)
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        if cursor:
            behind = paging.read(cursor, str, str, of="documents")
            query = query.where(tuple_(SourceRow.name, DocumentRow.key) > behind)
        query = query.order_by(SourceRow.name, DocumentRow.key).limit(limit + 1).offset(offset)
        rows = list(session.execute(query))
        shown, following = paging.page_of(rows, limit, lambda each: (each[1], each[0].key), "documents")
        stored = [_stored(session, row, name) for row, name in shown]
    return out.DocumentsOut(documents=stored, total=total, next=following)


@router.get("/documents/{document_id:path}", dependencies=[Depends(deciding("operate"))])
def show_document(document_id: str, runtime: CurrentRuntime) -> out.StoredDocument:
    """One document, by its id or by its uri."""
    with runtime.database.reading() as session:
        row, name = find_document(session, document_id)
        return _stored(session, row, name)


@router.delete("/documents/{document_id:path}")
def delete_document(
    document_id: str, runtime: CurrentRuntime, by: Annotated[By, Depends(deciding("operate"))]
) -> out.Suppressed:
    """Suppress a document: it leaves the answers and does not come back with the next run."""
    with runtime.database.reading() as session:
        row, _ = find_document(session, document_id)
    commitments = runtime.audit.commitments()
    event = Event(
        kind="document.suppressed",
        subject=by.subject,
        action="document.suppress",
        outcome="done",
        at=runtime.clock(),
        trace_id=by.trace_id,
        salt=commitments.salt,
        details={"document": row.id, "source": row.source_id, "uri": commitments.of(row.key)},
    )
    uri = runtime.sync.suppress(row.id, lambda session: runtime.audit.enlist(session, event))
    return out.Suppressed(id=row.id, uri=uri)


# The log


@router.get("/audit/tail")
def audit_tail(
    runtime: CurrentRuntime, by: Annotated[By, Depends(deciding("audit.read"))],
    count: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> out.AuditRecords:  # fmt: skip
    """The last records of the audit log. That they were read is the next one."""
    runtime.sequencer.drain()
    records = [dict(record) for record in audit.tail(runtime.database, count)]
    runtime.audit.append(records_read([each["seq"] for each in records], runtime.clock(), by.subject, by.trace_id))
    return out.AuditRecords(records=records)


@router.post("/audit/drain", status_code=204, dependencies=[Depends(deciding("operate.machine"))])
def audit_drain(runtime: CurrentRuntime) -> None:
    """Chain everything that is pending, so that the log can be verified from outside this process."""
    runtime.sequencer.drain()


def find_document(session: Session, wanted: str) -> tuple[DocumentRow, str]:
    """The document with this id, or this uri where that is unique, and the name of its source. Raises ``NotFound`` and
    ``Invalid``."""
    rows = session.execute(
        select(DocumentRow, SourceRow.name)
        .join(SourceRow, SourceRow.id == DocumentRow.source_id)
        .where((DocumentRow.id == wanted) | (DocumentRow.key == wanted))
        .limit(2)
    ).all()
    if not rows:
        raise NotFound(f"There is no document {wanted!r}.", hint="vouch documents list shows their ids.")
    if len(rows) > 1:
        raise Invalid(f"Several documents are called {wanted!r}.", hint="Use the id that the list shows.")
    return rows[0][0], rows[0][1]


def _stored(session: Any, row: DocumentRow, source: str) -> out.StoredDocument:
    access = by_keys(session, [row.access_key])[row.access_key]
    chunks = session.scalar(
        select(func.count()).select_from(ChunkRow).where(ChunkRow.version_id == row.current_version)
    )
    return out.StoredDocument(
        id=row.id,
        source=source,
        uri=row.key,
        title=row.title,
        state=row.state,
        allow=list(access.allow),
        deny=list(access.deny),
        chunks=chunks or 0,
        modified_at=row.modified_at,
        as_of=row.confirmed_at,
        failure=None if row.failure_code is None else f"{row.failure_code}: {row.failure_reason}",
    )


def _persons(session: Session, found: list[Person]) -> list[out.PersonAdded]:
    ids = [each.id for each in found]
    given = people.declared_groups(session, ids)
    directory = set(session.scalars(select(ScimUserRow.person_id).where(ScimUserRow.person_id.in_(ids))))
    return [
        out.PersonAdded(
            email=each.email, name=each.name, title=each.title, roles=list(each.roles), groups=list(each.groups),
            given=list(given.get(each.id, ())), directory=each.id in directory, disabled_at=each.disabled_at,
        )
        for each in found
    ]  # fmt: skip


def _people_changed(runtime: Runtime, person: Person, change: str, by: By) -> Event:
    commitments = runtime.audit.commitments()
    return Event(
        kind="people.changed",
        subject=by.subject,
        action=f"people.{change}",
        outcome="done",
        at=runtime.clock(),
        trace_id=by.trace_id,
        salt=commitments.salt,
        details={
            "person": runtime.audit.subject(person.id),
            "change": change,
            "roles": tuple(person.roles),
            "groups": commitments.of("\n".join(person.groups)),
            "groups_count": len(person.groups),
        },
    )
