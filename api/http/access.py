"""Who is asking: a browser's session, a program's key, or the operator of this machine."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api import tokens
from api.http.errors import trace_id_of
from api.runtime import Runtime
from core import people
from core.access import Principal
from core.audit import Event
from core.audit.events import NO_SUBJECT
from core.errors import Forbidden, Unauthenticated

COOKIE = "vouch_session"
AS = "x-vouch-as"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Asker:
    """The person a request speaks for, with the principal as of now."""

    principal: Principal
    trace_id: str
    token: str | None = field(default=None, repr=False)

    @property
    def person_id(self) -> str:
        return self.principal.person_id


async def runtime_of(request: Request) -> Runtime:
    return request.app.state.runtime


def is_operator(request: Request, runtime: Runtime) -> bool:
    """Whether the request shows the token that only the account of the data directory can read."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return kind == "Bearer" and hmac.compare_digest(token.encode(), runtime.operator_token.encode())


def asker(request: Request, runtime: Annotated[Runtime, Depends(runtime_of)]) -> Asker:
    """The asker of this request. Raises ``Unauthenticated`` when there is none."""
    if is_operator(request, runtime):
        return _acted_for(request, runtime)
    header = request.headers.get("authorization", "")
    if header.startswith("Bearer "):
        return _held(request, runtime, header.removeprefix("Bearer "), "key")
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        raise Unauthenticated("Nobody is signed in.", hint="Sign in, or send a key as Authorization: Bearer.")
    # A form or link on another site cannot send this header, so it cannot act with the reader's cookie.
    if request.method not in SAFE and "x-vouch" not in request.headers:
        raise Forbidden("The request does not come from Vouch's own pages.", hint="Send the header X-Vouch: 1.")
    return _held(request, runtime, cookie, "session")


def operator(request: Request, runtime: Annotated[Runtime, Depends(runtime_of)]) -> None:
    """Raises unless the request comes from the operator of this machine."""
    if not is_operator(request, runtime):
        raise Forbidden(
            "Only the operator of this machine may do this.",
            hint="Run the vouch command as the account that owns the data directory.",
        )


def _held(request: Request, runtime: Runtime, token: str, kind: tokens.Kind) -> Asker:
    with runtime.database.reading() as session:
        person_id = tokens.holder(session, token, kind, runtime.clock()).person_id
        principal = people.principal(session, person_id, runtime.audit.subject)
    return Asker(principal, trace_id_of(request), token)


def _acted_for(request: Request, runtime: Runtime) -> Asker:
    email = request.headers.get(AS)
    if not email:
        raise Unauthenticated("The operator has to say for whom.", hint="Name a person with --as EMAIL.")
    with runtime.database.reading() as session:
        person = people.by_email(session, email)
        principal = people.principal(session, person.id, runtime.audit.subject)
    trace_id = trace_id_of(request)
    runtime.audit.append(
        Event(
            kind="operator.impersonation",
            subject=NO_SUBJECT,
            action="impersonate",
            outcome="done",
            at=runtime.clock(),
            trace_id=trace_id,
            details={
                "target": principal.subject,
                "command": request.url.path.strip("/").replace("/", ".")[:40].lower(),
            },
        )
    )
    return Asker(principal, trace_id)


CurrentRuntime = Annotated[Runtime, Depends(runtime_of)]
CurrentAsker = Annotated[Asker, Depends(asker)]
