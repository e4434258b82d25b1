"""Routes for signing in and out."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from api import company, tokens
from api.http import models as out
from api.http.access import COOKIE, CurrentRuntime, asker
from api.http.errors import trace_id_of
from api.runtime import VERSION, Runtime
from core import people
from core.audit import Event
from core.errors import Forbidden, Invalid, VouchError
from core.people import Person

router = APIRouter(prefix="/v1/session")


@router.get("")
def read_session(request: Request, runtime: CurrentRuntime) -> out.SessionOut:
    """Who is signed in, and who may sign in as a demo person."""
    try:
        signed_in = asker(request, runtime)
        with runtime.database.reading() as session:
            person = people.by_id(session, signed_in.person_id)
    except VouchError:
        person = None
    return _session(runtime, person)


@router.post("")
def sign_in(body: out.SignIn, request: Request, response: Response, runtime: CurrentRuntime) -> out.SessionOut:
    """Sign in as a demo person by e-mail, or with a one-time link."""
    if (body.email is None) == (body.link is None):
        raise Invalid("Give either an email or a link.", hint="An operator makes a link with vouch people link EMAIL.")
    now = runtime.clock()
    method = "demo" if body.email is not None else "link"
    with runtime.database.writing() as session:
        if body.link is not None:
            person = people.by_id(session, tokens.redeem(session, body.link, now))
        else:
            person = people.by_email(session, str(body.email))
            opening = company.sign_in_opening(session, runtime.settings)
            if not (opening.open and person.demo):
                raise Forbidden(opening.reason or "This person does not sign in that way.", hint="Use a sign-in link.")
        token = tokens.issue(session, "session", person.id, method, now, runtime.session_life)
        runtime.audit.enlist(session, _event(runtime, "sign_in", person.id, method, token, trace_id_of(request)))
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(timedelta(hours=runtime.settings.session_hours).total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return _session(runtime, person)


@router.delete("", status_code=204)
def sign_out(request: Request, response: Response, runtime: CurrentRuntime) -> None:
    """Sign out."""
    signed_in = asker(request, runtime)
    if signed_in.token is not None:
        with runtime.database.writing() as session:
            tokens.end(session, signed_in.token, runtime.clock())
            event = _event(runtime, "sign_out", signed_in.person_id, "session", signed_in.token, signed_in.trace_id)
            runtime.audit.enlist(session, event)
    response.delete_cookie(COOKIE, path="/")


def _session(runtime: Runtime, person: Person | None) -> out.SessionOut:
    with runtime.database.reading() as session:
        opening = company.sign_in_opening(session, runtime.settings)
    demo = company.load()
    return out.SessionOut(
        signed_in=person is not None,
        person=None if person is None else _person(person),
        demo=out.DemoOut(
            open=opening.open,
            reason=opening.reason,
            people=[
                out.DemoPersonOut(
                    email=each.email, name=each.name, title=each.title, roles=list(each.roles), about=each.about
                )
                for each in (demo.people if opening.open else ())
            ],
        ),
        organisation=runtime.settings.organisation or (demo.organisation if opening.loaded else "Vouch"),
        version=VERSION,
        suggestions=list(demo.suggestions_for(person.email)) if person is not None and person.demo else [],
    )


def _person(person: Person) -> out.PersonOut:
    return out.PersonOut(email=person.email, name=person.name, title=person.title, roles=list(person.roles))


def _event(runtime: Runtime, kind: str, person_id: str, method: str, token: str, trace_id: str) -> Event:
    return Event(
        kind="sign_in" if kind == "sign_in" else "sign_out",
        subject=runtime.audit.subject(person_id),
        action=kind,
        outcome="done",
        at=runtime.clock(),
        trace_id=trace_id,
        details={"method": method, "session": hashlib.sha256(token.encode()).hexdigest()[:32]},
    )
