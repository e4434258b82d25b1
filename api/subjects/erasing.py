"""A request to erase: found, written into the ledger, carried out place by place, reported and signed.

Each step finds only what is still there, so that one which was cut off is taken up by doing it again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.batching.tables import BatchRow
from answer.evidence.snapshots import destroy
from api.runtime import Runtime
from api.subjects import documents, finding, history
from api.subjects.finding import Found
from api.subjects.ledger import NAME, Ledger
from api.subjects.report import Report, signed, written
from api.subjects.rows import overwrite, standing
from api.subjects.tables import ErasureRow
from api.subjects.who import Naming, Side, Subject, Treatment, subject
from core import holds
from core.audit import Event, repository
from core.audit.checkpoints import open_checkpoint
from core.audit.events import JSON, NO_SUBJECT, canonical
from core.audit.keys import Generations
from core.leases import Leases
from core.secrets import write_durably
from ingest.label import erase as labels
from ingest.shared import SharedDrain

REPORTS = "erasures"
_KEPT_KEY = "the key under which a source knows a suppressed document stays, so that it does not come back"


@dataclass(frozen=True, slots=True)
class Request:
    """``person`` is whom it is about, None where a ledger only knows documents. ``again``: it came back."""

    id: str
    at: datetime
    side: Side
    treatment: Treatment
    person: Subject | None = field(repr=False)
    by: str = NO_SUBJECT
    trace_id: str = ""
    again: bool = False

    @property
    def suppresses(self) -> bool:
        return self.side != "asker" and self.treatment == "suppress"


def ledger_of(runtime: Runtime) -> Ledger:
    settings = runtime.settings
    path = settings.retention.ledger_file or settings.data_dir.resolve() / NAME
    return Ledger(path, runtime.keyring)


def erase(
    runtime: Runtime, email: str, side: Side, treatment: Treatment, *, names: Iterable[str] = (), dry_run: bool = False,
    by: str = NO_SUBJECT, trace_id: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Erase what is kept of a person; returns the signed report. ``dry_run`` only says what there is. Raises
    ``NotFound``, and ``Refused`` while the log cannot be written: then nothing is erased."""
    with runtime.database.reading() as session:
        person = subject(session, email, side, names)
    request = Request(str(uuid4()), runtime.clock(), side, treatment, person, by, trace_id)
    naming = Naming(person.known, runtime.redaction.gazetteer)
    with runtime.database.reading() as session:
        found = finding.find(session, person, side, naming, runtime.snapshots, whole=request.suppresses)
        report = begun(runtime, session, request, found)
    if dry_run:
        report.dry_run = True
        return _signed(runtime, report)
    _tell(runtime, request, "started", report)
    ledger_of(runtime).write(
        request.at, request.id, side, treatment, person.person_id,
        found.documents if request.suppresses else (), found.snapshots | found.versions if request.suppresses else (),
        found.retold,
    )  # fmt: skip
    return carry_out(runtime, request, found, naming, report)


def carry_out(
    runtime: Runtime, request: Request, found: Found, naming: Naming | None, report: Report
) -> dict[str, Any]:
    """Everything that stands in the ledger already."""
    removed: Counter[str] = Counter()
    if request.suppresses:
        removed += _documents(runtime, sorted(found.documents))
        removed += _told(runtime, request, found, naming)
    elif request.side != "asker":
        removed += _labels(runtime, request)
    if request.side != "about" and request.person is not None and request.person.person_id:
        removed += _asked(runtime, request.person, request.at if request.again else None)
    runtime.vectors.forget()
    left = runtime.batches.withdraw()
    report.missed("batches at providers", left, "not deleted there yet; it is tried again every hour")
    _scrub(runtime)
    for place, count in removed.items():
        report.place(place).removed += count
    return _finished(runtime, request, report)


def _documents(runtime: Runtime, ids: list[str]) -> Counter[str]:
    gone: Counter[str] = Counter()
    for start in range(0, len(ids), documents.SOME):
        with runtime.database.writing() as session:
            overwrite(session)
            # Asked again: a hold may have come meanwhile.
            held = holds.held(session)
            rows = finding.sources_of(session, ids[start : start + documents.SOME])
            some = [each for each, source in rows.items() if not held.document(each, source)]
            counted, free = documents.purge(session, some, runtime.clock())
        gone += counted
        documents.unlink(runtime.blobs.directory, free)
    # Points of the index go with the documents; here, since only then it can be said that they are gone.
    if runtime.settings.mode == "embedded":
        runtime.pipeline.drain()
    else:
        SharedDrain(runtime.pipeline, Leases(runtime.database, runtime.clock)).drain(lambda done, chunks: None)
    return gone


def _told(runtime: Runtime, request: Request, found: Found, naming: Naming | None) -> Counter[str]:
    gone: Counter[str] = Counter()
    with runtime.database.writing() as session:
        overwrite(session)
        held = holds.held(session)
        person = request.person
        if person is not None and person.person_id in held.people:
            return gone
        kept = finding.held_versions(session, held)
        snapshots = [each for each in found.snapshots if each not in kept]
        gone["snapshots"] += destroy(session, snapshots, "erased", runtime.clock())
        found.retold = {each for each in found.retold if not finding.answer_held(session, held, each)}
        gone += history.erase_told(session, runtime.redaction.vault, person, found, held, naming)
        if person is not None:
            labels.erase_records(session, person.known)
            gone["accounts in sources"] += history.erase_accounts(session, person)
    return gone


def _labels(runtime: Runtime, request: Request) -> Counter[str]:
    assert request.person is not None
    with runtime.database.reading() as session:
        if request.person.person_id in holds.held(session).people:
            return Counter()
    gone = Counter({"labels": labels.erase_labels(runtime.database, request.person.known)})
    with runtime.database.writing() as session:
        overwrite(session)
        held = holds.held(session)
        gone["vault"] += history.erase_values(session, runtime.redaction.vault, request.person, held)
        labels.erase_records(session, request.person.known)
    return gone


def _asked(runtime: Runtime, person: Subject, before: datetime | None) -> Counter[str]:
    with runtime.database.writing() as session:
        overwrite(session)
        again = Found()
        finding.find_asked(session, person.person_id, holds.held(session), again, before)
        pseudonym = runtime.audit.subject(person.person_id)
        return history.erase_asked(session, runtime.redaction.vault, person, pseudonym, again, runtime.clock())


def _scrub(runtime: Runtime) -> None:
    """Let nothing of it stay in files that are only written over later."""
    if runtime.database.engine.dialect.name == "sqlite":
        with runtime.database.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# The report


def begun(runtime: Runtime, session: Session, request: Request, found: Found) -> Report:
    person = request.person
    name = runtime.audit.subject(person.person_id) if person is not None and person.person_id else ""
    report = Report(
        request.id, request.at.isoformat(), name, request.side, request.treatment, dry_run=False, returned=request.again
    )
    report.place("answers").found = len(found.answers)
    report.place("conversations").found = len(found.conversations)
    report.place("profile").found = int(found.profile)
    report.place("deliveries").found = len(found.deliveries)
    if request.suppresses:
        report.place("documents").found = len(found.documents)
        report.place("versions").found = len(found.versions)
        report.place("snapshots").found = len(found.snapshots)
        report.place("retold").found = len(found.retold)
        report.missed("the source of each document", len(found.documents), "it is the source's own; delete it there")
        report.missed("documents", len(found.documents), _KEPT_KEY)
    elif request.side != "asker":
        report.missed("documents", len(found.documents), "they stay, and only lose what was found in them")
    report.missed("documents with a name of several people", len(found.unclear), "nobody can tell who is meant")
    report.missed("documents that could not be read", found.unread, "nobody knows whom they name")
    report.missed("questions at a provider", found.waiting, "they were sent with passages of what goes")
    for destination in sorted(found.sent):
        report.missed(f"destination {destination}", 1, "messages were delivered there")
    if person is not None and person.person_id and request.side != "about":
        query = select(BatchRow.id).where(BatchRow.person_id == person.person_id)
        report.place("batches").found = len(session.scalars(query).all())
    for kind, ids in found.held.items():
        place = {"answer": "answers", "conversation": "conversations", "document": "documents", "person": "profile"}
        report.place(place.get(kind, "snapshots")).held += len(ids)
        report.held.extend({"kind": kind, "id": each} for each in ids if kind != "person")
        if kind == "person":
            report.held.append({"kind": "person", "id": name})
    return report


def _finished(runtime: Runtime, request: Request, report: Report) -> dict[str, Any]:
    with runtime.database.reading() as session:
        if request.person is not None:
            report.standing = standing(session, request.person.words)
    for place in report.places.values():
        place.found = max(place.found, place.removed)
    envelope = _signed(runtime, report)
    path = runtime.settings.data_dir.resolve() / REPORTS / f"{request.id}.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    write_durably(path, written(envelope))
    _tell(runtime, request, "done", report)
    return envelope


def _signed(runtime: Runtime, report: Report) -> dict[str, Any]:
    runtime.sequencer.drain()
    generations = Generations(runtime.keyring)
    with runtime.database.reading() as session:
        row = repository.latest_checkpoint(session)
    generation = 0 if row is None else generations.newest(open_checkpoint(row[0], generations.keys)[1])
    return signed(report.told(), generations, generation)


def _tell(runtime: Runtime, request: Request, outcome: Any, report: Report) -> None:
    """At the end with the mark that this database need not be erased again."""
    done = outcome == "done"
    details: dict[str, JSON] = {
        "request": request.id,
        "side": request.side,
        "documents": request.treatment,
        "person": report.subject or None,
        "removed": {_word(name): each.removed for name, each in report.places.items() if each.removed},
        "held": {_word(name): each.held for name, each in report.places.items() if each.held},
        "unreached": len(report.unreached),
        "report": hashlib.sha256(canonical(report.told())).hexdigest() if done else None,
        "restored": True if request.again else None,
    }
    event = Event(
        kind="subject.erased", subject=request.by, action="subject.erase", outcome=outcome, at=runtime.clock(),
        trace_id=request.trace_id, details=details,
    )  # fmt: skip
    with runtime.database.writing() as session:
        if done and not report.held:
            session.merge(ErasureRow(id=request.id, at=runtime.clock()))
        runtime.audit.enlist(session, event)


def _word(name: str) -> str:
    return name.replace(" ", "_")[:40]


def reports(directory: Path) -> list[dict[str, Any]]:
    """Those that were written here, the latest last."""
    found = [orjson.loads(path.read_bytes()) for path in sorted((directory / REPORTS).glob("*.json"))]
    return sorted(found, key=lambda each: each["report"]["at"])
