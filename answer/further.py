"""Where to read on: sections of the documents that an answer cites which it did not cite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest

from sqlalchemy.orm import Session

from answer.answers import Answer, ShownCitation
from core.access import Principal
from core.errors import NotFound
from core.text import Span
from ingest import codec
from ingest.repository import chunks_of_versions
from retrieval.evidence import DocumentRef
from retrieval.visible import Visible
from retrieval.whole import current

MOST = 3
_CHARACTERS = (3, 90)
"""A heading that is shorter says nothing, and one that is longer is none."""


@dataclass(frozen=True, slots=True)
class Section:
    document: DocumentRef = field(repr=False)
    heading: str = field(repr=False)


def sections(session: Session, answer: Answer, principal: Principal, most: int = MOST) -> tuple[Section, ...]:
    """At most ``most``, of each cited document in turn, those nearest to what is cited first. Only headings that the
    reader may see."""
    cited: dict[str, list[ShownCitation]] = {}
    for sentence in answer.sentences:
        for each in sentence.citations:
            cited.setdefault(each.citation.document.id, []).append(each)
    by_document = [_sections(session, document, those, principal) for document, those in cited.items()]
    in_turn = (found for row in zip_longest(*by_document) for found in row if found is not None)
    seen: set[str] = set()
    fresh: list[Section] = []
    for found in in_turn:
        if found.heading.casefold() not in seen:
            seen.add(found.heading.casefold())
            fresh.append(found)
    return tuple(islice(fresh, most))


def _sections(
    session: Session, document_id: str, cited: list[ShownCitation], principal: Principal
) -> Iterator[Section]:
    try:
        shown = current(session, document_id, principal)
    except NotFound:
        return
    headings = _headings(shown, _withheld(session, shown))
    starts = [each.citation.spans[-1].start for each in cited]
    above = {_above(headings, start) for start in starts}
    known = {shown.version.document.title.casefold(), *(text.casefold() for at, text in headings if at in above)}
    for at, text in sorted(headings, key=lambda each: min(abs(each[0] - start) for start in starts)):
        if at not in above and text.casefold() not in known:
            yield Section(shown.version.document, text)


def _headings(shown: Visible, withheld: tuple[Span, ...]) -> list[tuple[int, str]]:
    """Where each heading stands and what it says, as far as the reader may see it."""
    elements, _ = codec.unpack(shown.version.layout)
    found: list[tuple[int, str]] = []
    for element in elements:
        if element.kind != "heading" or not shown.shows((element.span,)):
            continue
        if any(element.span.overlaps(span) for span in withheld):
            continue
        text = shown.quote((element.span,)).strip().lstrip("#").strip()
        if _CHARACTERS[0] <= len(text) <= _CHARACTERS[1]:
            found.append((element.span.start, text))
    return found


def _withheld(session: Session, shown: Visible) -> tuple[Span, ...]:
    """What the data policy keeps out of everything."""
    chunks = chunks_of_versions(session, (shown.version.id,))
    return tuple(Span(start, end) for chunk in chunks if chunk.withheld for start, end in chunk.spans)


def _above(headings: list[tuple[int, str]], start: int) -> int | None:
    """The heading that a place stands under, which may also be the place itself."""
    return max((at for at, _ in headings if at <= start), default=None)
