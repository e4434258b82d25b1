"""Access tokens of the organisation's own sign-in, for clients that got one there for these tools (RFC 9068, RFC 8707).

Such a token names its reader by issuer and subject. It opens Vouch for a person who has been linked to that account by
signing in before, until it expires or the person is deactivated here, and nothing but these tools.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from fastapi import Request

from api.http.access import Asker, permitted
from api.http.errors import trace_id_of
from api.runtime import Runtime
from core import people
from core.errors import NotFound, Unauthenticated

SKEW = timedelta(seconds=60)
LONGEST_TOKEN = 2**14
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


def tokened(request: Request, runtime: Runtime, resource: str) -> Asker | None:
    """Whom an access token stands for; None where there is none, but perhaps a key. Raises ``Unauthenticated``."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    sso = runtime.identity.sso
    if sso is None or not _JWT.fullmatch(token) or len(token) > LONGEST_TOKEN:
        return None
    # Imported here: few installations need it, and none before the first such call.
    from api.mcp import access_tokens

    claims = access_tokens.verified(token, sso.provider)
    settings = sso.provider.settings
    now = runtime.clock()
    audience = claims.get("aud")
    meant = cast("list[Any]", audience) if isinstance(audience, list) else [audience]
    fits = (
        claims.get("iss") == settings.issuer
        and resource in meant
        and _moment(claims.get("exp")) > now - SKEW
        and _moment(claims.get("nbf", 0)) <= now + SKEW
        and isinstance(claims.get("sub"), str)
    )
    if not fits:
        raise _refused()
    with runtime.database.reading() as session:
        person_id = access_tokens.linked(session, settings.issuer, str(claims["sub"]))
        if person_id is None:
            raise Unauthenticated("This account is not known here.", hint="Sign in to Vouch's own page once.")
        try:
            principal = people.principal(session, person_id, runtime.audit.subject)
        except NotFound:
            raise Unauthenticated("This account was closed here.", hint="Ask the people who run Vouch.") from None
    return permitted(Asker(principal, trace_id_of(request), scopes=frozenset({"ask"})), "ask")


def _moment(seconds: object) -> datetime:
    """The beginning of time for what is none, so that it is long over."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.min.replace(tzinfo=UTC)


def _refused() -> Unauthenticated:
    return Unauthenticated("This access token is not for these tools, or is over.", hint="Sign in again.")
