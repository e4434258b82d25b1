"""``Idempotency-Key``: a request that comes again is answered again, and not done again."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import once
from api.http import shapes
from api.http.events import stream as events
from api.http.events import wants_events
from api.once import Claim, Done
from api.runtime import Runtime
from core.access import Principal
from core.errors import Invalid

HEADER = "idempotency-key"
KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
AGAIN = {"Idempotency-Replayed": "true"}
MACHINE = "machine"
ASK = "/v1/ask"
KEPT = frozenset({
    "/v1/batches", "/v1/batches/{batch_id}/send", "/v1/batches/{batch_id}/cancel",
    "/v1/conversations/{conversation_id}/shares",
    "/v1/sources", "/v1/sources/{name}/sync", "/v1/sources/{name}/failures/retry",
    "/v1/role-requests", "/v1/role-requests/{request_id}/approve", "/v1/role-requests/{request_id}/decline",
    "/v1/service-accounts", "/v1/reviews/samples",
    "/v1/operator/destinations/{name}/replay", "/v1/operator/deliveries/{delivery_id}/replay",
    "/v1/webhooks/{name}/replay", "/v1/register/models/{name}/retire", "/v1/budgets/remove",
})  # fmt: skip
"""Routes whose responses hold neither a secret nor a text that belongs to each reading."""


class Repeated(Exception):
    """It was done before; ``response`` says what came of it."""

    def __init__(self, response: Response) -> None:
        super().__init__("done before")
        self.response = response


@dataclass(slots=True)
class _Wanted:
    """A request with a key, on its way. ``claim`` is set once it is known whose it is."""

    key: str
    runtime: Runtime | None = None
    claim: Claim | None = None
    status: int = 500
    read: Any = field(default_factory=hashlib.sha256)
    written: bytearray = field(default_factory=bytearray, repr=False)


class Once:
    """ASGI middleware: takes a hash of what comes in, and keeps what goes out of requests that were claimed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None:
            await self._app(scope, receive, send)
            return
        wanted = _Wanted(key)
        scope.setdefault("state", {})["once"] = wanted

        async def noted() -> Message:
            message = await receive()
            wanted.read.update(message.get("body", b""))
            return message

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                wanted.status = message["status"]
            elif message["type"] == "http.response.body" and wanted.claim is not None:
                if wanted.claim.keeps != "nothing":
                    wanted.written += message.get("body", b"")
                if not message.get("more_body"):
                    await run_in_threadpool(_settle, wanted)
            await send(message)

        try:
            await self._app(scope, noted, kept)
        finally:
            if wanted.claim is not None:
                # It ended without the end of a response.
                wanted.status = 500
                await run_in_threadpool(_settle, wanted)


def begin(request: Request, runtime: Runtime, principal: Principal | None, trace_id: str) -> None:
    """Claim a request for whom it speaks for, once that is known; None: the operator of this machine. Raises
    ``Repeated`` where it was done, and ``Conflict``."""
    wanted: _Wanted | None = getattr(request.state, "once", None)
    if wanted is None or wanted.claim is not None:
        return
    if not KEY.match(wanted.key):
        raise Invalid("This is no Idempotency-Key.", hint="Send 1 to 255 printable ASCII characters without blanks.")
    key = runtime.keyring.key(once.KEY)
    person_id = MACHINE if principal is None else principal.person_id
    path = request.url.path + "?" + request.url.query
    asked = once.hashed(key, f"{path}\x00{wanted.read.hexdigest()}".encode())
    template = getattr(request.scope.get("route"), "path", "")
    keeps = "answer" if template == ASK else "response" if template in KEPT else "nothing"
    claim = Claim(person_id, once.hashed(key, wanted.key.encode()), keeps)
    with runtime.database.writing() as session:
        done = once.claim(session, claim, asked, runtime.clock())
    if done is None:
        wanted.runtime, wanted.claim = runtime, claim
        return
    raise Repeated(_again(request, runtime, principal, done, trace_id))


def _again(request: Request, runtime: Runtime, principal: Principal | None, done: Done, trace_id: str) -> Response:
    if done.answer_id is None or principal is None:
        return Response(done.response, done.status, AGAIN, media_type="application/json" if done.response else None)
    answer = shapes.answer(runtime.archive.answer(done.answer_id, principal, trace_id))
    if wants_events(request):
        response: Response | StreamingResponse = events(request, iter([("final", answer)]))
        response.headers.update(AGAIN)
        return response
    return Response(answer.model_dump_json(), done.status, AGAIN, media_type="application/json")


def install(app: FastAPI) -> None:
    @app.exception_handler(Repeated)
    def repeated(request: Request, error: Repeated) -> Response:  # pyright: ignore[reportUnusedFunction]
        return error.response


def _settle(wanted: _Wanted) -> None:
    claim, runtime = wanted.claim, wanted.runtime
    if claim is None or runtime is None:
        return
    wanted.claim = None
    done = _done(wanted.status, bytes(wanted.written), claim)
    with runtime.database.writing() as session:
        if done is None:
            once.release(session, claim)
        else:
            once.settle(session, claim, done)


def _done(status: int, written: bytes, claim: Claim) -> Done | None:
    """None where nothing came of it."""
    if not 200 <= status < 300:
        return None
    if claim.keeps == "answer":
        answer_id = _answer_id(written.decode())
        return None if answer_id is None else Done(status, None, answer_id)
    if claim.keeps == "response" and len(written) <= once.MOST_KEPT:
        return Done(status, written.decode(), None)
    return Done(status, None, None)


def _answer_id(written: str) -> str | None:
    """Of a whole answer, or of the last of its events."""
    last = written.strip().rpartition("\n\n")[2]
    if last.startswith("event: "):
        name, _, data = last.partition("\ndata: ")
        return json.loads(data)["answer_id"] if name == "event: final" else None
    return json.loads(written)["answer_id"]
