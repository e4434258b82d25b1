"""What a provider signed, checked: ID tokens (OpenID Connect Core 1.0, 3.1.3.7) and logout tokens (OpenID Connect
Back-Channel Logout 1.0, 2.6). Everything raises ``SignInFailed``; what it tells the operator repeats no value."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from api.identity.errors import SignInFailed
from api.identity.oidc.provider import Key
from api.identity.settings import OidcSettings

SKEW = timedelta(seconds=60)
"""How far the clocks may be apart."""
OLDEST = timedelta(minutes=10)
"""An ID token is fetched at once, so one that was made long ago is not the one that was asked for."""
OLDEST_LOGOUT = timedelta(minutes=5)
LONGEST_SUBJECT = 255
LONGEST_TOKEN = 2**16
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
KeyOf = Callable[[str | None], Key]
Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Whose session ended there: ``sid``, or all of ``subject``."""

    jti: str
    subject: str | None = field(repr=False)
    sid: str | None = field(repr=False)
    good_until: datetime
    """After that it is refused for its age, so it need not be remembered longer."""


def check_id_token(token: str, settings: OidcSettings, key_of: KeyOf, nonce: str, now: datetime) -> Claims:
    """The claims of an ID token that was made now, for us, in the sign-in of ``nonce``."""
    header, claims = _verified(token, settings, key_of)
    if str(header.get("typ", "JWT")).lower() not in ("jwt", "application/jwt"):
        raise _refuse("typ is not that of an ID token")
    _check_issued(claims, settings, now, OLDEST)
    _check_azp(claims, settings)
    if claims.get("events") is not None:
        raise _refuse("it is no ID token but an event")
    if not _subject(claims):
        raise _refuse("sub is missing or too long")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise _refuse("nonce is not that of this sign-in")
    return claims


def check_logout_token(token: str, settings: OidcSettings, key_of: KeyOf, now: datetime) -> LogoutToken:
    header, claims = _verified(token, settings, key_of)
    if str(header.get("typ", "logout+jwt")).lower() not in ("logout+jwt", "application/logout+jwt", "jwt"):
        raise _refuse("typ is not that of a logout token")
    _check_issued(claims, settings, now, OLDEST_LOGOUT)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(cast("Claims", events).get(LOGOUT_EVENT), dict):
        raise _refuse("it is not about a logout")
    if "nonce" in claims:
        raise _refuse("a logout token has no nonce")
    jti, subject, sid = claims.get("jti"), _subject(claims), claims.get("sid")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_SUBJECT:
        raise _refuse("jti is missing")
    if sid is not None and not (isinstance(sid, str) and 0 < len(sid) <= LONGEST_SUBJECT and sid.isprintable()):
        raise _refuse("sid is not a text")
    if subject is None and (sid is None or "sub" in claims):
        raise _refuse("it says neither whose session nor which")
    return LogoutToken(jti, subject, sid, _moment(claims, "iat") + OLDEST_LOGOUT + 2 * SKEW)


def _verified(token: str, settings: OidcSettings, key_of: KeyOf) -> tuple[Mapping[str, Any], Claims]:
    if len(token) > LONGEST_TOKEN:
        raise _refuse("the token is too long")
    try:
        header = jws.extract_compact(token.encode()).headers()
        if header.get("alg") not in settings.algorithms:
            raise _refuse("alg is not one of identity.oidc.algorithms")
        if "crit" in header:
            raise _refuse("it asks for an extension")
        kid = header.get("kid")
        key = key_of(kid if isinstance(kid, str) else None)
        # The key comes from the provider's own address, never from the token; joserfc refuses one of another kind
        # than the algorithm's.
        found: Any = orjson.loads(jws.deserialize_compact(token, key, algorithms=list(settings.algorithms)).payload)
    except (JoseError, ValueError, TypeError) as error:
        raise _refuse(f"the signature does not hold ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise _refuse("it holds no claims")
    return header, cast("Claims", found)


def _check_issued(claims: Claims, settings: OidcSettings, now: datetime, oldest: timedelta) -> None:
    if claims.get("iss") != settings.issuer:
        raise _refuse("iss is not identity.oidc.issuer")
    audience = claims.get("aud")
    meant = cast("list[Any]", audience) if isinstance(audience, list) else [audience]
    if settings.client_id not in meant:
        raise _refuse("aud does not name identity.oidc.client_id")
    issued = _moment(claims, "iat")
    if issued > now + SKEW:
        raise _refuse("iat is in the future; compare the clocks")
    if issued < now - oldest - SKEW:
        raise _refuse("iat is too long ago; compare the clocks")
    if _moment(claims, "exp") <= now - SKEW:
        raise _refuse("exp is over")
    if "nbf" in claims and _moment(claims, "nbf") > now + SKEW:
        raise _refuse("nbf is not reached")


def _check_azp(claims: Claims, settings: OidcSettings) -> None:
    audience, party = claims.get("aud"), claims.get("azp")
    several = isinstance(audience, list) and len(cast("list[Any]", audience)) > 1
    if (several or party is not None) and party != settings.client_id:
        raise _refuse("azp is not identity.oidc.client_id")


def _subject(claims: Claims) -> str | None:
    subject = claims.get("sub")
    # OpenID Connect Core 1.0, 2: at most 255 ASCII characters.
    usable = isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()
    return str(subject) if usable else None


def _moment(claims: Claims, name: str) -> datetime:
    seconds = claims.get(name)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _refuse(f"{name} is missing or no number")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise _refuse(f"{name} is no moment") from None


def _refuse(told: str) -> SignInFailed:
    return SignInFailed("invalid", told)
