"""Where systems send their webhooks. Nobody is signed in here: the signature says who speaks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from api.http.models import Model
from connectors.announcements import BODY_BYTES, Intake
from core.errors import Invalid

router = APIRouter(prefix="/v1/sources")


class AnnouncedOut(Model):
    items: int
    """How many items are in line to be read."""


def intake_of(request: Request) -> Intake:
    return request.app.state.runtime.connecting.intake


@router.post("/{name}/announcements", status_code=202)
async def take_announcement(name: str, request: Request, intake: Annotated[Intake, Depends(intake_of)]) -> AnnouncedOut:
    """A webhook of a source: the items that it names are read at once."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise Invalid("The announcement is too large.", hint="Send fewer at once.")
    headers = dict(request.headers)
    return AnnouncedOut(items=await run_in_threadpool(intake.take, name, headers, bytes(body)))
