"""Routes around redaction: what of a text would leave, how sensitive a document is, and forgetting a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.configuring import By
from api.forgetting import forget
from api.http.access import CurrentRuntime, deciding
from api.http.errors import trace_id_of
from api.http.lines import Tell, told
from api.http.models import Model
from api.http.operate import find_document
from api.http.policy import LONGEST_TEXT, TEXTS_AT_A_TIME, PolicyDocument, Reading
from api.redacting import Redacted, Shown
from api.runtime import Runtime
from core.errors import Invalid
from core.policy import Sensitivity, Treatment
from ingest.label import sensitivity
from ingest.label.sensitivity import Changer

router = APIRouter(prefix="/v1")
LONGEST_TOGETHER = 2_000_000


class RedactIn(Model):
    """``destination`` is a place, or a name that the policy knows. Equal values of one ``run`` get equal pseudonyms;
    choose one that nobody can guess. ``policy``: another one than that which holds, to be tried."""

    texts: list[Annotated[str, Field(max_length=LONGEST_TEXT)]] = Field(max_length=TEXTS_AT_A_TIME)
    destination: str = "external"
    run: str = Field(min_length=16, max_length=64)
    policy: PolicyDocument | None = None


class AgainstOut(Model):
    """A finding that claimed some of the same characters."""

    type: str
    start: int
    end: int
    score: float
    rule: str


class RedactedSpanOut(AgainstOut):
    """``entry`` is the entry of the policy that asks for ``treatment``; ``token`` stands in the value's place."""

    data_class: str = Field(alias="class")
    treatment: Treatment
    entry: str
    token: str | None
    against: list[AgainstOut]


class RedactedOut(Model):
    """``blocked``: the text may not go there at all. It is redacted nevertheless."""

    text: str
    spans: list[RedactedSpanOut]
    sensitivity: Sensitivity
    blocked: bool


class RedactionsOut(Model):
    policy: int
    results: list[RedactedOut]


class SensitivityIn(Model):
    level: Sensitivity
    why: str


class SaidOut(Model):
    before: Sensitivity
    level: Sensitivity
    why: str
    changed_by: str
    changed_at: datetime


class SensitivityOut(Model):
    """``level`` is that of the document's most sensitive passage, as far as it has been looked into; ``source`` and
    ``container`` what is declared for where it lies; ``said`` what people said, latest first."""

    document: str
    level: Sensitivity
    source: Sensitivity
    container: Sensitivity
    said: list[SaidOut]


class ForgottenOut(Model):
    """``values`` went from the vault; ``labels`` of passages were dropped, to be made anew."""

    email: str
    values: int
    labels: int


def changer(by: Annotated[By, Depends(deciding("document.sensitivity"))]) -> Changer:
    """Who speaks of the sensitivity of documents; what they may say is decided there."""
    return Changer(trace_id=by.trace_id) if by.operator else Changer(by.who, by.subject, by.roles, by.trace_id)


CurrentChanger = Annotated[Changer, Depends(changer)]


@router.post("/operator/label", dependencies=[Depends(deciding("operate"))])
def label(runtime: CurrentRuntime, request: Request) -> StreamingResponse:
    """Look for values in the documents that nobody has looked into yet. The reply is a line of JSON an event: progress,
    then a report or a problem."""

    def work(tell: Tell) -> dict[str, Any]:
        def told_of(done: int, total: int) -> None:
            tell({"phase": "looking for personal data", "done": done, "total": total, "chunks": 0})

        done = runtime.redaction.labeller.drain(told_of)
        return {"documents": done.documents, "failed": done.failed, "left": done.left}

    return told(work, "label", trace_id_of(request))


@router.post("/redact")
def redact(body: RedactIn, by: Reading, runtime: CurrentRuntime) -> RedactionsOut:
    """What of these texts would go to a destination. Nothing is sent or stored."""
    if sum(map(len, body.texts)) > LONGEST_TOGETHER:
        raise Invalid("These texts are too long for one call.", hint="Send fewer at a time.")
    wanted = None if body.policy is None else body.policy.document
    destination = runtime.redaction.destination(body.destination, wanted)
    results = runtime.redaction.redact(body.texts, destination, body.run, wanted)
    return RedactionsOut(policy=runtime.policies.policy().version, results=[_redacted(each) for each in results])


@router.get("/documents/{document_id:path}/sensitivity")
def show_sensitivity(document_id: str, by: CurrentChanger, runtime: CurrentRuntime) -> SensitivityOut:
    """How sensitive a document is, and why: for those who may change it."""
    return _sensitivity(runtime, _id(runtime, document_id, by))


@router.put("/documents/{document_id:path}/sensitivity")
def change_sensitivity(
    document_id: str, body: SensitivityIn, by: CurrentChanger, runtime: CurrentRuntime
) -> SensitivityOut:
    """Say how sensitive a document is. Whoever owns sources raises it; only administrators lower it."""
    found = _id(runtime, document_id, by)
    detector = runtime.redaction.detector.identity
    with runtime.database.writing() as session:
        sensitivity.change_sensitivity(
            session, runtime.audit, found, body.level, why=body.why, by=by, now=runtime.clock(), detector=detector
        )
    runtime.work_off()
    return _sensitivity(runtime, found)


@router.post("/operator/people/{email}/forget")
def forget_person(
    email: str, runtime: CurrentRuntime, by: Annotated[By, Depends(deciding("people.forget"))]
) -> ForgottenOut:
    """Forget a person: their sign-ins end, the values that only they account for leave the vault, and what was found of
    them in texts is dropped."""
    values, labels = forget(runtime, email, by.subject, by.trace_id)
    return ForgottenOut(email=email, values=values, labels=labels)


def _redacted(redacted: Redacted) -> RedactedOut:
    return RedactedOut(
        text=redacted.text,
        spans=[_span(each) for each in redacted.shown],
        sensitivity=redacted.sensitivity,
        blocked=redacted.blocked,
    )


def _span(shown: Shown) -> RedactedSpanOut:
    found = shown.finding
    against = [
        AgainstOut(type=each.kind, start=each.span.start, end=each.span.end, score=round(each.score, 4), rule=each.rule)
        for each in shown.against
    ]
    return RedactedSpanOut.model_validate(
        {
            "type": found.kind,
            "start": found.span.start,
            "end": found.span.end,
            "score": round(found.score, 4),
            "rule": found.rule,
            "class": shown.data_class,
            "treatment": shown.ruling.treatment,
            "entry": shown.ruling.entry,
            "token": shown.token,
            "against": against,
        }
    )


def _id(runtime: Runtime, document_id: str, by: Changer) -> str:
    """The operator may name a document by its uri as well."""
    if by.who != sensitivity.OPERATOR:
        return document_id
    with runtime.database.reading() as session:
        return find_document(session, document_id)[0].id


def _sensitivity(runtime: Runtime, document_id: str) -> SensitivityOut:
    detector = runtime.redaction.detector.identity
    with runtime.database.reading() as session:
        found = sensitivity.document_sensitivity(session, document_id, detector)
        said = sensitivity.history(session, document_id)
    return SensitivityOut(
        document=document_id,
        level=found.level,
        source=found.levels.source,
        container=found.levels.container,
        said=[SaidOut.model_validate(each, from_attributes=True) for each in said],
    )
