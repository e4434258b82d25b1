"""An answer as it is shown to one reader at one reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from answer.claims import Citation, Status
from retrieval.evidence import DocumentRef, Passage, Stale

Withheld = Literal["access revoked", "document gone"]
"""Why a sentence is not shown. That a document has gone is said where its reader could read the last of it."""
LeafState = Literal["verified", "not_stated", "unsupported", "withheld"]


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """A citation with the number of its source as shown (``n``), and its own number in the answer (``evidence``)."""

    n: int
    evidence: int
    citation: Citation
    current: bool = True
    """Whether the version is still the document's own."""


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
class ShownConflict:
    """Two citations of the answer whose documents say otherwise about the same thing. ``later``: which of them is the
    later edition, 0 or 1, where that is known."""

    first: ShownCitation
    second: ShownCitation
    later: int | None


@dataclass(frozen=True, slots=True)
class StructuredLeaf:
    """One leaf of a filled form. ``path`` is a JSON pointer. Without a value it was ``not_stated``, or what a model
    wrote was ``unsupported``, or this reader may not see what carries it (``withheld``)."""

    path: str
    value: Any = field(repr=False)
    citations: tuple[ShownCitation, ...]
    state: LeafState


@dataclass(frozen=True, slots=True)
class Structured:
    """A filled form for one reader. ``outcome``: what came of it, or what was declared for when nothing valid does.
    ``delivery`` is the message to ``destination``; ``problem`` says why there is none."""

    value: Any = field(repr=False)
    leaves: tuple[StructuredLeaf, ...]
    outcome: Literal["filled", "nulls", "literal", "refused"]
    destination: str | None = None
    delivery: str | None = None
    problem: str | None = None


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
    structured: Structured | None = None
    """Where a form was asked for; the sentences are then its leaves."""
    conflicts: tuple[ShownConflict, ...] = ()
    dropped: int = 0
    """Sentences of models that were not shown, without those that a verbatim sentence stands in for (``replaced``)."""
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """What is being done now, for whoever waits."""

    stage: Literal["searching", "reading", "answering", "recording"]
    detail: str
    count: int | None = None
