"""Replies that arrive piece by piece (server-sent events)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import structlog
from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.http.errors import problem, trace_id_of
from core.errors import VouchError

EVENTS = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Piece = tuple[str, BaseModel | dict[str, Any]]
"""The name of an event, and its data."""
log = structlog.get_logger()


def wants_events(request: Request) -> bool:
    return EVENTS in request.headers.get("accept", "")


def stream(request: Request, pieces: Iterator[Piece]) -> StreamingResponse:
    """The pieces as they come. One that raises ends with an ``error`` event: the status line is gone by then."""
    return StreamingResponse(_written(pieces, trace_id_of(request)), media_type=EVENTS, headers=HEADERS)


def _written(pieces: Iterator[Piece], trace_id: str) -> Iterator[str]:
    try:
        for name, data in pieces:
            yield _event(name, data)
    except Exception as error:
        if not isinstance(error, VouchError):
            log.error("events.failed", trace_id=trace_id, exc_info=error)
        yield _event("error", problem(error, trace_id))


def _event(name: str, data: BaseModel | dict[str, Any]) -> str:
    text = data.model_dump_json() if isinstance(data, BaseModel) else json.dumps(data)
    return f"event: {name}\ndata: {text}\n\n"
