"""Routes for people who ask and read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from answer.answers import Answer, Stage
from answer.ask import Shown
from answer.structured.filling import Wanted, wanted_of
from api.http import models as out
from api.http import paging, shapes
from api.http.access import Asker, CurrentAsker, CurrentRuntime
from api.http.events import Piece, stream, wants_events
from api.http.paging import Cursor, Limit
from api.runtime import Runtime
from connectors import repository as connectors
from core.errors import Invalid, NotFound
from ingest.index.base import Conditions, label
from retrieval import listing

router = APIRouter(prefix="/v1")
IMAGE_SCALE = 1.6


@router.post("/search")
def search(body: out.SearchIn, asker: CurrentAsker, runtime: CurrentRuntime) -> out.SearchOut:
    """The best permitted passages for a query."""
    with runtime.database.reading() as session:
        chosen = tuple(connectors.by_name(session, name).id for name in body.source)
    evidence = runtime.desk.search(
        body.query,
        asker.principal,
        limit=body.limit,
        by_document=body.group == "document",
        conditions=Conditions(
            source_ids=chosen,
            modified_after=body.modified_after,
            modified_before=body.modified_before,
            labels=tuple(label(*pair) for pair in sorted(body.label.items())),
        ),
        neighbours=body.neighbours,
        trace_id=asker.trace_id,
    )
    return shapes.search(evidence)


@router.post("/ask", response_model=out.AnswerOut)
def ask(body: out.AskIn, asker: CurrentAsker, runtime: CurrentRuntime, request: Request) -> object:
    """An answer, whole; or, with ``Accept: text/event-stream``, stages, then sentences, then the whole of it."""
    runtime.limiter.take(asker.person_id)
    happenings = runtime.asker.ask(
        body.question, asker.person_id, conversation_id=body.conversation_id or None, trace_id=asker.trace_id,
        wanted=_wanted(body),
    )  # fmt: skip
    if wants_events(request):
        return stream(request, map(_piece, happenings))
    answer = next(happening for happening in happenings if isinstance(happening, Answer))
    return shapes.answer(answer)


def _wanted(body: out.AskIn) -> Wanted | None:
    if body.form is not None:
        return wanted_of(body.form, body.fallback, body.destination)
    if body.destination is not None:
        raise Invalid("Only a form can be sent.", hint="Give a schema as well.")
    return None


def _piece(happening: Stage | Shown | Answer) -> Piece:
    match happening:
        case Stage(stage=stage, detail=detail, count=count):
            return "stage", {"stage": stage, "detail": detail, "count": count}
        case Shown(index=index, sentence=sentence):
            return "sentence", {"index": index, **shapes.sentence(sentence).model_dump(mode="json")}
        case Answer():
            return "final", shapes.answer(happening)


@router.get("/documents/{document_id}")
def read_document(document_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> out.DocumentTextOut:
    """The whole text of a document's current version, without what the reader may not see."""
    return shapes.document_text(runtime.desk.document(document_id, asker.principal, asker.trace_id))


@router.get("/sources/{name}/documents")
def list_documents(
    name: str, asker: CurrentAsker, runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = "",
    text: Annotated[str, Query(max_length=200, description="In a title, in whichever case.")] = "",
) -> out.ListedDocumentsOut:  # fmt: skip
    """The documents of a source that the reader may read, by title."""
    after = listing.Place(*paging.read(cursor, str, str, of="documents")) if cursor else None
    with runtime.database.reading() as session:
        found = listing.documents(session, name, asker.principal, limit + 1, after, text)
    shown, following = paging.page_of(found, limit, lambda each: (each.document.title, each.document.id), "documents")
    documents = [out.ListedDocumentOut(document=shapes.document(each.document), as_of=each.as_of) for each in shown]
    return out.ListedDocumentsOut(documents=documents, next=following)


@router.get("/answers/{answer_id}")
def read_answer(answer_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> out.AnswerOut:
    """An earlier answer, as the asker may read it now."""
    return shapes.answer(runtime.archive.answer(answer_id, asker.principal, asker.trace_id))


@router.get("/answers/{answer_id}/follow-ups")
def read_follow_ups(answer_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> out.FollowUpsOut:
    """Where to read on: sections of the documents that an answer cites, beside those it cites."""
    found = runtime.archive.further(answer_id, asker.principal, asker.trace_id)
    sections = [out.FurtherSectionOut(document=shapes.document(each.document), heading=each.heading) for each in found]
    return out.FollowUpsOut(sections=sections)


@router.get("/answers/{answer_id}/evidence/{number}")
def read_evidence(answer_id: str, number: int, asker: CurrentAsker, runtime: CurrentRuntime) -> out.EvidenceOut:
    """One citation in its version: the text around it, and for a PDF its page and boxes."""
    opened = runtime.archive.evidence(answer_id, number, asker.principal, asker.trace_id)
    return shapes.evidence(opened, f"/v1/answers/{answer_id}/evidence/{number}/page.png")


@router.get("/answers/{answer_id}/evidence/{number}/page.png", responses={200: {"content": {"image/png": {}}}})
def read_page(answer_id: str, number: int, asker: CurrentAsker, runtime: CurrentRuntime) -> Response:
    """The cited page of a PDF as an image."""
    image = _page_image(answer_id, number, asker, runtime)
    return Response(image, media_type="image/png", headers={"Cache-Control": "private, max-age=600"})


def _page_image(answer_id: str, number: int, asker: Asker, runtime: Runtime) -> bytes:
    opened = runtime.archive.evidence(answer_id, number, asker.principal, asker.trace_id)
    # An image cannot be masked: whoever may not see all of the page sees its text instead.
    if opened.page is None or opened.visible.hidden or opened.visible.version.media_type != "application/pdf":
        raise NotFound("There is no image of this page.", hint="Read its text instead.")
    with runtime.database.reading() as session:
        body = runtime.blobs.get(session, opened.visible.version.content_hash)
    return runtime.pool.render_page(body, opened.page, IMAGE_SCALE)
