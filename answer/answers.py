"""An answer as it is shown to one reader at one reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from answer.claims import Citation, Status
from retrieval.evidence import DocumentRef, Passage, Stale

Withheld = Literal["access revoked"]


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """A citation with the number of its source as shown (``n``), and its own number in the answer (``evidence``)."""

    n: int
    evidence: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its citations; one that the reader may no longer read has no text."""

    text: str | None = field(repr=False)
    citations: tuple[ShownCitation, ...]
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True)
class CitedSource:
    """One cited passage: sentences that rest on the same page of the same version share its number."""

    n: int
    document: DocumentRef
    version: str
    page: int | None
    as_of: datetime
    stale: Stale | None = None
    """Set when its source is out of date at this reading."""


@dataclass(frozen=True, slots=True)
class CountedValues:
    """Of one kind of value, how many stand in the sentences for this reader, and how many stayed pseudonyms."""

    kind: str
    restored: int
    kept: int


@dataclass(frozen=True, slots=True)
class Answer:
    """``as_of`` is that of the oldest cited source. ``nearest`` are permitted passages, shown when it abstained.

    ``reason`` is why it abstained, and which sources were not used because they were out of date.
    """

    id: str
    conversation_id: str
    question: str = field(repr=False)
    status: Status
    sentences: tuple[Sentence, ...]
    sources: tuple[CitedSource, ...]
    nearest: tuple[Passage, ...]
    as_of: datetime | None
    model: str
    support: float
    threshold: float
    reason: str | None
    created_at: datetime
    timings: dict[str, float]
    values: tuple[CountedValues, ...] = ()
    redactions: tuple[str, ...] = ()
    """Those whose tokens stand in its stored sentences."""
    tier: str = "extractive"
    searched: str | None = field(default=None, repr=False)
    """The question made to stand alone, where that differs."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is being done now, for whoever waits."""

    stage: Literal["searching", "reading", "answering", "recording"]
    detail: str
    count: int | None = None
