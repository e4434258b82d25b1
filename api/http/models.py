"""What goes over the wire. Names and shapes are relied upon; see ``/openapi.json``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ingest.parsed import ElementKind


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SpanOut(Model):
    start: int
    end: int


class DocumentOut(Model):
    id: str
    title: str
    uri: str
    source: str
    url: str | None
    modified_at: datetime | None


class NeighbourOut(Model):
    page: int | None
    spans: list[SpanOut]
    text: str


FreshnessBound = Literal["content", "deletions", "permissions"]


class StaleOut(Model):
    """``stale``: the source is outside a bound that its owner declared (``bound``), or nobody can tell, since then."""

    stale: bool = False
    bound: FreshnessBound | None = None
    stale_since: datetime | None = None


class LeftOutOut(Model):
    """A source that was not used, because it is out of date and its owner wants no answers from it meanwhile."""

    source: str
    bound: FreshnessBound
    stale_since: datetime


class PassageOut(StaleOut):
    rank: int
    document: DocumentOut
    version: str
    page: int | None
    headings: list[str]
    spans: list[SpanOut]
    text: str
    score: float
    as_of: datetime
    neighbours: list[NeighbourOut] = []


class SearchIn(Model):
    query: str
    limit: int = Field(default=10, ge=1, le=200)
    group: Literal["document"] | None = None
    source: list[str] = []
    modified_after: datetime | None = None
    modified_before: datetime | None = None
    label: dict[str, str] = {}
    """Only records that carry all of these (a kind, a number, a state)."""
    neighbours: bool = False
    """Also give what stands before and after each passage, as far as the reader may read it."""


class SearchOut(Model):
    query: str
    passages: list[PassageOut]
    timings: dict[str, float]
    left_out: list[LeftOutOut] = []


class AskIn(Model):
    """With ``schema`` (a JSON schema) the answer is a value of that shape. ``fallback`` is what it is where nothing
    valid comes of it: ``refuse``, ``nulls`` (what was verified, null for the rest), or a value. ``destination`` names
    where it is sent, written for those who read there."""

    question: str
    conversation_id: str | None = None
    form: dict[str, Any] | None = Field(default=None, alias="schema")
    fallback: Literal["refuse", "nulls"] | dict[str, Any] = "refuse"
    destination: str | None = None


class CitationOut(Model):
    n: int
    evidence: int
    document: DocumentOut
    version: str
    page: int | None
    headings: list[str]
    spans: list[SpanOut]
    quote: str
    support: float
    as_of: datetime
    current: bool = True
    """False where the document has changed since it was cited."""


class SentenceOut(Model):
    text: str | None
    citations: list[CitationOut]
    withheld: Literal["access revoked", "document gone"] | None = None


class CitedSourceOut(StaleOut):
    n: int
    document: DocumentOut
    version: str
    page: int | None
    as_of: datetime


class CountedValuesOut(Model):
    """Of one kind of value, how many stand in the text, and how many stayed hidden from this reader."""

    kind: str
    restored: int
    kept: int


class LeafOut(Model):
    """``path`` is a JSON pointer. Without a value: ``not_stated`` by the evidence, ``unsupported`` by what the model
    cited, or ``withheld`` from this reader."""

    path: str
    value: str | int | float | bool | None
    citations: list[CitationOut]
    state: Literal["verified", "not_stated", "unsupported", "withheld"]


class StructuredOut(Model):
    """``outcome``: ``filled``, or which fallback took its place. ``delivery`` is the id of the message to
    ``destination``; ``problem`` says why there is none."""

    value: dict[str, Any] | None
    leaves: list[LeafOut]
    outcome: Literal["filled", "nulls", "literal", "refused"]
    destination: str | None = None
    delivery: str | None = None
    problem: str | None = None


class ConflictOut(Model):
    """Two citations whose documents say otherwise about the same thing. ``later``: which of them, 0 or 1, is the later
    edition, where that is known."""

    sides: list[CitationOut]
    later: int | None


class AnswerOut(Model):
    answer_id: str
    conversation_id: str
    question: str
    status: Literal["answered", "abstained", "refused"]
    sentences: list[SentenceOut]
    sources: list[CitedSourceOut]
    nearest: list[PassageOut]
    as_of: datetime | None
    model: str
    support: float
    threshold: float
    reason: str | None
    created_at: datetime
    timings: dict[str, float]
    structured: StructuredOut | None = None
    tier: str = "extractive"
    searched: str | None = None
    """The question made to stand alone, where that differs."""
    values: list[CountedValuesOut] = []
    dropped: int = 0
    replaced: int = 0
    conflicts: list[ConflictOut] = []


class SegmentOut(Model):
    start: int
    end: int
    text: str
    hidden: bool


class RowOut(Model):
    start: int
    end: int
    header: bool


class ElementOut(Model):
    kind: ElementKind
    start: int
    end: int
    page: int | None
    rows: list[RowOut]


class ContextOut(Model):
    start: int
    end: int
    segments: list[SegmentOut]


class BoxOut(Model):
    """In points from the page's top left."""

    left: float
    top: float
    right: float
    bottom: float


class PdfOut(Model):
    page: int
    width: float
    height: float
    boxes: list[BoxOut]
    image: str


class EvidenceOut(Model):
    document: DocumentOut
    version: str
    current: bool
    page: int | None
    headings: list[str]
    spans: list[SpanOut]
    quote: str
    support: float
    as_of: datetime
    media_type: str
    context: ContextOut
    elements: list[ElementOut]
    pdf: PdfOut | None


class DocumentTextOut(Model):
    document: DocumentOut
    version: str
    media_type: str
    as_of: datetime
    pages: int
    segments: list[SegmentOut]
    elements: list[ElementOut]
    parts_hidden: int
    warnings: list[str]


class ConversationOut(Model):
    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    pinned: bool = False


class ConversationsOut(Model):
    """``next``: the cursor of the page that follows."""

    conversations: list[ConversationOut]
    next: str | None = None


class ConversationTurnsOut(ConversationOut):
    turns: list[AnswerOut]


class RunOut(Model):
    state: str
    counts: dict[str, int]
    error: str | None
    started_at: datetime
    finished_at: datetime | None


class SourceOut(StaleOut):
    """``title``: what its kind is called. ``owners``: the names of those who look after it, to whom questions go."""

    name: str
    kind: str
    title: str
    owners: list[str]
    documents: int
    last_confirmed_at: datetime | None
    last_run: RunOut | None


class SourcesOut(Model):
    sources: list[SourceOut]


class ListedDocumentOut(Model):
    document: DocumentOut
    as_of: datetime


class ListedDocumentsOut(Model):
    documents: list[ListedDocumentOut]
    next: str | None = None


class FurtherSectionOut(Model):
    """A section of a cited document that the answer does not cite."""

    document: DocumentOut
    heading: str


class FollowUpsOut(Model):
    sections: list[FurtherSectionOut]


class PersonOut(Model):
    email: str
    name: str
    title: str
    roles: list[str]


class DemoPersonOut(PersonOut):
    about: str


class DemoOut(Model):
    open: bool
    reason: str
    people: list[DemoPersonOut]


class SsoOut(Model):
    """``name`` is the organisation's for its sign-in; ``start`` where the browser goes."""

    name: str
    start: str


class WaysOut(Model):
    """How people sign in, beside one-time links and demo people."""

    sso: SsoOut | None
    passwords: bool


class SessionOut(Model):
    """``may``: the permissions of this person's roles (docs/permissions.md)."""

    signed_in: bool
    may: list[str]
    person: PersonOut | None
    demo: DemoOut
    ways: WaysOut
    organisation: str
    version: str
    suggestions: list[str]


class SignIn(Model):
    email: str | None = Field(default=None, max_length=320, pattern=r"^[^\x00]*$")
    link: str | None = Field(default=None, max_length=200)
    password: str | None = Field(default=None, max_length=1000, repr=False)


class SignedOut(Model):
    """``continue_at``: where the browser signs out of the provider too."""

    continue_at: str


class Problem(Model):
    """RFC 9457, with ``hint`` (what to do), ``code`` (stable) and ``trace_id``."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    code: str
    trace_id: str


# For the operator of this machine (the command line)


class PersonIn(Model):
    email: str
    groups: list[str] = []
    roles: list[str] = ["employee"]
    name: str = ""
    title: str = ""


class PersonAdded(PersonOut):
    """``given``: those of their groups that were given here, not by a source or the directory. ``directory``: whether
    the organisation's directory manages them. ``disabled_at``: since when they are not here any more."""

    groups: list[str]
    given: list[str]
    directory: bool
    disabled_at: datetime | None = None


class PeopleOut(Model):
    people: list[PersonAdded]
    next: str | None = None


class TokenOut(Model):
    token: str
    url: str | None
    expires_at: datetime


class IngestIn(Model):
    path: str
    source: str
    allow: list[str] = []
    deny: list[str] = []
    map: dict[str, str] = {}
    restrict: dict[str, list[str]] = {}
    confirm_empty: bool = False


class StoredDocument(Model):
    id: str
    source: str
    uri: str
    title: str
    state: str
    allow: list[str]
    deny: list[str]
    chunks: int
    modified_at: datetime | None
    as_of: datetime
    failure: str | None


class DocumentsOut(Model):
    documents: list[StoredDocument]
    total: int
    next: str | None = None


class Suppressed(Model):
    id: str
    uri: str


class AuditRecords(Model):
    records: list[dict[str, Any]]


class Health(Model):
    status: str
    detail: str = ""
