"""What a reviewer is told of anybody's answer (``answer.review.trail``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from answer.review.evidence import Stands
from core.text import Span

AsLogged = Literal["matches", "differs", "not kept"]


@dataclass(frozen=True, slots=True)
class CitationTold:
    """``quote`` is what it points at, out of the snapshot of its version, where ``evidence`` is ``kept``. ``state`` is
    that of the document now (``unknown`` where nothing of it is stored); ``current``: it still has this version."""

    number: int
    version: str
    document: str | None
    chunk: str
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    support: float | None
    source: str | None
    title: str | None = field(repr=False)
    uri: str | None = field(repr=False)
    quote: str | None = field(repr=False)
    evidence: Stands
    gone_at: datetime | None
    state: str
    current: bool


@dataclass(frozen=True, slots=True)
class SentenceTold:
    """``text`` as it is stored: with tokens where it has a ``redaction``. None where it is not kept or was erased."""

    index: int
    text: str | None = field(repr=False)
    erased: bool
    redaction: str | None
    citations: tuple[CitationTold, ...]


@dataclass(frozen=True, slots=True)
class CallTold:
    """A model that was asked, as the log has it. Without an ``outcome`` none is known."""

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


@dataclass(frozen=True, slots=True)
class TransformedTold:
    kind: str
    treatment: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class RedactionTold:
    """A redaction that made texts fit to go to ``destination``: what was taken out of them, and how often."""

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
    transformations: tuple[TransformedTold, ...]


@dataclass(frozen=True, slots=True)
class FlaggedTold:
    document: str
    version: str
    chunks: tuple[str, ...]
    signs: tuple[str, ...]
    destination: str


@dataclass(frozen=True, slots=True)
class ConflictTold:
    """Two citations by their numbers; ``later`` says which of them is of the later edition, 0 or 1."""

    sides: tuple[int, int]
    later: int | None


@dataclass(frozen=True, slots=True)
class FeedbackTold:
    subject: str
    rating: str
    reasons: tuple[str, ...]
    comment: str = field(repr=False)
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class HoldTold:
    """``target`` is an id, or a person's pseudonym."""

    id: str
    kind: str
    target: str
    why: str = field(repr=False)
    placed_by: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class RecordTold:
    """``hash`` is the leaf hash of the record in the tree of the log."""

    seq: int
    at: datetime
    kind: str
    subject: str
    action: str
    outcome: str
    trace_id: str
    salt: str
    details: Mapping[str, Any] = field(repr=False)
    hash: str


@dataclass(frozen=True, slots=True)
class FormTold:
    outcome: str
    destination: str | None
    delivery: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class ReviewTold:
    """What reviewers have said of it so far; its notes and who said what are read in the queue."""

    id: str
    state: str
    label: str | None
    severity: str | None
    second: bool | None


@dataclass(frozen=True, slots=True)
class Whole:
    """``kept``: the answer's own row is there; else it is told from the log. ``question_as_logged`` and
    ``answer_as_logged`` say whether what is stored is what the log commits to. ``attempts`` are as the trail of the
    answer keeps them."""

    answer_id: str
    conversation_id: str | None
    kept: bool
    subject: str | None
    acted_by: tuple[RecordTold, ...]
    at: datetime | None
    question: str | None = field(repr=False)
    question_as_logged: AsLogged
    searched: str | None = field(repr=False)
    alone_by: str | None
    status: str | None
    reason: str | None = field(repr=False)
    model: str | None
    tier: str | None
    support: float | None
    threshold: float | None
    timings: Mapping[str, float]
    form: FormTold | None
    answer_as_logged: AsLogged
    sentences: tuple[SentenceTold, ...]
    attempts: tuple[Mapping[str, Any], ...] = field(repr=False)
    calls: tuple[CallTold, ...]
    redactions: tuple[RedactionTold, ...]
    flagged: tuple[FlaggedTold, ...]
    conflicts: tuple[ConflictTold, ...]
    feedback: tuple[FeedbackTold, ...]
    holds: tuple[HoldTold, ...]
    review: ReviewTold | None
    records: tuple[RecordTold, ...]
    more_records: bool

    @property
    def citations(self) -> int:
        return sum(len(each.citations) for each in self.sentences)
