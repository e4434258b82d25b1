"""Shapes of what reviewers are told of answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from answer.review.compare import State
from answer.review.evidence import Stands
from answer.review.passages import Committed, Copy
from answer.review.replay import SameAccess
from answer.review.told import AsLogged
from api.http.models import Model, SpanOut

# Trail


class ReviewedCitationOut(Model):
    """``quote`` is out of the snapshot, where ``evidence`` is ``kept``. ``state`` is that of the document now;
    ``current``: it still has this version."""

    number: int
    version: str
    document: str | None
    chunk: str
    page: int | None
    headings: list[str]
    spans: list[SpanOut]
    support: float | None
    source: str | None
    title: str | None
    uri: str | None
    quote: str | None
    evidence: Stands
    gone_at: datetime | None
    state: str
    current: bool


class ReviewedSentenceOut(Model):
    """``text`` as it is stored: with tokens in place of values where it has a ``redaction``. It is null where it was
    ``erased``, or only the log tells of it."""

    index: int
    text: str | None
    erased: bool
    redaction: str | None
    citations: list[ReviewedCitationOut]


class ReviewedDroppedOut(Model):
    """What a model wrote and nobody was shown, as it is stored. ``against``: what spoke against it."""

    text: str | None
    redaction: str | None
    against: list[str]
    support: float
    replaced: bool


class ReviewedAttemptOut(Model):
    """``model`` is null where the documents' own sentences were taken. ``excluded``: models that were no candidates,
    and why. ``reused``: the answer that was given again."""

    model: str | None
    version: str | None
    tier: str
    region: str | None
    reason: str
    ended: str
    why: str
    held: int
    repaired: int
    replaced: int
    kept_back: int
    instructing: int
    strayed: bool
    reused: str | None
    excluded: list[list[str]]
    dropped: list[ReviewedDroppedOut]
    timings: dict[str, float]


class ReviewedCallOut(Model):
    """A model that was asked, as the log has it; ``outcome`` is null where none is known. ``micros`` are millionths of
    ``currency``."""

    model: str
    provider: str
    tier: str
    asked_version: str
    policy: int
    redaction: str
    region: str | None
    passages: int | None
    reason: str | None
    at: datetime
    outcome: str | None
    returned: str | None
    sdk: str | None
    api_version: str | None
    request: str | None
    finish: str | None
    requests: int | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    micros: int | None
    currency: str | None
    first_seconds: float | None
    seconds: float | None
    why: str | None


class ReviewedTransformationOut(Model):
    kind: str
    treatment: str
    rule: str
    count: int


class ReviewedRedactionOut(Model):
    """What was taken out of texts before they went to ``destination``, and how many were ``withheld`` from it."""

    map: str
    destination: str
    policy: int
    detector: str
    outcome: str
    passages: int
    tokens: int
    withheld: int
    seconds: float | None
    reason: str | None
    transformations: list[ReviewedTransformationOut]


class ReviewedFlagOut(Model):
    document: str
    version: str
    chunks: list[str]
    signs: list[str]
    destination: str


class ReviewedConflictOut(Model):
    """Two citations by their numbers; ``later``: which of them is of the later edition, 0 or 1."""

    sides: list[int]
    later: int | None


class ReviewedFeedbackOut(Model):
    subject: str
    rating: str
    reasons: list[str]
    comment: str
    created_at: datetime
    updated_at: datetime


class ReviewedHoldOut(Model):
    id: str
    kind: str
    target: str
    why: str
    placed_by: str
    placed_at: datetime


class ReviewedReviewOut(Model):
    """What reviewers have said of it so far: `GET /v1/reviews/{id}` has their notes."""

    id: str
    state: str
    label: str | None
    severity: str | None
    second: bool | None


class ReviewedRecordOut(Model):
    """``hash`` is the leaf hash of record ``seq`` in the tree of the log."""

    seq: int
    at: datetime
    kind: str
    subject: str
    action: str
    outcome: str
    trace_id: str
    salt: str
    details: dict[str, Any]
    hash: str


class ReviewedFormOut(Model):
    outcome: str
    destination: str | None
    delivery: str | None
    problem: str | None


class ReviewedTrailOut(Model):
    """Everything about an answer. ``kept``: its row is still stored; else the log alone tells. ``subject`` is the
    pseudonym of who asked. ``question_as_logged``, ``answer_as_logged``: whether what is stored is what the log commits
    to."""

    answer_id: str
    conversation_id: str | None
    kept: bool
    subject: str | None
    acted_by: list[ReviewedRecordOut]
    at: datetime | None
    question: str | None
    question_as_logged: AsLogged
    searched: str | None
    alone_by: str | None
    status: str | None
    reason: str | None
    model: str | None
    tier: str | None
    support: float | None
    threshold: float | None
    timings: dict[str, float]
    form: ReviewedFormOut | None
    answer_as_logged: AsLogged
    sentences: list[ReviewedSentenceOut]
    attempts: list[ReviewedAttemptOut]
    calls: list[ReviewedCallOut]
    redactions: list[ReviewedRedactionOut]
    flagged: list[ReviewedFlagOut]
    conflicts: list[ReviewedConflictOut]
    feedback: list[ReviewedFeedbackOut]
    holds: list[ReviewedHoldOut]
    review: ReviewedReviewOut | None
    records: list[ReviewedRecordOut]
    more_records: bool


# Replay


class PassageThenOut(Model):
    """``copies`` of its text are still stored; those in ``differing`` are not what the log commits to. ``text`` is one
    that is, where there is one. ``placed``: it is known where it stood in its version."""

    rank: int
    chunk: str
    version: str
    document: str | None
    score: float | None
    title: str | None
    page: int | None
    headings: list[str]
    spans: list[SpanOut]
    part: str | None
    placed: bool
    text: str | None
    copies: list[Copy]
    committed: Committed
    differing: list[Copy]


class PeopleOut(Model):
    """``subjects`` are pseudonyms, at most 1,000 of them. ``unsure``: how many more it may have been."""

    count: int
    subjects: list[str]
    unsure: int


class SeenOut(Model):
    """Who could see something. Without an ``access`` nobody could. ``asker``: whether who asked could; null where that
    is not known."""

    access: str | None
    since: datetime | None
    until: datetime | None
    people: PeopleOut
    asker: bool | None


class DocumentThenOut(Model):
    """A document, or one restricted field (``part``) of it. ``then`` is null where it was not written down. Who is in
    ``no_longer`` could see it and cannot now, who is in ``newly`` the other way round."""

    document: str
    part: str | None
    source: str | None
    uri: str | None
    title: str | None
    state: str
    passages: list[int]
    then: SeenOut | None
    now: SeenOut
    no_longer: PeopleOut | None
    newly: PeopleOut | None


class AskerThenOut(Model):
    """``access`` is the key of the grants that the log has, ``recomputed`` that which the memberships of then give."""

    subject: str | None
    access: str | None
    grants: int | None
    recomputed: str | None
    recomputed_grants: int | None
    same: SameAccess
    roles: list[str]


class CheckedAgainOut(Model):
    """A sentence, checked by today's verifier on the text of then. ``holds`` is null where it cannot be, and ``why``
    says so; ``verbatim``: it stands there word for word."""

    index: int
    text: str | None
    holds: bool | None
    verbatim: bool
    support: float | None
    against: list[str]
    why: str | None


class ReplayOut(Model):
    """An answer as of ``at``. ``not_known``: what nobody wrote down."""

    answer_id: str
    at: datetime | None
    asker: AskerThenOut
    candidates: int | None
    denied: int | None
    index: str | None
    embedder: str | None
    timings: dict[str, float]
    passages: list[PassageThenOut]
    documents: list[DocumentThenOut]
    sentences: list[CheckedAgainOut]
    not_known: list[str]


# Compare


class ChangeOut(Model):
    kind: Literal["same", "changed", "removed", "added"]
    before: str
    after: str


class StandingOut(Model):
    """``before`` and ``after`` are the lines around what is cited, and ``changes`` lead from one to the other.
    ``stands``: what is cited is still there word for word; null where that cannot be told. ``altered``: the stored
    version has another text than when it was cited."""

    state: State
    why: str | None
    version: str | None
    before: str | None
    after: str | None
    stands: bool | None
    changes: list[ChangeOut]


class ComparedOut(Model):
    """``quote`` is what was cited. ``live`` is null where the source was not asked."""

    number: int
    sentence: int
    sentence_text: str | None
    document: str | None
    version: str
    source: str | None
    title: str | None
    uri: str | None
    evidence: Stands
    quote: str | None
    now: StandingOut
    live: StandingOut | None


class ComparisonOut(Model):
    """``changed``: how many citations do not stand any more, here or in their source."""

    answer_id: str
    changed: int
    citations: list[ComparedOut]
