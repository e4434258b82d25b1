"""How many tokens the models of one answer read and wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from answer import repository
from answer.models.base import Usage


def tokens_of(session: Session, answer_id: str, person_id: str) -> Usage:
    """Over all attempts, by the word of the providers; nothing where no model was called. Raises ``NotFound``."""
    row = repository.answer(session, answer_id, person_id)
    calls: list[Mapping[str, Any]] = []
    for attempt in row.tried:
        call: Mapping[str, Any] | None = attempt.get("call")
        while call:
            calls.append(call)
            call = call.get("before")
    used = [call["usage"] for call in calls if call.get("usage")]

    def of(name: str) -> int:
        return sum(int(usage.get(name, 0)) for usage in used)

    return Usage(of("input"), of("output"), of("cache_read"), of("cache_write"), of("reasoning"))
