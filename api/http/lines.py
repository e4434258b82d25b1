"""Long work of the operator, told as it goes on: a line of JSON an event, for the command line."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import structlog
from fastapi.responses import StreamingResponse

from api.http.errors import problem
from core.errors import VouchError

log = structlog.get_logger()
Tell = Callable[[dict[str, Any]], None]
LINES = "application/x-ndjson"
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {LINES: {}},
        "description": "Lines of JSON: progress, then the report or a problem.",
    }
}


def told(work: Callable[[Tell], dict[str, Any]], name: str, trace_id: str) -> StreamingResponse:
    """``work`` tells its progress and returns its report. The reply ends with that, or with a problem."""
    return StreamingResponse(_lines(work, name, trace_id), media_type=LINES)


def _lines(work: Callable[[Tell], dict[str, Any]], name: str, trace_id: str) -> Iterator[bytes]:
    """It goes on in a thread of its own, so that it ends even when nobody follows it any more."""
    events: queue.Queue[dict[str, Any]] = queue.Queue()

    def tell(progress: dict[str, Any]) -> None:
        events.put({"event": "progress", **progress})

    def run() -> None:
        try:
            events.put({"event": "report", **work(tell)})
        except Exception as error:
            if not isinstance(error, VouchError):
                log.error(f"{name}.failed", trace_id=trace_id, exc_info=error)
            events.put({"event": "problem", **problem(error, trace_id).model_dump()})

    threading.Thread(target=run, name=name, daemon=False).start()
    while True:
        event = events.get()
        yield orjson.dumps(event) + b"\n"
        if event["event"] != "progress":
            return
