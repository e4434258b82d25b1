"""The way of a browser to the provider and back: authorization code with PKCE, state and nonce.

What has to be remembered meanwhile lies in a cookie of that browser alone, sealed with a key of this installation, so
that a code which another browser fetched is worth nothing here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.identity.errors import SignInFailed
from api.identity.oidc import claims as claims_of
from api.identity.oidc.claims import Claimed
from api.identity.oidc.proofs import LogoutToken, check_id_token, check_logout_token
from api.identity.oidc.provider import Provider
from core.clock import Clock
from core.secrets import Secret

KEY = "sign-in-flow"
"""The key of the keyring that seals the cookie."""
LIFE = timedelta(minutes=10)
COOKIE = "vouch_flow_"
CALLBACK = "/v1/session/oidc/callback"
AFTER_LOGOUT = "/signin"
LONGEST_CODE = 4096
_NONCE = 12
_BOUND = b"vouch sign-in flow"
_INSIDE = re.compile(r"/(?![/\\])[A-Za-z0-9_./-]{0,200}")


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and what it keeps for when it comes back."""

    url: str = field(repr=False)
    cookie: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    claimed: Claimed
    id_token: str = field(repr=False)
    return_to: str


class SingleSignOn:
    def __init__(self, provider: Provider, public_url: str, key: Secret, clock: Clock) -> None:
        self.provider = provider
        self.settings = provider.settings
        self._public_url, self._key, self._clock = public_url, key, clock

    def begin(self, return_to: str) -> Departure:
        """Raises ``SignInFailed`` where the provider does not answer."""
        there = self.provider.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._public_url + CALLBACK,
            "scope": " ".join(self.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        kept = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "return_to": inside(return_to),
            "until": (self._clock() + LIFE).timestamp(),
        }
        return Departure(_with_query(there.authorization, query), cookie_of(state), self._seal(kept))

    def complete(self, query: Mapping[str, str], cookies: Mapping[str, str]) -> Arrival:
        """Who came back. Raises ``SignInFailed``."""
        kept = self._kept(query.get("state", ""), cookies)
        there = self.provider.metadata()
        issuer = query.get("iss")
        # RFC 9207: an answer of another provider must not be taken for one of this.
        if (issuer is not None and issuer != there.issuer) or (issuer is None and there.names_itself):
            raise SignInFailed("invalid", "the answer does not come from identity.oidc.issuer")
        if "error" in query:
            code = query["error"]
            raise SignInFailed("declined", f"the provider said {code if re.fullmatch('[a-z_]{1,60}', code) else 'no'}")
        code = query.get("code", "")
        if not 0 < len(code) <= LONGEST_CODE:
            raise SignInFailed("invalid", "the answer carries no code")
        tokens = self.provider.exchange(code, str(kept["verifier"]), self._public_url + CALLBACK)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise SignInFailed("invalid", "the provider gave no ID token; identity.oidc.scopes needs openid")
        claims = check_id_token(id_token, self.settings, self.provider.key, str(kept["nonce"]), self._clock())
        claims = self._completed(claims, tokens.get("access_token"))
        return Arrival(claims_of.read(claims, self.settings), id_token, inside(str(kept["return_to"])))

    def logged_out(self, token: str) -> LogoutToken:
        """Raises ``SignInFailed``."""
        return check_logout_token(token, self.settings, self.provider.key, self._clock())

    def logout_url(self, issuer: str, id_token: str) -> str | None:
        """Where the browser ends its session with the provider too (OpenID Connect RP-Initiated Logout 1.0)."""
        if issuer != self.settings.issuer:
            return None
        try:
            there = self.provider.metadata()
        except SignInFailed:
            # Signing out here must not wait for a provider that is down.
            return None
        if there.end_session is None:
            return None
        query = {
            "id_token_hint": id_token,
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": self._public_url + AFTER_LOGOUT,
        }
        return _with_query(there.end_session, query)

    def _completed(self, claims: dict[str, Any], access_token: object) -> dict[str, Any]:
        """With what the provider says beside the ID token, where that is thin; the signed claims come first."""
        if claims_of.is_complete(claims, self.settings) or not isinstance(access_token, str):
            return claims
        more = self.provider.userinfo(access_token)
        if not more:
            return claims
        # OpenID Connect Core 1.0, 5.3.4: else it may be about somebody else.
        if more.get("sub") != claims["sub"]:
            raise SignInFailed("invalid", "userinfo speaks of another sub than the ID token")
        return {**more, **claims}

    def _kept(self, state: str, cookies: Mapping[str, str]) -> dict[str, Any]:
        kept = self._open(cookies.get(cookie_of(state), ""))
        if kept is None or not hmac.compare_digest(str(kept["state"]).encode(), state.encode()):
            raise SignInFailed("expired", "the answer belongs to no sign-in that this browser began")
        if self._clock().timestamp() > float(kept["until"]):
            raise SignInFailed("expired", "the sign-in took longer than ten minutes")
        return kept

    def _seal(self, kept: Mapping[str, Any]) -> str:
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(self._key.raw()).encrypt(nonce, orjson.dumps(kept), _BOUND)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def _open(self, text: str) -> dict[str, Any] | None:
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return orjson.loads(AESGCM(self._key.raw()).decrypt(sealed[:_NONCE], sealed[_NONCE:], _BOUND))
        except (ValueError, InvalidTag):
            return None


def cookie_of(state: str) -> str:
    """The cookie of one sign-in: several may be under way in a browser."""
    return COOKIE + hashlib.sha256(state.encode()).hexdigest()[:12]


def challenge_of(verifier: str) -> str:
    """RFC 7636, 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def inside(path: str) -> str:
    """``path`` where it is one of ours, else the start page: nobody is sent elsewhere after signing in."""
    return path if _INSIDE.fullmatch(path) else "/"


def _with_query(url: str, query: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    joined = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))
