"""What was said before in a conversation, as far as the person who asks may read it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from answer import repository
from answer.cleared import Role
from answer.restore import restore
from answer.sighting import STRICTEST, TYPED, Turn
from answer.suspicion import instructs
from answer.tables import AnswerRow
from answer.vault import Place
from core.access import Principal
from core.text import Span
from retrieval.freshness import StaleSources

EXCHANGES = 3
"""Questions with their answers, the latest ones."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says was said before, elsewhere or in a conversation that is gone: the last question, and all of it
    as something that they typed. Nothing of it is Vouch's own; but what they say was an answer may repeat one, of any
    document, and is as sensitive as anything can be."""

    question: str = field(repr=False)
    turns: tuple[Turn, ...] = field(repr=False)


def typed(question: str, said: Sequence[tuple[Role, str]]) -> Said:
    last = said[-2 * EXCHANGES :]
    return Said(
        question,
        tuple(
            Turn("person", text, level=TYPED if role == "person" else STRICTEST)
            for role, text in last
            if role == "person" or not instructs(text)
        ),
    )


def turns(session: Session, conversation_id: str, principal: Principal, fresh: StaleSources) -> tuple[Turn, ...]:
    """The last exchanges in their order. A sentence that the person may not read any more was never said; nor, to a
    model, one that speaks to models."""
    said: list[Turn] = []
    for row in repository.answers_of(session, conversation_id)[-EXCHANGES:]:
        said.append(Turn("person", row.question, written_at=row.created_at))
        said += _answered(session, row, principal, fresh)
    return tuple(said)


def _answered(session: Session, row: AnswerRow, principal: Principal, fresh: StaleSources) -> list[Turn]:
    shown = restore(session, row, principal, fresh).sentences
    return [
        Turn("answer", claim["text"], claim.get("redaction"), row.created_at, _places(claim), _chunks(claim))
        for claim, sentence in zip(row.claims, shown, strict=True)
        if sentence.text is not None and not instructs(sentence.text)
    ]


def _chunks(claim: dict[str, Any]) -> tuple[str, ...]:
    return tuple(raw["chunk"] for raw in claim["citations"])


def _places(claim: dict[str, Any]) -> tuple[Place, ...]:
    return tuple(
        Place(raw["version"], tuple(Span(start, end) for start, end in raw["spans"])) for raw in claim["citations"]
    )
