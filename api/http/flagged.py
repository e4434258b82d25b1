"""Passages that read like instructions to a model, for reviewers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from answer import flagging
from api.configuring import By
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model

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


@router.get("")
def list_flagged(
    by: Reviewing, runtime: CurrentRuntime, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> FlaggedListOut:
    """The latest first."""
    with runtime.database.reading() as session:
        found = flagging.listed(session, limit)
    return FlaggedListOut(passages=[FlaggedOut.model_validate(each, from_attributes=True) for each in found])
