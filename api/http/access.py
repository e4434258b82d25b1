"""Who is asking: a browser's session, a program's key, or the operator of this machine."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import structlog
from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError

from api import service_keys, tokens
from api.configuring import By
from api.http import once
from api.http.cookies import session_token
from api.http.errors import trace_id_of
from api.permissions import MACHINE, PERMISSIONS, Permission, allows, who
from api.runtime import Runtime
from core import acting, people
from core.access import Principal
from core.audit import Event
from core.audit.events import NO_SUBJECT
from core.errors import Forbidden, Unauthenticated

AS = "x-vouch-as"
FOR = "x-vouch-for"
SAFE = ("GET", "HEAD", "OPTIONS")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asker:
    """The person a request speaks for, with the principal as of now. ``acting``: somebody else speaks for them.
    ``scopes``: all that the key may be used for; None where there is no such bound."""

    principal: Principal
    trace_id: str
    token: str | None = field(default=None, repr=False)
    acting: bool = False
    scopes: frozenset[str] | None = None

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
    cookie = session_token(request, runtime)
    if cookie is None:
        raise Unauthenticated("Nobody is signed in.", hint="Sign in, or send a key as Authorization: Bearer.")
    # A form or link on another site cannot send this header, so it cannot act with the reader's cookie.
    if request.method not in SAFE and "x-vouch" not in request.headers:
        raise Forbidden("The request does not come from Vouch's own pages.", hint="Send the header X-Vouch: 1.")
    return _held(request, runtime, cookie, "session")


def permitted(asker: Asker, permission: Permission) -> Asker:
    """``asker``, where their roles and their key cover this. Raises ``Forbidden``."""
    if not allows(permission, asker.principal.roles, acting=asker.acting):
        raise Forbidden(
            f"Only {who(permission)} may {PERMISSIONS[permission].what}.",
            hint="Nobody does this for somebody else." if asker.acting else "An administrator gives roles.",
        )
    if asker.scopes is not None and permission not in asker.scopes:
        raise Forbidden(f"This key is not for {permission}.", hint="Use a key with this scope.")
    return asker


def may(permission: Permission) -> Callable[..., Asker]:
    """The dependency of a route that a person uses, and nobody without being one: the operator of this machine has to
    say for whom."""

    def person(request: Request, runtime: Annotated[Runtime, Depends(runtime_of)]) -> Asker:
        found = permitted(asker(request, runtime), permission)
        once.begin(request, runtime, found.principal, found.trace_id)
        return found

    person.permission = permission  # type: ignore[attr-defined]
    return person


def deciding(permission: Permission) -> Callable[..., By]:
    """The dependency of a route on which something is decided or operated: by a person, or by the operator of this
    machine."""

    def decider(request: Request, runtime: Annotated[Runtime, Depends(runtime_of)]) -> By:
        alone = is_operator(request, runtime) and AS not in request.headers
        if alone and MACHINE in PERMISSIONS[permission].roles:
            once.begin(request, runtime, None, trace_id_of(request))
            return By(trace_id=trace_id_of(request), roles=frozenset({MACHINE}), admin=True)
        person = permitted(asker(request, runtime), permission).principal
        once.begin(request, runtime, person, trace_id_of(request))
        return By(person.person_id, person.subject, trace_id_of(request), "admin" in person.roles, person.roles)

    decider.permission = permission  # type: ignore[attr-defined]
    return decider


def _held(request: Request, runtime: Runtime, token: str, kind: tokens.Kind) -> Asker:
    with runtime.database.reading() as session:
        row = tokens.holder(session, token, kind, runtime.clock())
        person_id = row.person_id
        scopes = None
        if kind == "key" and people.kind_of(session, person_id) == "service":
            scopes = service_keys.scopes_of(session, token)
        principal = people.principal(session, person_id, runtime.audit.subject)
    if tokens.is_use_due(row, runtime.clock()):
        _note_use(runtime, token)
    if FOR in request.headers:
        return _acting(request, runtime, principal, scopes)
    return Asker(principal, trace_id_of(request), token, scopes=scopes)


def _note_use(runtime: Runtime, token: str) -> None:
    try:
        with runtime.database.writing() as session:
            tokens.note_use(session, token, runtime.clock())
    except SQLAlchemyError:
        # Whoever reads need not wait for the disk; at worst the session counts as unused and ends sooner.
        log.warning("session.use_not_noted")


def _acting(request: Request, runtime: Runtime, account: Principal, scopes: frozenset[str] | None) -> Asker:
    """The person for whom a service account acts, which is recorded. Raises ``Forbidden``, the same for a person who is
    not here."""
    if scopes is None:
        raise Forbidden("Only a service account acts for others.", hint=f"Leave out the header {FOR}.")
    with runtime.database.reading() as session:
        target = people.find(session, request.headers[FOR])
        if target is None:
            raise acting.refused()
        grant = acting.allowed(session, account.person_id, target, runtime.clock())
        principal = people.principal(session, target, runtime.audit.subject)
    trace_id = trace_id_of(request)
    runtime.audit.append(
        Event(
            kind="person.acted_for",
            subject=account.subject,
            action="act_for",
            outcome="done",
            at=runtime.clock(),
            trace_id=trace_id,
            details={"target": principal.subject, "grant": grant.id, "command": _command(request)},
        )
    )
    return Asker(principal, trace_id, acting=True, scopes=scopes)


def _command(request: Request) -> str:
    return re.sub(r"[^a-z0-9_.-]", ".", request.url.path.strip("/").lower())[:40] or "root"


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
            details={"target": principal.subject, "command": _command(request)},
        )
    )
    return Asker(principal, trace_id, acting=True)


CurrentRuntime = Annotated[Runtime, Depends(runtime_of)]
CurrentAsker = Annotated[Asker, Depends(may("ask"))]
