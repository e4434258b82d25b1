"""Routes for signing in and out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import company, tokens
from api.http import cookies
from api.http import models as out
from api.http.access import CurrentRuntime, asker
from api.http.entering import enter, recording_of
from api.identity.accounts import METHOD
from api.permissions import NAMES, allows
from api.runtime import VERSION, Runtime
from core import people
from core.errors import Forbidden, Invalid, VouchError
from core.people import Person

router = APIRouter(prefix="/v1/session")
STARTS_AT = "/v1/session/oidc"
SIGNED_OUT: dict[int | str, dict[str, Any]] = {
    200: {"model": out.SignedOut, "description": "Signed out here. The browser ends the provider's session there."},
    204: {"description": "Signed out."},
}


@router.get("")
def read_session(request: Request, runtime: CurrentRuntime) -> out.SessionOut:
    """Who is signed in, and which ways in there are."""
    try:
        signed_in = asker(request, runtime)
        with runtime.database.reading() as session:
            person = people.by_id(session, signed_in.person_id)
    except VouchError:
        person = None
    return session_of(runtime, person)


@router.post("")
def sign_in(body: out.SignIn, request: Request, response: Response, runtime: CurrentRuntime) -> out.SessionOut:
    """Sign in with a one-time link, with an e-mail address and a password, or as a demo person by e-mail alone."""
    if (body.email is None) == (body.link is None) or (body.link is not None and body.password is not None):
        raise Invalid("Give either an email or a link.", hint="An operator makes a link with vouch people link EMAIL.")
    if body.link is not None:
        person, token = _by_link(body.link, request, runtime)
    elif body.password is not None:
        person, token = _by_password(str(body.email), body.password, request, runtime)
    else:
        person, token = _as_demo_person(str(body.email), request, runtime)
    cookies.put_session(response, request, runtime, token)
    return session_of(runtime, person)


@router.delete("", response_model=None, status_code=204, responses=SIGNED_OUT)
def sign_out(request: Request, runtime: CurrentRuntime) -> Response:
    """Sign out; where a provider vouched for the session, with the address at which it ends there. A key goes on."""
    signed_in = asker(request, runtime)
    if signed_in.token is not None and signed_in.token != cookies.session_token(request, runtime):
        raise Forbidden("Only who is signed in signs out.", hint="DELETE /v1/sessions/{id} ends a key.")
    goes_on: str | None = None
    if signed_in.token is not None:
        with runtime.database.reading() as session:
            vouched = tokens.id_token_of(session, signed_in.token)
        sso = runtime.identity.sso
        if vouched is not None and sso is not None:
            goes_on = sso.logout_url(*vouched)
        recording = recording_of(request, runtime)
        with runtime.database.writing() as session:
            tokens.end(session, signed_in.token, runtime.clock())
            name = tokens.name_of(signed_in.token)
            runtime.audit.enlist(session, recording.signed_out(signed_in.person_id, "session", session=name))
    answer = Response(status_code=204)
    if goes_on is not None:
        answer = Response(out.SignedOut(continue_at=goes_on).model_dump_json(), media_type="application/json")
    cookies.remove(answer, request, runtime)
    return answer


def _by_link(link: str, request: Request, runtime: Runtime) -> tuple[Person, str]:
    with runtime.database.writing() as session:
        person = people.by_id(session, tokens.redeem(session, link, runtime.clock()))
        return person, enter(session, request, runtime, person.id, "link")


def _by_password(email: str, password: str, request: Request, runtime: Runtime) -> tuple[Person, str]:
    person_id = runtime.identity.accounts.verified(email, password, recording_of(request, runtime))
    with runtime.database.writing() as session:
        token = enter(session, request, runtime, person_id, METHOD)
        return people.by_id(session, person_id), token


def _as_demo_person(email: str, request: Request, runtime: Runtime) -> tuple[Person, str]:
    with runtime.database.writing() as session:
        opening = company.sign_in_opening(session, runtime.settings)
        person_id = people.find(session, email)
        person = None if person_id is None else people.by_id(session, person_id)
        # The same answer whether there is such a person or not.
        if person is None or not (opening.open and person.demo):
            raise Forbidden(opening.reason or "This person does not sign in that way.", hint="Use a sign-in link.")
        return person, enter(session, request, runtime, person.id, "demo")


def session_of(runtime: Runtime, person: Person | None) -> out.SessionOut:
    with runtime.database.reading() as session:
        opening = company.sign_in_opening(session, runtime.settings)
    demo = company.load()
    sso = runtime.identity.sso
    return out.SessionOut(
        signed_in=person is not None,
        may=[] if person is None else [name for name in NAMES if allows(name, person.roles)],
        person=None if person is None else out.PersonOut.model_validate(person, from_attributes=True),
        demo=out.DemoOut(
            open=opening.open,
            reason=opening.reason,
            people=[
                out.DemoPersonOut.model_validate(each, from_attributes=True)
                for each in (demo.people if opening.open else ())
            ],
        ),
        ways=out.WaysOut(
            sso=None if sso is None else out.SsoOut(name=sso.settings.name, start=STARTS_AT),
            passwords=runtime.identity.accounts.open,
        ),
        organisation=runtime.settings.organisation or (demo.organisation if opening.loaded else "Vouch"),
        version=VERSION,
        suggestions=list(demo.suggestions_for(person.email)) if person is not None and person.demo else [],
    )
