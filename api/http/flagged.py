"""Passages that read like instructions to a model, for reviewers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from answer import flagging
from answer.flagging import Place
from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.paging import Cursor, Limit

router = APIRouter(prefix="/v1/flagged")
Reviewing = Annotated[By, Depends(deciding("audit.read"))]


class FlaggedOut(Model):
    """``title`` is null once the version is gone. ``signs`` are what it was found by; ``destination`` the model that it
    was sent to, or ``extractive`` where the documents' own sentences were the answer."""

    document: str
    version: str
    chunk: str
    source: str
    title: str | None
    signs: list[str]
    destination: str
    times: int
    first_at: datetime
    last_at: datetime


class FlaggedListOut(Model):
    passages: list[FlaggedOut]
    next: str | None


@router.get("")
def list_flagged(by: Reviewing, runtime: CurrentRuntime, limit: Limit = 100, cursor: Cursor = "") -> FlaggedListOut:
    """The latest first."""
    after: Place | None = paging.read(cursor, datetime, str, str, str, of="flagged") if cursor else None
    with runtime.database.reading() as session:
        found = flagging.listed(session, limit + 1, after)
    shown, following = paging.page_of(
        found, limit, lambda each: (each.last_at, each.chunk, each.version, each.destination), "flagged"
    )
    passages = [FlaggedOut.model_validate(each, from_attributes=True) for each in shown]
    return FlaggedListOut(passages=passages, next=following)
