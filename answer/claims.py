"""What an answer is made of: claims, each a shown sentence with the citations that carry it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.text import Span
from retrieval.evidence import DocumentRef

Status = Literal["answered", "abstained", "refused"]


@dataclass(frozen=True, slots=True)
class Citation:
    """Exact spans of one version that carry a sentence. ``quote`` is their verbatim text; ``support`` in 0..1."""

    document: DocumentRef
    version: str
    chunk_id: str
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    quote: str = field(repr=False)
    support: float
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """One shown sentence. ``redaction`` names the redaction (``Cleared.map_id``) whose tokens stand in the text;
    without one the text is verbatim, and what reads like a token in it is none."""

    text: str = field(repr=False)
    citations: tuple[Citation, ...]
    redaction: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the extractive reader proposes. ``support`` is the calibrated probability that the evidence answers the
    question; below the shipped threshold the answer abstains and ``claims`` is empty."""

    support: float
    claims: tuple[Claim, ...]
