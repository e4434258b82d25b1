"""Routes for passwords and for the sessions of people: one's own, and those that an operator ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from api import tokens
from api.configuring import By
from api.http import cookies
from api.http import models as out
from api.http.access import Asker, CurrentRuntime, deciding, may
from api.http.entering import base_url, enter, recording_of
from api.http.models import Model
from api.http.session import session_of
from api.identity import sessions
from api.identity.accounts import METHOD
from api.identity.oidc.linking import unlink
from api.identity.recording import Recording
from api.identity.sessions import SIGNS_IN, OpenSession
from api.runtime import Runtime
from core import people
from core.errors import Forbidden, NotFound

router = APIRouter()
Own = Annotated[Asker, Depends(may("session.own"))]
Deciding = Annotated[By, Depends(deciding("people.change"))]
Linking = Annotated[By, Depends(deciding("operate.machine"))]
Password = Annotated[str, Field(max_length=1000, repr=False)]


class PasswordByLink(Model):
    link: str = Field(max_length=200)
    password: Password


class PasswordChange(Model):
    current: Password
    password: Password


class SessionEntry(Model):
    """``current``: the one that asks. A key is for a program that reads as the person does; its ``seen_at`` may be an
    hour behind."""

    id: str
    kind: Literal["session", "key"]
    method: str
    began_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class SessionsOut(Model):
    sessions: list[SessionEntry]


class EndedOut(Model):
    ended: int


@router.post("/v1/session/password")
def set_password(body: PasswordByLink, request: Request, response: Response, runtime: CurrentRuntime) -> out.SessionOut:
    """Set a password with the link that an operator made, and sign in."""
    recording = recording_of(request, runtime)
    person_id = runtime.identity.accounts.set_by_link(body.link, body.password, recording)
    with runtime.database.writing() as session:
        token = enter(session, request, runtime, person_id, METHOD)
        person = people.by_id(session, person_id)
    cookies.put_session(response, request, runtime, token)
    return session_of(runtime, person)


@router.put("/v1/session/password")
def change_password(body: PasswordChange, asker: Own, request: Request, runtime: CurrentRuntime) -> EndedOut:
    """Change one's own password. All other sessions end."""
    if asker.acting or asker.token is None or asker.token != cookies.session_token(request, runtime):
        raise Forbidden("Only who is signed in changes their password.", hint="Sign in in a browser.")
    recording = recording_of(request, runtime)
    accounts = runtime.identity.accounts
    return EndedOut(ended=accounts.change(asker.person_id, body.current, body.password, asker.token, recording))


@router.get("/v1/sessions")
def list_sessions(asker: Own, runtime: CurrentRuntime) -> SessionsOut:
    """Where one is signed in, and the keys with which programs read as one does."""
    with runtime.database.reading() as session:
        found = sessions.open_sessions(session, asker.person_id, runtime.clock())
    return _sessions(found, asker.token)


@router.delete("/v1/sessions")
def end_other_sessions(asker: Own, request: Request, runtime: CurrentRuntime) -> EndedOut:
    """Sign out everywhere else. Keys go on."""
    with runtime.database.writing() as session:
        now = runtime.clock()
        ended = tokens.end_all(session, asker.person_id, now, kinds=("session",), but=asker.token)
        event = recording_of(request, runtime).credential(asker.person_id, "ended", "session", sessions=ended)
        runtime.audit.enlist(session, event)
    return EndedOut(ended=ended)


@router.delete("/v1/sessions/{session_id}", status_code=204)
def end_session(session_id: str, asker: Own, request: Request, runtime: CurrentRuntime) -> None:
    """Sign out there, or end that key."""
    _end_one(runtime, recording_of(request, runtime), asker.person_id, session_id)


@router.get("/v1/operator/people/{email}/sessions", dependencies=[Depends(deciding("people.read"))])
def list_sessions_of(email: str, runtime: CurrentRuntime) -> SessionsOut:
    """Where a person is signed in, and the keys with which programs read as they do."""
    with runtime.database.reading() as session:
        person = people.by_email(session, email)
        return _sessions(sessions.open_sessions(session, person.id, runtime.clock()), None)


@router.delete("/v1/operator/people/{email}/sessions")
def end_sessions_of(email: str, by: Deciding, request: Request, runtime: CurrentRuntime) -> EndedOut:
    """Sign a person out everywhere; links that wait to be used end too. Keys go on."""
    with runtime.database.writing() as session:
        person = people.by_email(session, email)
        ended = tokens.end_all(session, person.id, runtime.clock(), kinds=SIGNS_IN)
        event = recording_of(request, runtime, by.subject).credential(person.id, "ended", "session", sessions=ended)
        runtime.audit.enlist(session, event)
    return EndedOut(ended=ended)


@router.delete("/v1/operator/people/{email}/sessions/{session_id}", status_code=204)
def end_session_of(email: str, session_id: str, by: Deciding, request: Request, runtime: CurrentRuntime) -> None:
    """Sign a person out of one session, or end one of their keys."""
    with runtime.database.reading() as session:
        person = people.by_email(session, email)
    _end_one(runtime, recording_of(request, runtime, by.subject), person.id, session_id)


@router.post("/v1/operator/people/{email}/password-link")
def make_password_link(email: str, by: Linking, request: Request, runtime: CurrentRuntime) -> out.TokenOut:
    """A link with which this person sets a password once."""
    runtime.identity.accounts.check_open()
    now = runtime.clock()
    life = timedelta(hours=runtime.settings.identity.password_link_hours)
    with runtime.database.writing() as session:
        person = people.by_email(session, email)
        token = tokens.issue(session, "reset", person.id, "operator", now, life)
        event = recording_of(request, runtime, by.subject).credential(
            person.id, "made", "password_link", expires_at=now + life
        )
        runtime.audit.enlist(session, event)
    return out.TokenOut(token=token, url=f"{base_url(request, runtime)}/signin#{token}", expires_at=now + life)


@router.delete("/v1/operator/people/{email}/identities")
def unlink_identities(email: str, by: Deciding, request: Request, runtime: CurrentRuntime) -> EndedOut:
    """Forget which account of the provider is this person's: the next sign-in with the address links anew."""
    with runtime.database.writing() as session:
        person = people.by_email(session, email)
        ended = unlink(session, person.id)
        if not ended:
            raise NotFound(f"{person.email} is linked to no account.", hint="There is nothing to forget.")
        event = recording_of(request, runtime, by.subject).credential(person.id, "unlinked", "identity")
        runtime.audit.enlist(session, event)
    return EndedOut(ended=ended)


def _end_one(runtime: Runtime, recording: Recording, person_id: str, session_id: str) -> None:
    with runtime.database.writing() as session:
        kind = sessions.end_one(session, person_id, session_id, runtime.clock()).kind
        runtime.audit.enlist(session, recording.credential(person_id, "ended", kind, session=session_id))


def _sessions(found: tuple[OpenSession, ...], token: str | None) -> SessionsOut:
    current = None if token is None else tokens.name_of(token)
    return SessionsOut(
        sessions=[
            SessionEntry(
                id=each.id, kind=each.kind, method=each.method, began_at=each.began_at, seen_at=each.seen_at,
                expires_at=each.expires_at, current=each.id == current,
            )
            for each in found
        ]
    )  # fmt: skip
