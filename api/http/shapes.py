"""From the product's own types to what goes over the wire."""

from __future__ import annotations

import zlib

import numpy as np

from answer.answers import Answer, CountedValues, Sentence, ShownCitation, Structured
from answer.restore import Cited
from api.http import models as out
from core.text import Span
from ingest import codec
from ingest.parsed import Element, PageLayout
from retrieval.evidence import DocumentRef, Evidence, Passage
from retrieval.visible import Segment, Visible

CONTEXT_CHARACTERS = 1500
"""Shown on either side of a cited span."""


def document(ref: DocumentRef) -> out.DocumentOut:
    return out.DocumentOut.model_validate(ref, from_attributes=True)


def spans(those: tuple[Span, ...]) -> list[out.SpanOut]:
    return [out.SpanOut.model_validate(span, from_attributes=True) for span in those]


def passage(rank: int, passage: Passage) -> out.PassageOut:
    return out.PassageOut(
        rank=rank,
        document=document(passage.document),
        version=passage.version,
        page=passage.page,
        headings=list(passage.headings),
        spans=spans(passage.spans),
        text=passage.text,
        score=round(passage.score, 6),
        as_of=passage.as_of,
        neighbours=[
            out.NeighbourOut(page=each.page, spans=spans(each.spans), text=each.text) for each in passage.neighbours
        ],
        stale=passage.stale is not None,
        bound=None if passage.stale is None else passage.stale.bound,
        stale_since=None if passage.stale is None else passage.stale.since,
    )


def search(evidence: Evidence) -> out.SearchOut:
    passages = [passage(rank, each) for rank, each in enumerate(evidence.passages, 1)]
    left_out = [
        out.LeftOutOut(source=each.source, bound=each.stale.bound, stale_since=each.stale.since)
        for each in evidence.left_out
    ]
    return out.SearchOut(query=evidence.question, passages=passages, timings=evidence.timings, left_out=left_out)


def citation(shown: ShownCitation) -> out.CitationOut:
    cited = shown.citation
    return out.CitationOut(
        n=shown.n,
        evidence=shown.evidence,
        document=document(cited.document),
        version=cited.version,
        page=cited.page,
        headings=list(cited.headings),
        spans=spans(cited.spans),
        quote=cited.quote,
        support=round(cited.support, 4),
        as_of=cited.as_of,
        current=shown.current,
    )


def sentence(shown: Sentence) -> out.SentenceOut:
    citations = [citation(each) for each in shown.citations]
    return out.SentenceOut(text=shown.text, citations=citations, withheld=shown.withheld)


def structured(shown: Structured) -> out.StructuredOut:
    return out.StructuredOut(
        value=shown.value,
        leaves=[
            out.LeafOut(
                path=leaf.path,
                value=leaf.value,
                citations=[citation(each) for each in leaf.citations],
                state=leaf.state,
            )
            for leaf in shown.leaves
        ],
        outcome=shown.outcome,
        destination=shown.destination,
        delivery=shown.delivery,
        problem=shown.problem,
    )


def answer(shown: Answer) -> out.AnswerOut:
    return out.AnswerOut(
        answer_id=shown.id,
        conversation_id=shown.conversation_id,
        question=shown.question,
        status=shown.status,
        sentences=[sentence(each) for each in shown.sentences],
        sources=[
            out.CitedSourceOut(
                n=source.n,
                document=document(source.document),
                version=source.version,
                page=source.page,
                as_of=source.as_of,
                stale=source.stale is not None,
                bound=None if source.stale is None else source.stale.bound,
                stale_since=None if source.stale is None else source.stale.since,
            )
            for source in shown.sources
        ],
        nearest=[passage(rank, each) for rank, each in enumerate(shown.nearest, 1)],
        as_of=shown.as_of,
        model=shown.model,
        support=round(shown.support, 4),
        threshold=shown.threshold,
        reason=shown.reason,
        created_at=shown.created_at,
        timings=shown.timings,
        conflicts=[
            out.ConflictOut(sides=[citation(each.first), citation(each.second)], later=each.later)
            for each in shown.conflicts
        ],
        structured=None if shown.structured is None else structured(shown.structured),
        tier=shown.tier,
        searched=shown.searched,
        values=counted(shown.values),
        dropped=shown.dropped,
        replaced=shown.replaced,
    )


def counted(those: tuple[CountedValues, ...]) -> list[out.CountedValuesOut]:
    return [out.CountedValuesOut.model_validate(each, from_attributes=True) for each in those]


def segments(those: tuple[Segment, ...]) -> list[out.SegmentOut]:
    return [
        out.SegmentOut(start=each.span.start, end=each.span.end, text=each.text, hidden=each.hidden) for each in those
    ]


def elements(those: tuple[Element, ...], within: Span) -> list[out.ElementOut]:
    return [
        out.ElementOut(
            kind=element.kind,
            start=element.span.start,
            end=element.span.end,
            page=element.page,
            rows=[out.RowOut(start=row.span.start, end=row.span.end, header=row.header) for row in element.rows],
        )
        for element in those
        if element.span.overlaps(within)
    ]


def evidence(opened: Cited, image: str) -> out.EvidenceOut:
    version = opened.visible.version
    those, pages = codec.unpack(version.layout)
    around = _around(opened.spans, those, pages, len(version.text))
    return out.EvidenceOut(
        document=document(version.document),
        version=version.id,
        current=version.current,
        page=opened.page,
        headings=list(opened.headings),
        spans=spans(opened.spans),
        quote=opened.visible.quote(opened.spans),
        support=round(opened.support, 4),
        as_of=version.as_of,
        media_type=version.media_type,
        context=out.ContextOut(start=around.start, end=around.end, segments=segments(opened.visible.segments(around))),
        elements=elements(those, around),
        pdf=_pdf(opened, pages, image),
    )


def document_text(shown: Visible) -> out.DocumentTextOut:
    version = shown.version
    those, pages = codec.unpack(version.layout)
    return out.DocumentTextOut(
        document=document(version.document),
        version=version.id,
        media_type=version.media_type,
        as_of=version.as_of,
        pages=len(pages) or max((element.page or 0 for element in those), default=0),
        segments=segments(shown.segments()),
        elements=elements(those, Span(0, len(version.text) + 1)),
        parts_hidden=len(shown.hidden),
        warnings=list(version.warnings),
    )


def _around(cited: tuple[Span, ...], those: tuple[Element, ...], pages: tuple[PageLayout, ...], length: int) -> Span:
    """The text shown around a citation: whole elements, and no more than the page of a PDF."""
    start = max(0, cited[-1].start - CONTEXT_CHARACTERS)
    end = min(length, cited[-1].end + CONTEXT_CHARACTERS)
    start = min(start, *(span.start for span in cited)) if cited[0].start > start - CONTEXT_CHARACTERS else start
    wanted = Span(start, end)
    touched = [element.span for element in those if element.span.overlaps(wanted) and len(element.span) < length // 2]
    start = min([start, *(span.start for span in touched if start - span.start < CONTEXT_CHARACTERS)])
    end = max([end, *(span.end for span in touched if span.end - end < CONTEXT_CHARACTERS)])
    for page in pages:
        if cited[-1].within(page.span):
            start, end = max(start, page.span.start), min(end, page.span.end)
    return Span(min(start, cited[-1].start), max(end, cited[-1].end))


def _pdf(opened: Cited, pages: tuple[PageLayout, ...], image: str) -> out.PdfOut | None:
    layout = next((page for page in pages if page.number == opened.page), None)
    if layout is None or not layout.boxes:
        return None
    boxes = np.frombuffer(zlib.decompress(layout.boxes), dtype="<i2").reshape(-1, 4)
    lines: list[out.BoxOut] = []
    for span in opened.spans:
        lines += _lines(boxes[max(0, span.start - layout.span.start) : max(0, span.end - layout.span.start)])
    return out.PdfOut(page=layout.number, width=layout.width, height=layout.height, boxes=lines, image=image)


def _lines(characters: np.ndarray) -> list[out.BoxOut]:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Boxes of characters, joined to one box a line."""
    lines: list[list[float]] = []
    for left, top, right, bottom in characters.tolist():
        if right <= left or bottom <= top:
            continue
        last = lines[-1] if lines else None
        middle = (top + bottom) / 2
        if last is not None and last[1] <= middle <= last[3] and left >= last[2] - (last[3] - last[1]):
            last[0], last[1] = min(last[0], left), min(last[1], top)
            last[2], last[3] = max(last[2], right), max(last[3], bottom)
        else:
            lines.append([left, top, right, bottom])
    return [out.BoxOut(left=left, top=top, right=right, bottom=bottom) for left, top, right, bottom in lines]
