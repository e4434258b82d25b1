"""Forgetting a person: every folder that keeps something of them drops it, recorded."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from answer import erase as answers
from answer import usage_rows
from answer.batching import rows as batches
from answer.erase import held_conversations
from answer.repository import conversation_ids_of
from api import tokens
from api.identity import erase as identity
from api.runtime import Runtime
from api.webhooks import erase as webhooks
from core import holds, people
from core.audit import Event
from core.audit.events import NO_SUBJECT
from core.errors import Conflict, NotFound
from core.tables import PersonRow
from ingest.label import erase as labels
from ingest.label.gazetteer import Known, known_of


def forget(runtime: Runtime, email: str, by: str = NO_SUBJECT, trace_id: str = "") -> tuple[int, int]:
    """Forget whoever has this address, also when they were removed before: how many values went from the vault, and how
    many labels. What is not removed stands in docs/redaction.md. ``by``: the pseudonym of who decided on it. Raises
    ``NotFound``.

    The labels go first, while others go on writing, and can be found again; then everything else at once. So it is done
    when it stands in the log, and begun again when it does not. Batches that a provider still has are cancelled and
    deleted there afterwards, as often as it takes.
    """
    with runtime.database.reading() as session:
        known = _known(session, _person(session, email))
        _refuse_held(session, known.person_key)
    dropped = labels.erase_labels(runtime.database, known)
    with runtime.database.writing() as session:
        person = _person(session, email)
        _refuse_held(session, person.id)
        known = _known(session, person)
        if person.disabled_at is None:
            people.disable(session, person.email, runtime.clock())
        tokens.end_all(session, person.id, runtime.clock())
        identity.forget(session, person.id)
        webhooks.forget(session, person.id)
        values = batches.forget(session, runtime.redaction.vault, person.id)
        values += answers.forget(session, runtime.redaction.vault, person.id, (known,))
        labels.erase_records(session, known)
        usage_rows.erase(session, runtime.audit.subject(person.id))
        event = Event(
            kind="people.changed",
            subject=by,
            action="people.forget",
            outcome="done",
            at=runtime.clock(),
            trace_id=trace_id,
            details={
                "person": runtime.audit.subject(person.id),
                "change": "forgotten",
                "values": values,
                "labels": dropped,
            },
        )
        runtime.audit.enlist(session, event)
    runtime.vectors.forget()
    # What cannot be done now is tried again every hour (Runtime.sweep).
    runtime.batches.withdraw()
    return values, dropped


def _refuse_held(session: Session, person_id: str) -> None:
    held = holds.held(session)
    if person_id in held.people or held_conversations(session, held) & set(conversation_ids_of(session, person_id)):
        raise Conflict("Something of this person is held.", hint="vouch hold list shows it; a reviewer may lift it.")


def _known(session: Session, person: PersonRow) -> Known:
    return known_of(session, person.id) or Known(person.id, (person.name,), (person.email,))


def _person(session: Session, email: str) -> PersonRow:
    row = session.scalar(select(PersonRow).where(PersonRow.email == email.strip().lower()))
    if row is None:
        raise NotFound(f"Nobody here has had the address {email}.", hint="vouch people list shows who is here.")
    return row
