"""Single sign-on as a browser sees it: there, back, and out; and the provider's own word that somebody is out."""

from __future__ import annotations

import hashlib
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import delete

from api.http import cookies
from api.http.access import CurrentRuntime
from api.http.entering import enter, recording_of
from api.http.errors import trace_id_of
from api.identity import sessions
from api.identity.errors import SignInFailed
from api.identity.oidc import linking
from api.identity.oidc.flow import LIFE, Arrival, SingleSignOn, cookie_of
from api.identity.oidc.proofs import LogoutToken
from api.identity.tables import LogoutRow
from api.runtime import Runtime
from api.tokens import Vouched
from core import people
from core.errors import NotFound

METHOD = "oidc"
DENIED = ("unknown", "unverified", "mismatch", "disabled", "overage")
NO_ATTEMPT = ("expired", "unavailable")
"""Nobody tried to sign in: anybody may open these addresses, as often as they like, and the log is not for that."""
NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

router = APIRouter(prefix="/v1/session/oidc", include_in_schema=False)
log = structlog.get_logger()


@router.get("")
def begin(request: Request, runtime: CurrentRuntime, return_to: str = "/") -> RedirectResponse:
    """Send the browser to the organisation's sign-in."""
    sso = _sso(runtime)
    try:
        departure = sso.begin(return_to)
    except SignInFailed as failure:
        return _failed(request, runtime, failure)
    answer = RedirectResponse(departure.url, 303, NOT_KEPT)
    cookies.put_flow(answer, request, runtime, departure.cookie, departure.kept, LIFE)
    return answer


@router.get("/callback")
def come_back(request: Request, runtime: CurrentRuntime) -> RedirectResponse:
    """The browser comes back with a code."""
    sso = _sso(runtime)
    query = dict(request.query_params)
    flow = cookie_of(query.get("state", ""))
    try:
        kept = request.cookies.get(cookies.name_of(request, runtime, flow), "")
        arrival = sso.complete(query, {flow: kept})
        token = _entered(request, runtime, sso, arrival)
    except SignInFailed as failure:
        answer = _failed(request, runtime, failure)
    else:
        answer = RedirectResponse(arrival.return_to, 303, NOT_KEPT)
        cookies.put_session(answer, request, runtime, token)
    cookies.remove(answer, request, runtime, flow)
    return answer


@router.post("/logout")
def logged_out(request: Request, runtime: CurrentRuntime, logout_token: Annotated[str, Form()]) -> JSONResponse:
    """The provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0)."""
    sso = _sso(runtime)
    try:
        logout = sso.logged_out(logout_token)
        _end(request, runtime, sso.settings.issuer, logout)
    except SignInFailed as failure:
        _tell(request, "logout.refused", failure)
        if failure.reason == "unavailable":
            return JSONResponse({"error": "temporarily_unavailable"}, 503, NOT_KEPT)
        return JSONResponse({"error": "invalid_request"}, 400, NOT_KEPT)
    return JSONResponse({}, 200, NOT_KEPT)


def _entered(request: Request, runtime: Runtime, sso: SingleSignOn, arrival: Arrival) -> str:
    recording = recording_of(request, runtime)
    vouched = Vouched(sso.settings.issuer, arrival.claimed.subject, arrival.claimed.sid, arrival.id_token)
    with runtime.database.writing() as session:
        known = linking.recognise(session, arrival.claimed, sso.settings, runtime.clock())
        if known.linked:
            runtime.audit.enlist(session, recording.credential(known.person_id, "linked", "identity"))
        if known.added or known.changed:
            person = people.by_id(session, known.person_id)
            change = "added" if known.added else "changed"
            runtime.audit.enlist(session, recording.person(person, change, METHOD))
        return enter(session, request, runtime, known.person_id, METHOD, vouched)


def _end(request: Request, runtime: Runtime, issuer: str, logout: LogoutToken) -> None:
    """Raises ``SignInFailed`` for a token that was used before."""
    recording = recording_of(request, runtime)
    now = runtime.clock()
    used = hashlib.sha256(f"{issuer}\x1f{logout.jti}".encode()).hexdigest()
    with runtime.database.writing() as session:
        session.execute(delete(LogoutRow).where(LogoutRow.expires_at < now))
        if session.get(LogoutRow, used) is not None:
            raise SignInFailed("invalid", "this logout token was used before")
        session.add(LogoutRow(id=used, expires_at=logout.good_until))
        for person_id in sorted(sessions.end_vouched(session, issuer, logout, now)):
            runtime.audit.enlist(session, recording.signed_out(person_id, METHOD, reason="back_channel"))


def _failed(request: Request, runtime: Runtime, failure: SignInFailed) -> RedirectResponse:
    """Back to the sign-in page, which has the words for the reason; what exactly was wrong stays here."""
    _tell(request, "sign_in.failed", failure)
    if failure.reason not in NO_ATTEMPT:
        recording = recording_of(request, runtime)
        runtime.audit.append(recording.not_signed_in(None, METHOD, failure.reason, denied=failure.reason in DENIED))
    page = f"/signin?problem={failure.reason}&reference={trace_id_of(request)}"
    return RedirectResponse(page, 303, NOT_KEPT)


def _tell(request: Request, happened: str, failure: SignInFailed) -> None:
    log.warning(happened, reason=failure.reason, told=failure.told, trace_id=trace_id_of(request))


def _sso(runtime: Runtime) -> SingleSignOn:
    if runtime.identity.sso is None:
        raise NotFound("There is no single sign-on here.", hint="An operator sets identity.oidc: docs/identity.md.")
    return runtime.identity.sso
