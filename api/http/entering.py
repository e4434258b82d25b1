"""The end of every way in: a new session, recorded, in a cookie."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request
from sqlalchemy.orm import Session

from api import tokens
from api.http import cookies
from api.http.errors import trace_id_of
from api.identity.recording import Recording
from api.runtime import Runtime
from api.tokens import Vouched
from core import people


def recording_of(request: Request, runtime: Runtime, by: str | None = None) -> Recording:
    return Recording(runtime.audit, runtime.clock, trace_id_of(request), by)


def enter(
    session: Session, request: Request, runtime: Runtime, person_id: str, method: str, vouched: Vouched | None = None
) -> str:
    """A new session's token, made and recorded in the caller's transaction. What this browser held before ends: nobody
    goes on with a session that somebody else began. Raises ``NotFound`` for somebody who is not here any more."""
    now = runtime.clock()
    person = people.by_id(session, person_id)
    before = cookies.session_token(request, runtime)
    if before is not None:
        tokens.end(session, before, now)
    idle = timedelta(minutes=runtime.settings.identity.session_idle_minutes)
    token = tokens.issue(session, "session", person.id, method, now, runtime.session_life, idle=idle, vouched=vouched)
    recording = recording_of(request, runtime)
    runtime.audit.enlist(session, recording.signed_in(person.id, method, token, person.roles))
    return token


def base_url(request: Request, runtime: Runtime) -> str:
    """Where people reach Vouch."""
    return runtime.settings.identity.public_url or str(request.base_url).rstrip("/")
