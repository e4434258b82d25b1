"""Routes for the queue of reviews: who looks at which answer, and what they say of it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from answer.review.labels import Label, Severity, State
from answer.review.queue import LONGEST_TEXT, Entry, Review
from answer.review.queue_rows import Filters, Place
from api.configuring import By
from api.http import paging
from api.http.access import Asker, CurrentRuntime, deciding, may
from api.http.administering import addresses
from api.http.models import Model
from api.http.moments import Moment
from api.http.paging import Cursor, Limit
from api.runtime import Runtime
from core import people
from core.audit import Event

router = APIRouter(prefix="/v1")
Reviewing = Annotated[Asker, Depends(may("review"))]
Reporting = Annotated[By, Depends(deciding("report.read"))]
LATELY = timedelta(days=7)
NOBODY = "nobody"
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Revision = Annotated[int, Field(ge=0, le=2**31, description="The one that was read; what changed since is refused.")]
Since = Annotated[Moment | None, Query(description="With its time zone; by default seven days before until.")]
Until = Annotated[Moment | None, Query(description="With its time zone; by default now.")]
From = Annotated[Moment | None, Query(description="Put into the queue since then, with its time zone.")]
To = Annotated[Moment | None, Query(description="Put into the queue before then, with its time zone.")]
Word = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")]
Id = Annotated[str | None, Query(pattern=r"^[0-9a-f-]{1,36}$")]


# The queue


class AboutOut(Model):
    """The answer, without what it says. ``asked_by`` is a pseudonym of the log."""

    asked_by: str
    status: str
    tier: str
    model: str
    support: float
    asked_at: datetime


class ReviewOut(Model):
    """``rule`` is the one that drew it, or ``by_hand``. ``first_label`` was given before anybody else said anything.
    ``second``: whether it was signed off by somebody else than who labelled it. People who are erased are null, and
    ``about`` where the answer has gone."""

    id: str
    answer_id: str
    sample_id: str | None
    rule: str
    state: State
    assignee: str | None
    label: Label | None
    severity: Severity | None
    labelled_by: str | None
    first_label: Label | None
    signed_by: str | None
    second: bool | None
    queued_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    revision: int
    notes: int
    about: AboutOut | None


class EntryOut(Model):
    """What happened to a review. ``text`` is a note or a reason; ``by`` is null where a rule did it, or whoever did is
    erased."""

    revision: int
    change: str
    by: str | None
    at: datetime
    assignee: str | None
    label: str | None
    severity: str | None
    text: str


class ReviewsOut(Model):
    reviews: list[ReviewOut]
    next: str | None


class WholeReviewOut(ReviewOut):
    history: list[EntryOut]


class QueueIn(Model):
    answer: Annotated[str, Field(max_length=36)]
    why: Text


class AssignIn(Model):
    """``assignee`` is the address of a reviewer; empty: nobody."""

    revision: Revision
    assignee: Annotated[str, Field(max_length=320)]


class LabelIn(Model):
    """``severity`` is said of faults only."""

    revision: Revision
    label: Label
    severity: Severity | None = None


class NoteIn(Model):
    text: Text
    revision: Revision | None = None


class SignIn(Model):
    revision: Revision


class ReopenIn(Model):
    revision: Revision
    why: Text


class AgreementOut(Model):
    """Of ``pairs`` that two people looked at, in ``agreed`` the first label stood. ``kappa`` is Cohen's."""

    pairs: int
    agreed: int
    ratio: float | None
    kappa: float | None


class CountsOut(Model):
    """By state, by rule, and by label and severity."""

    since: datetime | None
    until: datetime | None
    states: dict[str, int]
    rules: dict[str, int]
    labels: dict[str, dict[str, int]]
    agreement: AgreementOut


@router.get("/reviews")
def list_reviews(
    runtime: CurrentRuntime,
    by: Reviewing,
    state: Annotated[State | Literal["waiting"] | None, Query(description="waiting: whatever is not done.")] = None,
    assignee: Annotated[str | None, Query(max_length=320, description="An address, or `nobody`.")] = None,
    label: Annotated[Label | None, Query()] = None,
    severity: Annotated[Severity | None, Query()] = None,
    rule: Word = None,
    sample: Id = None,
    since: From = None,
    until: To = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ReviewsOut:
    """What has waited longest first."""
    after = Place(*paging.read(cursor, datetime, str, of="reviews")) if cursor else None
    filters = Filters(state, _assignee(runtime, assignee), label, severity, rule, sample, since, until)
    found = runtime.reviews.listed(by.principal, filters, limit, after, by.trace_id)
    shown, following = paging.page_of(found, limit, lambda each: (each.queued_at, each.id), "reviews")
    with runtime.database.reading() as session:
        known = addresses(session, {person for each in shown for person in _people(each)})
    return ReviewsOut(reviews=[_review(each, known) for each in shown], next=following)


@router.post("/reviews", status_code=201)
def queue_answer(body: QueueIn, runtime: CurrentRuntime, by: Reviewing) -> ReviewOut:
    """Put one answer into the queue by hand."""
    return _out(runtime, runtime.reviews.add(body.answer, body.why, by.principal, by.trace_id))


@router.get("/reviews/counts", dependencies=[Depends(may("review"))])
def count_reviews(
    runtime: CurrentRuntime, rule: Word = None, sample: Id = None, since: From = None, until: To = None
) -> CountsOut:
    """How many there are, what they say, and how often two people said the same. Counts of the queue are no look at
    what anybody asked or was told, and no record."""
    found = runtime.reviews.counts(Filters(rule=rule, sample=sample, since=since, until=until))
    return CountsOut(
        since=since, until=until, states=dict(found.states), rules=dict(found.rules),
        labels={label: dict(those) for label, those in found.labels.items()},
        agreement=AgreementOut.model_validate(found.agreement, from_attributes=True),
    )  # fmt: skip


@router.get("/reviews/{review_id}")
def read_review(review_id: str, runtime: CurrentRuntime, by: Reviewing) -> WholeReviewOut:
    """A review with everything that happened to it. The answer itself is read by its trail."""
    found, entries = runtime.reviews.read(review_id, by.principal, by.trace_id)
    those = {person for each in entries for person in (each.by, each.assignee) if person}
    with runtime.database.reading() as session:
        known = addresses(session, {*_people(found), *those})
    history = [_entry(each, known) for each in entries]
    return WholeReviewOut(**_review(found, known).model_dump(), history=history)


@router.post("/reviews/{review_id}/assign")
def assign_review(review_id: str, body: AssignIn, runtime: CurrentRuntime, by: Reviewing) -> ReviewOut:
    """Give it to a reviewer, or to nobody."""
    made = runtime.reviews.assign(review_id, body.revision, body.assignee.strip(), by.principal, by.trace_id)
    return _out(runtime, made)


@router.post("/reviews/{review_id}/label")
def label_review(review_id: str, body: LabelIn, runtime: CurrentRuntime, by: Reviewing) -> ReviewOut:
    """Say what the answer is."""
    made = runtime.reviews.label(review_id, body.revision, body.label, body.severity, by.principal, by.trace_id)
    return _out(runtime, made)


@router.post("/reviews/{review_id}/notes", status_code=201)
def note_review(review_id: str, body: NoteIn, runtime: CurrentRuntime, by: Reviewing) -> ReviewOut:
    """Add a note."""
    return _out(runtime, runtime.reviews.note(review_id, body.text, by.principal, body.revision, by.trace_id))


@router.post("/reviews/{review_id}/sign-off")
def sign_off_review(review_id: str, body: SignIn, runtime: CurrentRuntime, by: Reviewing) -> ReviewOut:
    """Agree with the label that somebody else gave."""
    return _out(runtime, runtime.reviews.sign_off(review_id, body.revision, by.principal, by.trace_id))


@router.post("/reviews/{review_id}/reopen")
def reopen_review(review_id: str, body: ReopenIn, runtime: CurrentRuntime, by: Reviewing) -> ReviewOut:
    """Begin anew."""
    return _out(runtime, runtime.reviews.reopen(review_id, body.revision, body.why, by.principal, by.trace_id))


# What people said of answers


class FeedbackCountOut(Model):
    """``reason`` is null for those who gave none; who gave several counts for each."""

    rating: Literal["up", "down"]
    reason: str | None
    count: int


class FeedbackTallyOut(Model):
    since: datetime
    until: datetime
    feedback: list[FeedbackCountOut]


@router.get("/review/feedback", response_model=FeedbackTallyOut)
def tally_feedback(runtime: CurrentRuntime, by: Reporting, since: Since = None, until: Until = None) -> Response:
    """How often people said what of answers, in a period."""
    until = until or runtime.clock()
    since = since or until - LATELY
    counts = [
        FeedbackCountOut.model_validate({"rating": rating, "reason": reason or None, "count": count})
        for (rating, reason), count in sorted(runtime.feedback.tally(since, until).items())
    ]
    tally = FeedbackTallyOut(since=since, until=until, feedback=counts)
    return _report(runtime, by.subject, by.trace_id, "feedback", tally, since, until)


def _report(
    runtime: Runtime, subject: str, trace_id: str, name: str, content: Model, since: datetime | None,
    until: datetime | None,
) -> Response:  # fmt: skip
    """Give it out, with its hash in the log before."""
    body = content.model_dump_json().encode()
    event = Event(
        kind="report.made", subject=subject, action=f"report.{name}", outcome="done", at=runtime.clock(),
        trace_id=trace_id,
        details={
            "report": name, "form": "json", "content": hashlib.sha256(body).hexdigest(),
            "since": None if since is None else since.isoformat(),
            "until": None if until is None else until.isoformat(),
        },
    )  # fmt: skip
    runtime.audit.append(event)
    return Response(body, media_type="application/json")


def _assignee(runtime: Runtime, wanted: str | None) -> str | None:
    if wanted is None or wanted == NOBODY:
        return None if wanted is None else ""
    with runtime.database.reading() as session:
        return people.by_email(session, wanted).id


def _people(review: Review) -> set[str]:
    return {person for person in (review.assignee, review.labelled_by, review.signed_by) if person}


def _out(runtime: Runtime, review: Review) -> ReviewOut:
    with runtime.database.reading() as session:
        return _review(review, addresses(session, _people(review)))


def _review(review: Review, known: dict[str, str]) -> ReviewOut:
    found = ReviewOut.model_validate(review, from_attributes=True)
    named = {name: known.get(getattr(review, name) or "") for name in ("assignee", "labelled_by", "signed_by")}
    return found.model_copy(update=named)


def _entry(entry: Entry, known: dict[str, str]) -> EntryOut:
    found = EntryOut.model_validate(entry, from_attributes=True)
    return found.model_copy(update={name: known.get(getattr(entry, name) or "") for name in ("by", "assignee")})
