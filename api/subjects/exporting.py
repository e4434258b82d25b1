"""Everything that is kept of a person, as files that programs read and one page that people read, in a zip."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.batching.tables import BatchItemRow, BatchRow
from answer.evidence.tables import SnapshotRow
from answer.models.tables import UsageRow
from answer.permitted import values_for
from answer.restore import restore
from answer.review import erase as reviews
from answer.tables import AnswerRow, ConversationRow, FeedbackRow
from api.runtime import Runtime
from api.subjects import account, finding
from api.subjects.account import Rows
from api.subjects.finding import Found, FoundDocument
from api.subjects.who import Naming, Side, Subject, subject
from connectors.tables import AccountRow
from core import people
from core.audit import Event, repository
from core.audit.events import NO_SUBJECT
from core.errors import NotFound
from retrieval.freshness import stale_sources

TITLES = {
    "asker/profile": "Who you are here",
    "asker/groups": "Your groups, also those of before",
    "asker/sign_ins": "Your sign-ins and keys",
    "asker/identities": "Your accounts at providers of sign-in",
    "asker/directory": "What the directory wrote of you",
    "asker/roles": "Roles that were asked for you",
    "asker/acted_for": "Programs that may act for you, and why",
    "asker/shares": "Conversations that you shared, and when others shared theirs with you",
    "asker/sources": "Sources that you look after",
    "asker/webhooks": "Webhooks that you made",
    "asker/conversations": "Your conversations",
    "asker/answers": "Your questions and what was answered",
    "asker/usage": "What your questions used of models",
    "asker/batches": "Your batches of questions",
    "asker/feedback": "What you said of answers",
    "asker/reviews": "What reviewers said of your answers",
    "asker/reviewed": "What you said as a reviewer",
    "asker/events": "What the log says of you, under a pseudonym",
    "about/known": "Your name and address in the sources",
    "about/documents": "Documents that name you",
    "about/unclear": "Documents with a name that others have as well",
    "about/snapshots": "Documents kept as evidence of answers that name you",
    "about/answers": "Answers to others that name you, by number",
}


def export(
    runtime: Runtime, email: str, side: Side, *, names: Iterable[str] = (), by: str = NO_SUBJECT, trace_id: str = ""
) -> bytes:
    """The zip, recorded. Raises ``NotFound``."""
    runtime.sequencer.drain()
    with runtime.database.reading() as session:
        person = subject(session, email, side, names)
        naming = Naming(person.known, runtime.redaction.gazetteer)
        found = finding.find(session, person, side, naming, runtime.snapshots)
        parts: dict[str, Rows] = {}
        if side != "about" and person.person_id:
            parts |= _asked(runtime, session, person)
        if side != "asker":
            parts |= _about(session, person, found)
    commitments = runtime.audit.commitments()
    runtime.audit.append(
        Event(
            kind="subject.exported", subject=by, action="subject.export", outcome="done", at=runtime.clock(),
            trace_id=trace_id, salt=commitments.salt,
            details={
                "side": side,
                "address": commitments.of(person.email),
                "person": runtime.audit.subject(person.person_id) if person.person_id else None,
                "found": {name.replace("/", "_"): len(rows) for name, rows in parts.items()},
            },
        )
    )  # fmt: skip
    return _zipped(parts, side, runtime.clock())


def _asked(runtime: Runtime, session: Session, person: Subject) -> dict[str, Rows]:
    own = person.person_id
    pseudonym = runtime.audit.subject(own)
    batches = session.scalars(select(BatchRow).where(BatchRow.person_id == own)).all()
    items = select(BatchItemRow).where(BatchItemRow.batch_id.in_([batch.id for batch in batches]))
    said_of, said = reviews.export(session, own)
    return {
        **account.kept(session, own, pseudonym),
        "asker/conversations": _plain(session, ConversationRow, ConversationRow.person_id == own),
        "asker/answers": _answers(runtime, session, own),
        "asker/usage": _plain(session, UsageRow, UsageRow.subject == pseudonym),
        "asker/batches": [
            {"batch": item.batch_id, "question": item.question, "answer": item.answer_id, "state": item.state}
            for item in session.scalars(items)
        ],
        "asker/feedback": _plain(session, FeedbackRow, FeedbackRow.person_id == own),
        "asker/reviews": said_of,
        "asker/reviewed": said,
        "asker/events": _events(session, pseudonym),
    }  # fmt: skip


def _answers(runtime: Runtime, session: Session, person_id: str) -> Rows:
    """As the person may read them now; of somebody who left, as they are stored."""
    try:
        principal = people.principal(session, person_id, runtime.audit.subject)
    except NotFound:
        principal = None
    fresh, now, vault = stale_sources(session), runtime.clock(), runtime.redaction.vault
    told: Rows = []
    rows = session.scalars(select(AnswerRow).where(AnswerRow.person_id == person_id).order_by(AnswerRow.created_at))
    for row in rows:
        sentences = [claim["text"] for claim in row.claims]
        if principal is not None:
            values = values_for(session, vault, row.conversation_id, principal, row.created_at, now)
            sentences = [each.text for each in restore(session, row, principal, fresh, values).sentences]
        told.append(
            {
                "id": row.id, "conversation": row.conversation_id, "at": row.created_at, "question": row.question,
                "searched": row.searched, "status": row.status, "sentences": sentences, "model": row.model,
                "cited_versions": sorted({each["version"] for claim in row.claims for each in claim["citations"]}),
            }
        )  # fmt: skip
    return told


def _about(session: Session, person: Subject, found: Found) -> dict[str, Rows]:
    emails = [email.lower() for email in person.known.emails]
    accounts = select(AccountRow).where(AccountRow.email.in_(emails))
    kept = select(SnapshotRow).where(SnapshotRow.version_id.in_(found.snapshots | found.held.get("snapshot", set())))
    return {
        "about/known": [
            {"names": list(person.known.names), "emails": list(person.known.emails)},
            *({"source": row.source_id, "account": row.key, "name": row.name} for row in session.scalars(accounts)),
        ],
        "about/documents": [_document(each) for each in found.documents.values()]
        + [{"id": each, "held": True} for each in sorted(found.held.get("document", set()))],
        "about/unclear": [_document(each) for each in found.unclear.values()],
        "about/snapshots": [
            {"address": row.commitment, "version": row.version_id, "document": row.document_id, "at": row.created_at}
            for row in session.scalars(kept)
        ],
        # They belong to whoever asked.
        "about/answers": [{"answers": len(found.retold | found.held.get("answer", set()))}],
    }


def _document(document: FoundDocument) -> dict[str, Any]:
    return {
        "id": document.id,
        "source": document.source,
        "uri": document.key,
        "title": document.title,
        "state": document.state,
        "versions": {
            version: [[span.start, span.end] for span in spans] for version, spans in document.versions.items()
        },
        "passages": sorted(document.chunks),
    }


def _plain(session: Session, table: Any, those: Any) -> Rows:
    columns = [each.name for each in table.__table__.columns]
    return [{name: getattr(row, name) for name in columns} for row in session.scalars(select(table).where(those))]


def _events(session: Session, pseudonym: str) -> Rows:
    wanted = pseudonym.encode()
    with repository.all_records(session) as records:
        return [orjson.loads(body) for _, body, _ in records if body and wanted in body]


def _zipped(parts: Mapping[str, Rows], side: Side, at: datetime) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        manifest = {
            "format": "vouch-subject-export/1",
            "at": at.isoformat(),
            "side": side,
            "files": {f"{name}.json": len(rows) for name, rows in parts.items()},
        }
        file.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        for name, rows in parts.items():
            file.writestr(f"{name}.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2, default=str))
        file.writestr("index.html", _page(parts, at))
    return made.getvalue()


def _page(parts: Mapping[str, Rows], at: datetime) -> str:
    sections = "".join(_section(name, rows) for name, rows in parts.items())
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>What Vouch keeps of you</title>"
        "<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;font-size:14px}td,th{border:1px solid #ccc;padding:.2rem .5rem;"
        "text-align:left;vertical-align:top;overflow-wrap:anywhere}</style>"
        f"<h1>What Vouch keeps of you</h1><p>As of {at:%Y-%m-%d %H:%M} UTC. The files beside this page say the same "
        f"for programs.</p>{sections}</html>"
    )


def _section(name: str, rows: Rows) -> str:
    title = f"<h2>{html.escape(TITLES[name])}</h2>"
    if not rows:
        return f"{title}<p>Nothing.</p>"
    columns = list(dict.fromkeys(column for row in rows for column in row))
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(row.get(column)))}</td>" for column in columns) + "</tr>"
        for row in rows
    )
    return f"{title}<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else orjson.dumps(value, default=str).decode()
