"""Requests with a key of their sender's (``Idempotency-Key``), which are done once in a day however often they come.

What was answered is kept only where it holds nothing that belongs to each reading: of an answer its id is kept, and it
is read anew. Of everything else only is known that it was done.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.tables import OnceRow
from core.errors import Conflict
from core.secrets import Secret

LIFE = timedelta(hours=24)
KEY = "requests-once"
"""The key under which senders' keys and requests are hashed."""
MOST_KEPT = 100_000
"""Characters of a response."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it the first time: a response as it was, or an answer that is read anew."""

    status: int
    response: str | None = field(repr=False)
    answer_id: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that is being done. ``keeps``: what of its response is kept."""

    person_id: str
    key: str
    keeps: Literal["response", "answer", "nothing"]


def hashed(key: Secret, text: bytes) -> str:
    """Keyed: a short question could be guessed from a bare hash."""
    return hmac.new(key.raw(), text, hashlib.sha256).hexdigest()


def claim(session: Session, claim: Claim, request: str, now: datetime) -> Done | None:
    """Begin it, or say what came of it before. Raises ``Conflict`` where the key was used for something else, while it
    is being done, and where it was done and its response was not kept."""
    row = session.get(OnceRow, (claim.person_id, claim.key))
    if row is not None and row.expires_at <= now:
        session.delete(row)
        session.flush()
        row = None
    if row is None:
        session.add(
            OnceRow(
                person_id=claim.person_id, key=claim.key, request=request, state="begun", status=None, response=None,
                answer_id=None, expires_at=now + LIFE,
            )
        )  # fmt: skip
        return None
    if not hmac.compare_digest(row.request, request):
        raise Conflict("This Idempotency-Key was used for another request.", hint="Use a new key for each request.")
    if row.state != "done":
        raise Conflict(
            "This request is being done, or was cut off.", hint="Look whether it was done before you use a new key."
        )
    if row.status is None or (row.response is None and row.answer_id is None):
        raise Conflict(
            "This request was done; its response is not kept.", hint="Read what came of it, or use a new key."
        )
    return Done(row.status, row.response, row.answer_id)


def settle(session: Session, claim: Claim, done: Done) -> None:
    row = session.get(OnceRow, (claim.person_id, claim.key))
    if row is not None:
        row.state, row.status, row.response, row.answer_id = "done", done.status, done.response, done.answer_id


def release(session: Session, claim: Claim) -> None:
    """Nothing came of it: it may be tried again."""
    session.execute(delete(OnceRow).where(OnceRow.person_id == claim.person_id, OnceRow.key == claim.key))


def sweep(session: Session, now: datetime) -> None:
    session.execute(delete(OnceRow).where(OnceRow.expires_at <= now))
