"""The provider: what it says of itself (OpenID Connect Discovery 1.0), its keys (RFC 7517), and calls to it.

Every call obeys ``egress``, follows no redirect and reads a bounded answer. What was read is kept in memory: the
discovery for an hour, the keys until a signature names one that is not among them.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast
from urllib.parse import quote, urlsplit

import orjson
import requests
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from api.identity.errors import SignInFailed
from api.identity.settings import LOOPBACK, OidcSettings
from core.egress import Egress
from core.errors import VouchError
from core.pinned import PinnedAdapter, PinnedSession, host_of
from core.secrets import Secret

TIMEOUT_SECONDS = 10
MOST_BYTES = 2**20
KEPT_SECONDS = 3600.0
REFETCH_SECONDS = 30.0
"""Keys are read anew at most so often, whoever names keys that do not exist."""
REST_SECONDS = 5.0
"""A provider that did not answer is not asked for its description sooner, so that nobody queues up behind it."""
SMALLEST_RSA = 2048
Key = RSAKey | ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is used of the provider's description."""

    issuer: str
    authorization: str
    token: str
    jwks: str
    userinfo: str | None
    end_session: str | None
    by_post: bool
    """The client's secret goes into the form, since the provider takes no header."""
    names_itself: bool
    """Each answer to the browser carries ``iss`` (RFC 9207)."""


@dataclass(slots=True)
class _Kept:
    metadata: Metadata | None = None
    metadata_at: float = 0.0
    keys: tuple[Key, ...] | None = None
    keys_at: float = 0.0
    failed_at: float | None = None


class Provider:
    """Safe to use from many threads."""

    def __init__(
        self, settings: OidcSettings, egress: Egress, resolve: Callable[[str], Secret],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.settings = settings
        self._resolve, self._elapsed = resolve, elapsed
        self._http = PinnedSession(PinnedAdapter(egress, TIMEOUT_SECONDS))
        self._http.headers.update({"User-Agent": "Vouch", "Accept": "application/json"})
        self._kept = _Kept()
        self._lock = Lock()

    def close(self) -> None:
        self._http.close()

    def metadata(self) -> Metadata:
        """Raises ``SignInFailed``."""
        with self._lock:
            return self._metadata()

    def key(self, kid: str | None) -> Key:
        """The key of that name; without a name the only one there is. An unknown name makes the keys be read anew,
        once and not too often. Raises ``SignInFailed``."""
        with self._lock:
            found = self._found(kid)
            if found is None and self._may_refetch():
                self._fetch_keys()
                found = self._found(kid)
        if found is None:
            raise SignInFailed("invalid", "the signature names a key that the provider does not have")
        return found

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """The provider's tokens for a code. Raises ``SignInFailed``."""
        there = self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        secret = self._secret()
        if secret is None or there.by_post:
            form["client_id"] = self.settings.client_id
            if secret is not None:
                form["client_secret"] = secret.text()
        else:
            # RFC 6749, 2.3.1: both are form-encoded before they go into the header.
            user, word = (quote(text, safe="") for text in (self.settings.client_id, secret.text()))
            headers["Authorization"] = f"Basic {base64.b64encode(f'{user}:{word}'.encode()).decode()}"
        return self._read("POST", there.token, data=form, headers=headers)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """Raises ``SignInFailed``."""
        there = self.metadata()
        if there.userinfo is None:
            return {}
        return self._read("GET", there.userinfo, headers={"Authorization": f"Bearer {access_token}"})

    def _secret(self) -> Secret | None:
        if self.settings.client_secret is None:
            return None
        try:
            return self._resolve(self.settings.client_secret)
        except VouchError as error:
            raise SignInFailed("unavailable", f"identity.oidc.client_secret: {error}") from None

    def _metadata(self) -> Metadata:
        kept = self._kept
        if kept.metadata is not None and self._elapsed() - kept.metadata_at < KEPT_SECONDS:
            return kept.metadata
        raw = self._described("/.well-known/openid-configuration", self.settings.issuer.rstrip("/"))
        kept.metadata, kept.metadata_at = _metadata(raw, self.settings), self._elapsed()
        return kept.metadata

    def _found(self, kid: str | None) -> Key | None:
        if self._kept.keys is None:
            self._fetch_keys()
        keys = self._kept.keys or ()
        if kid is None:
            return keys[0] if len(keys) == 1 else None
        return next((key for key in keys if key.kid == kid), None)

    def _may_refetch(self) -> bool:
        return self._elapsed() - self._kept.keys_at >= REFETCH_SECONDS

    def _fetch_keys(self) -> None:
        # Before the call: also one that fails counts.
        self._kept.keys_at = self._elapsed()
        self._kept.keys = _public_keys(self._described("", self._metadata().jwks))

    def _described(self, path: str, url: str) -> dict[str, Any]:
        kept = self._kept
        if kept.failed_at is not None and self._elapsed() - kept.failed_at < REST_SECONDS:
            raise SignInFailed("unavailable", f"{host_of(url)} did not answer a moment ago")
        try:
            found = self._read("GET", url + path)
        except SignInFailed as failure:
            kept.failed_at = self._elapsed() if failure.reason == "unavailable" else None
            raise
        kept.failed_at = None
        return found

    def _read(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """The JSON object there. What the provider says of an error stays here but for its code."""
        host = host_of(url)
        try:
            with self._http.request(method, url, allow_redirects=False, stream=True, **more) as answer:
                body, status = _bounded(answer), answer.status_code
        except requests.RequestException as error:
            raise SignInFailed("unavailable", f"{host} did not answer ({type(error).__name__})") from None
        except VouchError as error:
            raise SignInFailed("unavailable", str(error)) from None
        found = _json_object(body) if len(body) <= MOST_BYTES else None
        if status != 200:
            told = f"{host} answered {status}{_said(found)}"
            raise SignInFailed("unavailable" if status >= 500 else "invalid", told)
        if found is None:
            raise SignInFailed("invalid", f"{host} did not answer with a JSON object of a sensible size")
        return found


def _metadata(raw: Mapping[str, Any], settings: OidcSettings) -> Metadata:
    if raw.get("issuer") != settings.issuer:
        raise SignInFailed(
            "invalid", "the provider calls itself by another issuer than identity.oidc.issuer; they have to be equal"
        )
    if "code" not in _texts(raw, "response_types_supported", ["code"]):
        raise SignInFailed("invalid", "the provider does not offer the code flow")
    if "S256" not in _texts(raw, "code_challenge_methods_supported", ["S256"]):
        raise SignInFailed("invalid", "the provider does not offer PKCE with S256")
    ways = _texts(raw, "token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        issuer=settings.issuer,
        authorization=_address(raw, "authorization_endpoint"),
        token=_address(raw, "token_endpoint"),
        jwks=_address(raw, "jwks_uri"),
        userinfo=_address(raw, "userinfo_endpoint") if raw.get("userinfo_endpoint") else None,
        end_session=_address(raw, "end_session_endpoint") if raw.get("end_session_endpoint") else None,
        by_post="client_secret_basic" not in ways and "client_secret_post" in ways,
        names_itself=raw.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(raw: Mapping[str, Any], name: str) -> str:
    url = raw.get(name)
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        raise SignInFailed("invalid", f"the provider's {name} is no https address")
    return str(url)


def _texts(raw: Mapping[str, Any], name: str, otherwise: list[str]) -> list[str]:
    found = raw.get(name)
    return [str(each) for each in cast("list[Any]", found)] if isinstance(found, list) else otherwise


def _public_keys(raw: Mapping[str, Any]) -> tuple[Key, ...]:
    """Those keys that can check signatures. A shared secret among them would be known to everybody, so it is none."""
    listed = raw.get("keys")
    raws = cast("list[Any]", listed) if isinstance(listed, list) else []
    found = [_public_key(cast("dict[str, Any]", each)) for each in raws if isinstance(each, dict)]
    return tuple(key for key in found if key is not None)


def _public_key(raw: Mapping[str, Any]) -> Key | None:
    kinds: dict[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    kind = kinds.get(str(raw.get("kty")))
    if kind is None or raw.get("use") not in (None, "sig"):
        return None
    public = {name: raw[name] for name in ("kty", "kid", "alg", "crv", "n", "e", "x", "y") if name in raw}
    try:
        if kind is RSAKey and len(urlsafe_b64decode(str(raw["n"]).encode())) * 8 < SMALLEST_RSA:
            return None
        return kind.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        # Providers may list keys that nobody here has heard of.
        return None


def _bounded(answer: requests.Response) -> bytes:
    body = bytearray()
    for piece in answer.iter_content(2**16):
        body += piece
        if len(body) > MOST_BYTES:
            break
    return bytes(body)


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        found: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _said(found: Mapping[str, Any] | None) -> str:
    """The code of an OAuth error (RFC 6749, 5.2), where it looks like one."""
    code = found.get("error") if found else None
    if isinstance(code, str) and len(code) <= 60 and code.replace("_", "").isalnum():
        return f" ({code})"
    return ""
