"""What was said before in a conversation, as far as the person who asks may read it now."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from answer import repository
from answer.restore import restore
from answer.sighting import Turn
from answer.tables import AnswerRow
from answer.vault import Place
from core.access import Principal
from core.text import Span
from retrieval.freshness import StaleSources

EXCHANGES = 3
"""Questions with their answers, the latest ones."""


def turns(session: Session, conversation_id: str, principal: Principal, fresh: StaleSources) -> tuple[Turn, ...]:
    """The last exchanges in their order. A sentence that the person may not read any more was never said."""
    said: list[Turn] = []
    for row in repository.answers_of(session, conversation_id)[-EXCHANGES:]:
        said.append(Turn("person", row.question, written_at=row.created_at))
        said += _answered(session, row, principal, fresh)
    return tuple(said)


def _answered(session: Session, row: AnswerRow, principal: Principal, fresh: StaleSources) -> list[Turn]:
    shown = restore(session, row, principal, fresh).sentences
    return [
        Turn("answer", claim["text"], claim.get("redaction"), row.created_at, _places(claim))
        for claim, sentence in zip(row.claims, shown, strict=True)
        if sentence.text is not None
    ]


def _places(claim: dict[str, Any]) -> tuple[Place, ...]:
    return tuple(
        Place(raw["version"], tuple(Span(start, end) for start, end in raw["spans"])) for raw in claim["citations"]
    )
