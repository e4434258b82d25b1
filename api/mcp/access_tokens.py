"""The signature of an access token, and whose account it names."""

from __future__ import annotations

from typing import Any, cast

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from sqlalchemy.orm import Session

from api.identity.errors import SignInFailed
from api.identity.oidc.provider import Provider
from api.identity.tables import IdentityRow
from core.errors import Unauthenticated

TYPES = ("at+jwt", "application/at+jwt", "jwt")
"""What providers call an access token."""


def verified(token: str, provider: Provider) -> dict[str, Any]:
    """The claims that the provider signed. Raises ``Unauthenticated``, which repeats nothing of the token."""
    algorithms = list(provider.settings.algorithms)
    try:
        header = jws.extract_compact(token.encode()).headers()
        kid = header.get("kid")
        usable = header.get("alg") in algorithms and str(header.get("typ", "JWT")).lower() in TYPES
        if not usable or "crit" in header:
            raise Unauthenticated("This is no access token that can be used here.", hint="Sign in again.")
        key = provider.key(kid if isinstance(kid, str) else None)
        found: Any = orjson.loads(jws.deserialize_compact(token, key, algorithms=algorithms).payload)
    except (JoseError, SignInFailed, ValueError, TypeError):
        raise Unauthenticated("The signature of this access token does not hold.", hint="Sign in again.") from None
    if not isinstance(found, dict):
        raise Unauthenticated("This access token holds no claims.", hint="Sign in again.")
    return cast("dict[str, Any]", found)


def linked(session: Session, issuer: str, subject: str) -> str | None:
    """The id of the person behind an account of the provider, once they have signed in."""
    row = session.get(IdentityRow, (issuer, subject))
    return None if row is None else row.person_id
