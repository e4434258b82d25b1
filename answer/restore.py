"""Stored claims to what one reader may see now: done at every reading, never once for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy.orm import Session

from answer.answers import Answer, CitedSource, CountedValues, Sentence, ShownCitation, ShownConflict, Withheld
from answer.claims import Citation, Claim, Status
from answer.permitted import Values
from answer.pseudonyms import Token, placeholder, replace_tokens, tokens
from answer.structured.shape import labelled, opened
from answer.tables import AnswerRow
from core.access import Principal, permits
from core.errors import NotFound
from core.text import Span
from retrieval import repository as reading
from retrieval.evidence import Passage
from retrieval.freshness import StaleSources
from retrieval.search import passage_of
from retrieval.visible import Visible, unknown, visible


def stored(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Claims as they are kept: the sentence, and where the spans that carry it are."""
    return [
        {
            "text": claim.text,
            "redaction": claim.redaction,
            "citations": [
                {
                    "version": citation.version,
                    "chunk": citation.chunk_id,
                    "page": citation.page,
                    "headings": list(citation.headings),
                    "spans": [[span.start, span.end] for span in citation.spans],
                    "support": citation.support,
                }
                for citation in claim.citations
            ],
        }
        for claim in claims
    ]


def nearest_stored(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    return [
        {"chunk": passage.chunk_id, "score": passage.score, "dense": passage.dense, "sparse": passage.sparse}
        for passage in passages
    ]


def restore(
    session: Session, row: AnswerRow, principal: Principal, fresh: StaleSources, values: Values | None = None
) -> Answer:
    """The answer as ``principal`` may read it now. A sentence is withheld when any of its citations is.

    What was said from a source that went out of date since stays readable, and is marked. ``values`` says what the
    answer's tokens stand for, for this reader; without it they all stay pseudonyms.
    """
    desk = _Desk(session, principal, fresh, Counting(values))
    sentences = tuple(desk.sentence(claim) for claim in row.claims)
    searched = searched_of(row, desk.reads, desk.counting.shown)
    redactions = [claim["redaction"] for claim in row.claims if claim.get("redaction")]
    redactions += [] if searched is None else redaction_of_searched(row)
    form = row.structured
    return Answer(
        id=row.id,
        conversation_id=row.conversation_id,
        question=row.question,
        status=cast(Status, row.status),
        sentences=sentences if form is None else labelled(form, sentences),
        sources=tuple(desk.sources.values()),
        nearest=_nearest(session, row, principal, fresh),
        as_of=min((source.as_of for source in desk.sources.values()), default=None),
        model=row.model,
        support=row.support,
        threshold=row.threshold,
        reason=row.reason,
        created_at=row.created_at,
        timings=dict(row.timings),
        values=tuple(desk.counting.counted.values()),
        tier=row.tier,
        searched=searched,
        structured=None if form is None else opened(form, sentences, desk.veiled),
        conflicts=_conflicts(row, sentences),
        dropped=sum(len(told.get("dropped", ())) - told.get("replaced", 0) for told in row.tried),
        replaced=sum(told.get("replaced", 0) for told in row.tried),
        redactions=tuple(dict.fromkeys(redactions)),
    )


def searched_of(
    row: AnswerRow, reads: Callable[[dict[str, Any]], bool], shown: Callable[[Token], str]
) -> str | None:  # fmt: skip
    """The question made to stand alone, as its reader may see it now. None where it is the asker's own, and where a
    model made it of sentences that this reader may not read any more: it may repeat anything of them. ``reads`` says
    whether a place may be read, ``shown`` what stands for a token."""
    alone = row.alone or {}
    if row.searched is None or alone.get("ended") != "rewritten":
        return row.searched
    if not alone.get("redaction") or not all(reads(each) for each in alone["sent"]):
        return None
    return replace_tokens(row.searched, shown)


def redaction_of_searched(row: AnswerRow) -> list[str]:
    """That whose tokens stand in the question made to stand alone, if any do."""
    redaction = (row.alone or {}).get("redaction")
    return [redaction] if redaction and any(True for _ in tokens(row.searched or "")) else []


@dataclass(frozen=True, slots=True)
class Cited:
    """One citation of a stored answer, opened for a reader."""

    visible: Visible
    page: int | None
    headings: tuple[str, ...]
    spans: tuple[Span, ...]
    chunk_id: str
    support: float


def cited(session: Session, row: AnswerRow, evidence: int, principal: Principal) -> Cited:
    """Citation number ``evidence`` (from 1) of an answer. Raises ``NotFound`` when the reader may not read it now."""
    citations = [citation for claim in row.claims for citation in claim["citations"]]
    if not 1 <= evidence <= len(citations):
        raise NotFound("This answer has no such citation.", hint="Its citations count from 1.")
    raw = citations[evidence - 1]
    version = reading.version(session, raw["version"])
    if version is None and reading.was_readable(session, raw["version"], principal):
        raise NotFound("The document has gone since this was written.", hint="Ask a reviewer for the evidence.")
    shown = visible(version, principal)
    spans = _spans(raw)
    if not shown.shows(spans):
        raise unknown()
    return Cited(shown, raw["page"], tuple(raw["headings"]), spans, raw["chunk"], raw["support"])


@dataclass(slots=True)
class Counting:
    """What tokens stand for, for one reader, counted as they are put into texts."""

    values: Values | None
    counted: dict[str, CountedValues] = field(default_factory=dict[str, CountedValues])

    @property
    def kept(self) -> int:
        """How many stayed pseudonyms."""
        return sum(each.kept for each in self.counted.values())

    def shown(self, token: Token) -> str:
        """The value, or what stands for one that stays hidden."""
        value = self.values.of(token) if self.values is not None else None
        counted = self.counted.get(token.kind, CountedValues(token.kind, 0, 0))
        restored, kept = counted.restored + (value is not None), counted.kept + (value is None)
        self.counted[token.kind] = CountedValues(token.kind, restored, kept)
        return placeholder(token.kind) if value is None else value


@dataclass(slots=True)
class _Desk:
    """Numbers sources and citations while sentences are restored one after the other."""

    session: Session
    principal: Principal
    fresh: StaleSources
    counting: Counting
    sources: dict[tuple[str, int | None], CitedSource] = field(
        default_factory=dict[tuple[str, int | None], CitedSource]
    )
    opened: dict[str, Visible | None] = field(default_factory=dict[str, Visible | None])
    citations: int = 0
    veiled: list[bool] = field(default_factory=list[bool])
    """Of each sentence, whether a value of it stayed a pseudonym."""

    def sentence(self, claim: dict[str, Any]) -> Sentence:
        kept = self.counting.kept
        sentence = self._sentence(claim)
        self.veiled.append(self.counting.kept > kept)
        return sentence

    def _sentence(self, claim: dict[str, Any]) -> Sentence:
        first = self.citations + 1
        self.citations += len(claim["citations"])
        places = [(raw, self._open(raw["version"])) for raw in claim["citations"]]
        closed = [raw for raw, place in places if place is None or not place.shows(_spans(raw))]
        if closed:
            return Sentence(None, (), withheld=self._withheld(closed))
        shown = tuple(
            self._citation(first + offset, raw, place)
            for offset, (raw, place) in enumerate(places)
            if place is not None
        )
        return Sentence(self._text(claim), shown)

    def _withheld(self, closed: Sequence[dict[str, Any]]) -> Withheld:
        # Who may not read a document does not learn whether it is still there.
        gone = all(
            self._open(raw["version"]) is None and reading.was_readable(self.session, raw["version"], self.principal)
            for raw in closed
        )
        return "document gone" if gone else "access revoked"

    def reads(self, raw: dict[str, Any]) -> bool:
        place = self._open(raw["version"])
        return place is not None and place.shows(_spans(raw))

    def _text(self, claim: dict[str, Any]) -> str:
        # Only a text that was made from a redaction has tokens: in any other, what reads like one is what stood there.
        return replace_tokens(claim["text"], self.counting.shown) if claim.get("redaction") else claim["text"]

    def _open(self, version: str) -> Visible | None:
        if version not in self.opened:
            try:
                self.opened[version] = visible(reading.version(self.session, version), self.principal)
            except NotFound:
                self.opened[version] = None
        return self.opened[version]

    def _citation(self, evidence: int, raw: dict[str, Any], place: Visible) -> ShownCitation:
        version = place.version
        key = (version.id, raw["page"])
        if key not in self.sources:
            number = len(self.sources) + 1
            stale = self.fresh.of(version.document.source)
            self.sources[key] = CitedSource(number, version.document, version.id, raw["page"], version.as_of, stale)
        spans = _spans(raw)
        citation = Citation(
            document=version.document,
            version=version.id,
            chunk_id=raw["chunk"],
            page=raw["page"],
            headings=tuple(raw["headings"]),
            spans=spans,
            quote=place.quote(spans),
            support=raw["support"],
            as_of=version.as_of,
        )
        return ShownCitation(self.sources[key].n, evidence, citation, version.current)


def _conflicts(row: AnswerRow, sentences: Sequence[Sentence]) -> tuple[ShownConflict, ...]:
    """Those of which the reader may see both sides."""
    shown = {each.evidence: each for sentence in sentences for each in sentence.citations}
    return tuple(
        ShownConflict(shown[first], shown[second], raw["later"])
        for raw in row.conflicts
        for first, second in [raw["sides"]]
        if first in shown and second in shown
    )


def _nearest(session: Session, row: AnswerRow, principal: Principal, fresh: StaleSources) -> tuple[Passage, ...]:
    chunks = reading.current_chunks(session, [raw["chunk"] for raw in row.nearest])
    return tuple(
        passage_of(chunk, raw["score"], raw["dense"], raw["sparse"], fresh.of(chunk.document.source))
        for raw in row.nearest
        if (chunk := chunks.get(raw["chunk"])) is not None
        and permits(chunk.access, principal)
        and not fresh.refuses(chunk.document.source)
    )


def _spans(raw: dict[str, Any]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in raw["spans"])
