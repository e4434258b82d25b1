"""Routes for one's own conversations, for those that others share, and for what one thinks of answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from answer.feedback import COMMENT_CHARACTERS, Opinion, Rating, Reason
from answer.repository import TITLE_CHARACTERS, Conversation, Place
from answer.share_rows import Place as SharePlace
from answer.sharing import Received, Share, SharedTurn
from api.http import models as out
from api.http import paging, shapes
from api.http.access import CurrentAsker, CurrentRuntime
from api.http.models import Model
from api.http.paging import Cursor, Limit

router = APIRouter(prefix="/v1")


class ConversationChange(Model):
    title: str | None = Field(default=None, max_length=4 * TITLE_CHARACTERS)
    pinned: bool | None = None


class ShareIn(Model):
    """With one of them: the address of a person, or the name of a group (``everyone``: all who are here)."""

    person: str = Field(default="", max_length=320)
    group: str = Field(default="", max_length=300)


class ShareOut(Model):
    """``answers``: how many it takes in. What is said after ``shared_at`` is not in it, until it is shared again."""

    id: str
    conversation_id: str
    person: str | None
    group: str | None
    answers: int
    shared_at: datetime


class SharesOut(Model):
    shares: list[ShareOut]


class ReceivedOut(Model):
    """``title`` is null where its reader may read nothing of it. ``by``: the name of who shares it."""

    id: str
    title: str | None
    by: str
    shared_at: datetime


class ReceivedListOut(Model):
    shared: list[ReceivedOut]
    next: str | None = None


class SharedTurnOut(Model):
    """As this reader may read it now. ``question`` is null where they may read nothing of its answer."""

    answer_id: str
    question: str | None
    status: Literal["answered", "abstained", "refused"]
    sentences: list[out.SentenceOut]
    sources: list[out.CitedSourceOut]
    as_of: datetime | None
    created_at: datetime
    values: list[out.CountedValuesOut]
    conflicts: list[out.ConflictOut]


class SharedOut(ReceivedOut):
    turns: list[SharedTurnOut]


class FeedbackIn(Model):
    rating: Rating
    reasons: list[Reason] = Field(default_factory=list[Reason], max_length=10)
    comment: str = Field(default="", max_length=COMMENT_CHARACTERS)


class FeedbackOut(Model):
    answer_id: str
    rating: Rating
    reasons: list[Reason]
    comment: str
    created_at: datetime
    updated_at: datetime


@router.get("/conversations")
def list_conversations(
    asker: CurrentAsker, runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = "",
    text: Annotated[str, Query(max_length=200, description="In a title or a question, in whichever case.")] = "",
) -> out.ConversationsOut:  # fmt: skip
    """The asker's own conversations: pinned ones first, then the latest."""
    after = None
    if cursor:
        pinned, updated_at, conversation_id = paging.read(cursor, bool, datetime, str)
        after = Place(pinned, updated_at, conversation_id)
    found = runtime.archive.conversations(asker.principal, limit + 1, after, text)
    shown, following = paging.page_of(found, limit, lambda each: (each.pinned, each.updated_at, each.id))
    return out.ConversationsOut(conversations=[_conversation(each) for each in shown], next=following)


@router.get("/conversations/{conversation_id}")
def read_conversation(conversation_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> out.ConversationTurnsOut:
    """A conversation with its answers, as the asker may read them now."""
    conversation, answers = runtime.archive.conversation(conversation_id, asker.principal, asker.trace_id)
    turns = [shapes.answer(each) for each in answers]
    return out.ConversationTurnsOut(**_conversation(conversation).model_dump(), turns=turns)


@router.patch("/conversations/{conversation_id}")
def change_conversation(
    conversation_id: str, body: ConversationChange, asker: CurrentAsker, runtime: CurrentRuntime
) -> out.ConversationOut:
    """Give it another title, or keep it first in the list."""
    principal, trace_id = asker.principal, asker.trace_id
    if body.title is not None:
        runtime.archive.rename(conversation_id, principal, body.title, trace_id)
    if body.pinned is not None:
        runtime.archive.pin(conversation_id, principal, pinned=body.pinned, trace_id=trace_id)
    return _conversation(runtime.archive.own(conversation_id, principal))


@router.delete("/conversations/{conversation_id}", status_code=204)
def delete_conversation(conversation_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> None:
    """Take a conversation out of the asker's history, and away from those it was shared with."""
    runtime.archive.delete_conversation(conversation_id, asker.principal, asker.trace_id)


@router.get("/conversations/{conversation_id}/shares")
def list_shares(conversation_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> SharesOut:
    """With whom a conversation of the asker's is shared."""
    return SharesOut(shares=[_share(each) for each in runtime.sharing.given(conversation_id, asker.principal)])


@router.post("/conversations/{conversation_id}/shares", status_code=201)
def share_conversation(conversation_id: str, body: ShareIn, asker: CurrentAsker, runtime: CurrentRuntime) -> ShareOut:
    """Let a person or a group read what was said so far, each as far as they may read its sources. Refused where they
    may read nothing of what it cites. Once more takes in what was said since."""
    return _share(
        runtime.sharing.share(
            conversation_id, asker.principal, person=body.person, group=body.group, trace_id=asker.trace_id
        )
    )


@router.delete("/conversations/{conversation_id}/shares/{share_id}", status_code=204)
def end_share(conversation_id: str, share_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> None:
    """End a share."""
    runtime.sharing.end(conversation_id, share_id, asker.principal, asker.trace_id)


@router.get("/shared")
def list_shared(
    asker: CurrentAsker, runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = ""
) -> ReceivedListOut:
    """What others share with the asker, the latest first."""
    after = SharePlace(*paging.read(cursor, datetime, str)) if cursor else None
    found = runtime.sharing.received(asker.principal, limit + 1, after)
    shown, following = paging.page_of(found, limit, lambda each: (each.shared_at, each.id))
    return ReceivedListOut(shared=[_received(each) for each in shown], next=following)


@router.get("/shared/{share_id}")
def read_shared(share_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> SharedOut:
    """A shared conversation, as the asker may read its answers now."""
    shown = runtime.sharing.open(share_id, asker.principal, asker.trace_id)
    return SharedOut(**_received(shown).model_dump(), turns=[_turn(each) for each in shown.turns])


@router.get("/shared/{share_id}/answers/{answer_id}/evidence/{number}")
def read_shared_evidence(
    share_id: str, answer_id: str, number: int, asker: CurrentAsker, runtime: CurrentRuntime
) -> out.EvidenceOut:
    """One citation of a shared answer in its version, as text."""
    opened = runtime.sharing.evidence(share_id, answer_id, number, asker.principal, asker.trace_id)
    return shapes.evidence(opened, "").model_copy(update={"pdf": None})


@router.get("/answers/{answer_id}/feedback")
def read_feedback(answer_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> FeedbackOut | None:
    """What the asker said of an answer; null where that is nothing."""
    found = runtime.feedback.read(answer_id, asker.principal)
    return None if found is None else feedback_out(found)


@router.put("/answers/{answer_id}/feedback")
def give_feedback(answer_id: str, body: FeedbackIn, asker: CurrentAsker, runtime: CurrentRuntime) -> FeedbackOut:
    """Say whether an answer was good, and why; in place of what the asker said before. A comment is kept without the
    values that stand in it."""
    given = runtime.feedback.give(answer_id, asker.principal, body.rating, body.reasons, body.comment, asker.trace_id)
    return feedback_out(given)


@router.delete("/answers/{answer_id}/feedback", status_code=204)
def withdraw_feedback(answer_id: str, asker: CurrentAsker, runtime: CurrentRuntime) -> None:
    """Take back what was said of an answer."""
    runtime.feedback.withdraw(answer_id, asker.principal, asker.trace_id)


def feedback_out(opinion: Opinion) -> FeedbackOut:
    return FeedbackOut.model_validate(opinion, from_attributes=True)


def _conversation(found: Conversation) -> out.ConversationOut:
    return out.ConversationOut.model_validate(found, from_attributes=True)


def _share(made: Share) -> ShareOut:
    return ShareOut.model_validate(made, from_attributes=True)


def _received(shown: Received) -> ReceivedOut:
    return ReceivedOut.model_validate(shown, from_attributes=True)


def _turn(turn: SharedTurn) -> SharedTurnOut:
    answer = shapes.answer(turn.answer)
    return SharedTurnOut(
        answer_id=answer.answer_id,
        question=turn.question,
        status=answer.status,
        sentences=answer.sentences,
        sources=answer.sources,
        as_of=answer.as_of,
        created_at=answer.created_at,
        values=answer.values,
        conflicts=answer.conflicts,
    )
