"""Requests of a person, legal holds, retention, and the evidence that reviewers open."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from answer.evidence.snapshots import SALT, Opened
from answer.tables import AnswerRow
from api import retention
from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.paging import Cursor, Limit
from api.runtime import Runtime
from api.subjects import erasing, exporting
from api.subjects.report import verify
from connectors.tables import SourceRow
from core import holds
from core.audit import Event
from core.audit.keys import Generations
from core.errors import NotFound
from core.holds import Hold
from core.tables import PersonRow
from ingest.tables import DocumentRow

router = APIRouter(prefix="/v1")
Text = Annotated[str, Field(max_length=1000)]
Names = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)]


# Requests of a person


class SubjectIn(Model):
    """``side``: as somebody who asks, as somebody who is written about, or both. ``names`` are further ones that
    texts call them by."""

    email: Annotated[str, Field(max_length=320)]
    side: Literal["asker", "about", "both"]
    names: Names = Field(default_factory=list[str])


class ErasureIn(SubjectIn):
    """``documents`` that name them are suppressed, or only lose what was found in them. ``dry_run`` erases nothing."""

    documents: Literal["suppress", "labels-only"] = "suppress"
    dry_run: bool = False


class PlaceOut(Model):
    found: int
    removed: int
    held: int


class HeldOut(Model):
    kind: str
    id: str


class UnreachedOut(Model):
    where: str
    count: int
    why: str


class ReportOut(Model):
    """``subject`` is the pseudonym in the log. ``standing``: in how many rows of which column their name or address
    still stands."""

    format: str
    request: str
    at: str
    subject: str
    side: str
    documents: str
    dry_run: bool
    returned_with_a_backup: bool
    places: dict[str, PlaceOut]
    held: list[HeldOut]
    unreached: list[UnreachedOut]
    standing: dict[str, int]


class SignedReport(Model):
    """``signature`` (Ed25519, base64) is by the log's ``key``."""

    report: ReportOut
    key: str
    signature: str


@router.post("/subjects/export", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
def export_subject(
    body: SubjectIn, runtime: CurrentRuntime, by: Annotated[By, Depends(deciding("subject.export"))]
) -> Response:
    """Everything that is kept of a person, as a zip."""
    made = exporting.export(runtime, body.email, body.side, names=body.names, by=by.subject, trace_id=by.trace_id)
    return Response(made, media_type="application/zip", headers={"Cache-Control": "no-store"})


@router.post("/subjects/erase")
def erase_subject(
    body: ErasureIn, runtime: CurrentRuntime, by: Annotated[By, Depends(deciding("subject.erase"))]
) -> SignedReport:
    """Erase what is kept of a person, but what is held. It cannot be undone."""
    envelope = erasing.erase(
        runtime, body.email, body.side, body.documents, names=body.names, dry_run=body.dry_run, by=by.subject,
        trace_id=by.trace_id,
    )  # fmt: skip
    return SignedReport.model_validate(envelope)


class VerifiedOut(Model):
    """``signer``: the key of the log that signed it."""

    signer: str


class ReportsOut(Model):
    reports: list[SignedReport]
    next: str | None = None


@router.get("/subjects/reports", dependencies=[Depends(deciding("subject.erase"))])
def list_reports(runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = "") -> ReportsOut:
    """The reports of erasures that were carried out here, the latest first."""
    found = [SignedReport.model_validate(each) for each in erasing.reports(runtime.settings.data_dir.resolve())]
    after = paging.read(cursor, str, str, of="reports") if cursor else None
    behind = [each for each in reversed(found) if after is None or (each.report.at, each.report.request) < after]
    shown, following = paging.page_of(behind, limit, lambda each: (each.report.at, each.report.request), "reports")
    return ReportsOut(reports=shown, next=following)


@router.post("/subjects/verify", dependencies=[Depends(deciding("subject.erase"))])
def verify_report(body: SignedReport, runtime: CurrentRuntime) -> VerifiedOut:
    """Whether a report of an erasure is as this installation signed it."""
    return VerifiedOut(signer=str(verify(body.model_dump(), Generations(runtime.keyring).keys)))


# Holds


class HoldIn(Model):
    """``target``: a person's address, a source's name, or the id of a document or an answer."""

    kind: Literal["person", "document", "source", "answer"]
    target: Annotated[str, Field(max_length=1000)]
    why: Text


class LiftIn(Model):
    why: Text


class HoldOut(Model):
    id: str
    kind: str
    target: str
    why: str
    placed_at: datetime
    lifted_at: datetime | None
    lifted_why: str | None


class HoldsOut(Model):
    holds: list[HoldOut]
    next: str | None = None


Reviewer = Annotated[By, Depends(deciding("review.hold"))]


@router.get("/holds")
def list_holds(
    runtime: CurrentRuntime, by: Reviewer, lifted: bool = False, limit: Limit = paging.MOST, cursor: Cursor = ""
) -> HoldsOut:
    """What is held, in the order in which it was; with ``lifted`` also what was."""
    after = cast("tuple[datetime, str]", paging.read(cursor, datetime, str, of="holds")) if cursor else None
    with runtime.database.reading() as session:
        found = holds.page(session, limit + 1, after, lifted=lifted)
    shown, following = paging.page_of(found, limit, lambda each: (each.placed_at, each.id), "holds")
    return HoldsOut(holds=[_hold(each) for each in shown], next=following)


@router.post("/holds", status_code=201)
def place_hold(body: HoldIn, runtime: CurrentRuntime, by: Reviewer) -> HoldOut:
    """Hold something: from now on it is neither erased nor retired."""
    with runtime.database.writing() as session:
        target = _target(session, body.kind, body.target.strip())
        made = holds.place(session, body.kind, target, body.why, by.who, runtime.clock())
        runtime.audit.enlist(session, _held(runtime, made, "placed", body.why, by))
    return _hold(made)


@router.post("/holds/{hold_id}/lift")
def lift_hold(hold_id: str, body: LiftIn, runtime: CurrentRuntime, by: Reviewer) -> HoldOut:
    """What was held goes with its time again, and a request to erase it is carried out at the next start."""
    with runtime.database.writing() as session:
        lifted = holds.lift(session, hold_id, body.why, by.who, runtime.clock())
        runtime.audit.enlist(session, _held(runtime, lifted, "lifted", body.why, by))
    return _hold(lifted)


def _target(session: Session, kind: str, wanted: str) -> str:
    """The id of what a hold is to be on."""
    query = {
        "person": select(PersonRow.id).where(PersonRow.email == wanted.lower()),
        "source": select(SourceRow.id).where(SourceRow.name == wanted),
        "document": select(DocumentRow.id).where((DocumentRow.id == wanted) | (DocumentRow.key == wanted)),
        "answer": select(AnswerRow.id).where(AnswerRow.id == wanted),
    }[kind]
    found = session.scalars(query.limit(2)).all()
    if len(found) != 1:
        raise NotFound(f"There is no one {kind} like that.", hint="Name a document by its id, as the list shows it.")
    return found[0]


def _hold(hold: Hold) -> HoldOut:
    return HoldOut.model_validate(hold, from_attributes=True)


def _held(runtime: Runtime, hold: Hold, change: str, why: str, by: By) -> Event:
    commitments = runtime.audit.commitments()
    target = runtime.audit.subject(hold.target) if hold.kind == "person" else hold.target
    return Event(
        kind="hold.changed", subject=by.subject, action=f"hold.{change}", outcome="done", at=runtime.clock(),
        trace_id=by.trace_id, salt=commitments.salt,
        details={
            "hold": hold.id, "change": change, "kind": hold.kind, "target": target, "why": commitments.of(why.strip()),
        },
    )  # fmt: skip


# Retention


class RunOut(Model):
    at: datetime
    removed: dict[str, int]
    held: dict[str, int]


class RetentionOut(Model):
    """``days`` for which each class is kept; ``by_sensitivity`` shortens answers and evidence."""

    days: dict[str, int]
    by_sensitivity: dict[str, int]
    last: RunOut | None


class RetiredOut(Model):
    removed: dict[str, int]
    held: dict[str, int]


@router.get("/retention", dependencies=[Depends(deciding("operate"))])
def show_retention(runtime: CurrentRuntime) -> RetentionOut:
    settings = runtime.settings.retention
    ran = retention.last(runtime)
    return RetentionOut(
        days=retention.days_of(settings),
        by_sensitivity={str(level): days for level, days in settings.by_sensitivity.items()},
        last=None if ran is None else RunOut.model_validate(ran, from_attributes=True),
    )


@router.post("/retention/run")
def run_retention(runtime: CurrentRuntime, by: Annotated[By, Depends(deciding("operate"))]) -> RetiredOut:
    """Remove now what has had its time, without waiting for the daily run."""
    done = retention.run(runtime, by.subject, by.trace_id)
    return RetiredOut(removed=dict(done.removed), held=dict(done.held))


# Evidence


class SnapshotOut(Model):
    """A citation in its document as it was. ``commitment`` is its address, as the log has it. ``state`` is that of the
    document now; ``current``: it still says the same."""

    answer_id: str
    number: int
    version: str
    document: str
    source: str
    uri: str
    title: str
    media_type: str
    text: str
    sentence: str
    page: int | None
    headings: list[str]
    spans: list[list[int]]
    parts: list[Any]
    as_of: str
    kept_at: datetime
    commitment: str
    state: str
    current: bool


@router.get("/answers/{answer_id}/evidence-snapshot/{number}")
def read_snapshot(
    answer_id: str, number: int, runtime: CurrentRuntime, by: Annotated[By, Depends(deciding("review"))]
) -> SnapshotOut:
    """What a sentence of anybody's answer rested on, as it was then."""
    with runtime.database.reading() as session:
        opened = runtime.snapshots.open(session, answer_id, number)
    runtime.audit.append(_reviewed(opened, runtime, by))
    kept = opened.kept
    return SnapshotOut(
        answer_id=answer_id, number=number, version=kept.version, document=kept.document, source=kept.source,
        uri=kept.uri, title=kept.title, media_type=kept.media_type, text=kept.text, sentence=opened.sentence,
        page=opened.page, headings=list(opened.headings), spans=[[each.start, each.end] for each in opened.spans],
        parts=[list(part) for part in kept.parts], as_of=kept.as_of, kept_at=kept.kept_at, commitment=kept.commitment,
        state=opened.document_state, current=opened.current,
    )  # fmt: skip


def _reviewed(opened: Opened, runtime: Runtime, by: By) -> Event:
    return Event(
        kind="evidence.reviewed", subject=by.subject, action="evidence.review", outcome="done", at=runtime.clock(),
        trace_id=by.trace_id, salt=SALT,
        details={
            "answer": opened.answer_id, "number": opened.number, "version": opened.kept.version,
            "document": opened.kept.document, "commitment": opened.kept.commitment, "state": opened.document_state,
            "current": opened.current,
        },
    )  # fmt: skip
