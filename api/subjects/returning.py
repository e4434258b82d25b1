"""What was erased and came back with a backup is erased again, before anything is served."""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.evidence.tables import SnapshotRow
from answer.tables import AnswerRow
from api.runtime import Runtime
from api.subjects import finding, history
from api.subjects.erasing import Request, begun, carry_out, ledger_of
from api.subjects.finding import Found
from api.subjects.ledger import Ledger, Line
from api.subjects.rows import overwrite
from api.subjects.tables import ErasureRow
from api.subjects.who import Naming, Subject, checked_side, checked_treatment, subject
from core import holds
from core.tables import PersonRow
from ingest.tables import DocumentRow

log = structlog.get_logger()


def erase_again(runtime: Runtime) -> int:
    """Carry out every request of the ledger that this database has not seen, or that was cut off. Returns how many.
    Raises ``Conflict`` where the ledger is damaged."""
    ledger = ledger_of(runtime)
    lines = ledger.lines()
    if not lines:
        return 0
    with runtime.database.reading() as session:
        done = set(session.scalars(select(ErasureRow.id)))
    waiting = [line for line in lines if line.id not in done]
    for line in waiting:
        _erase_again(runtime, ledger, line)
        log.warning("subject.erased_again", request=line.id)
    return len(waiting)


def finish(runtime: Runtime) -> None:
    """Remove what was left of people for their batches, once those are withdrawn."""
    with runtime.database.reading() as session:
        left = history.left_over(session)
    if left:
        with runtime.database.writing() as session:
            overwrite(session)
            for person in left:
                history.remove_person(session, person)


def _erase_again(runtime: Runtime, ledger: Ledger, line: Line) -> None:
    side, treatment = checked_side(line.side), checked_treatment(line.documents)
    with runtime.database.reading() as session:
        person = _person(session, ledger, line)
        request = Request(line.id, line.at, side, treatment, person, again=True)
        naming = None if person is None else Naming(person.known, runtime.redaction.gazetteer)
        found = Found()
        if person is not None and naming is not None:
            found = finding.find(
                session, person, side, naming, runtime.snapshots, whole=request.suppresses, before=line.at
            )
        if request.suppresses:
            _listed(session, ledger, line, found, naming, runtime)
        report = begun(runtime, session, request, found)
    carry_out(runtime, request, found, naming, report)


def _person(session: Session, ledger: Ledger, line: Line) -> Subject | None:
    """Whoever the line names, unless they came after it."""
    if not line.person:
        return None
    for row in session.execute(select(PersonRow.id, PersonRow.email, PersonRow.created_at)):
        if row.created_at <= line.at and ledger.name("person", row.id) == line.person:
            return subject(session, row.email, "both")
    return None


def _listed(
    session: Session, ledger: Ledger, line: Line, found: Found, naming: Naming | None, runtime: Runtime
) -> None:
    """What the line lists by id, as far as it is from before the line."""
    held = holds.held(session)
    for document_id in session.scalars(select(DocumentRow.id)).all():
        if document_id in found.documents or ledger.name("document", document_id) not in line.documents_gone:
            continue
        row = session.get_one(DocumentRow, document_id)
        if not finding.from_before(session, row, line.at):
            continue
        if held.document(row.id, row.source_id):
            found.hold("document", row.id)
        else:
            finding.add(session, found, finding.described(session, row))
    finding.find_resting(session, held, found, naming, runtime.snapshots)
    kept = finding.held_versions(session, held)
    sealed = select(SnapshotRow.version_id, SnapshotRow.created_at).where(SnapshotRow.sealed.is_not(None))
    for version in session.execute(sealed):
        if version.created_at <= line.at and ledger.name("version", version.version_id) in line.versions_gone:
            found.snapshots.update({version.version_id} - kept)
    for answer in session.execute(select(AnswerRow.id, AnswerRow.person_id, AnswerRow.created_at)):
        if answer.created_at <= line.at and ledger.name("answer", answer.id) in line.answers_gone:
            if held.answer(answer.id, answer.person_id):
                found.hold("answer", answer.id)
            else:
                found.retold.add(answer.id)
