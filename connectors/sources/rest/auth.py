"""How requests of a declaration are authenticated. Secrets are read at the moment of use and kept nowhere; tokens are
kept in memory, and asked for again when they end or when a request is answered with 401."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin

import orjson
import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from requests.auth import AuthBase

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources.rest.declaration import Auth
from connectors.sources.rest.paths import first
from connectors.sources.rest.template import Context, TemplateFailed, expression, render, render_params, template
from core.clock import Clock
from core.secrets import Secret

EARLY_SECONDS = 60
"""A token is asked for again that long before it ends."""
DEFAULT_TOKEN_SECONDS = 1500.0
JWT_SECONDS = 180
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Secrets(Mapping[str, str]):
    """``secrets.NAME`` in the templates of ``auth``: resolved when a template asks, shown in no repr."""

    def __init__(self, references: Mapping[str, str], resolve: Callable[[str], Secret]) -> None:
        self._references = references
        self._resolve = resolve

    def __getitem__(self, name: str) -> str:
        return self._resolve(self._references[name]).text()

    def __iter__(self) -> Any:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)

    def __contains__(self, name: object) -> bool:
        return name in self._references

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._references))})"


class Authenticator(AuthBase):
    """Signs requests after one ``Auth`` of a declaration. ``base`` is the address of the system."""

    def __init__(
        self, auth: Auth, context: Context, secrets: Secrets, session: requests.Session, base: str, clock: Clock
    ) -> None:
        self._auth = auth
        self._context = context
        self._secrets = secrets
        self._session = session
        self._base = base
        self._clock = clock
        self._token: str | None = None
        self._ends_at = 0.0

    def __repr__(self) -> str:
        return f"Authenticator({self._auth.kind})"

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        auth, context = self._auth, {**self._context, "secrets": self._secrets}
        if auth.kind == "basic":
            r.headers["Authorization"] = _basic(self._text(auth.username), self._text(auth.password))
        elif auth.kind in ("oauth2_client", "oauth2_jwt"):
            r.headers["Authorization"] = f"Bearer {self._current()}"
        elif auth.kind == "session":
            context["token"] = self._current()
        for name, value in render_params(auth.headers, context).items():
            r.headers[name] = str(value)
        cookies = render_params(auth.cookies, context)
        if cookies:
            r.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        params = render_params(auth.params, context)
        if params:
            r.prepare_url(r.url, params)  # pyright: ignore[reportUnknownMemberType]
        return r

    def renew(self) -> bool:
        """Forget the token after a 401; whether another one can be asked for."""
        had = self._token is not None
        self._token = None
        return had

    def _current(self) -> str:
        now = self._clock().timestamp()
        if self._token is None or now >= self._ends_at:
            reply = self._login() if self._auth.kind == "session" else self._ask_token()
            self._token, seconds = reply
            self._ends_at = now + max(1.0, seconds - EARLY_SECONDS)
        return self._token

    def _login(self) -> tuple[str, float]:
        login = self._auth.login
        assert login is not None, "checked with the declaration"
        context = {**self._context, "secrets": self._secrets}
        url = urljoin(f"{self._base}/", self._text(login.path).lstrip("/"))
        headers = {name: str(value) for name, value in render_params(login.headers, context).items()}
        sent: dict[str, Any] = {"params": render_params(login.params, context), "headers": headers}
        if login.form is not None:
            sent["data"] = render_params(login.form, context)
        elif login.body is not None:
            sent["json"] = render(login.body, context)
        answer = self._session.request(login.method, url, **sent)
        body = _answer(answer, "sign-in")
        if login.token is None:
            return "", login.seconds
        token = first(login.token, body)
        if not token:
            raise SourceMisbehaves("The sign-in answered without a token.", hint="Check the address of the system.")
        return str(token), _seconds(body, login.seconds)

    def _ask_token(self) -> tuple[str, float]:
        auth = self._auth
        context = {**self._context, "secrets": self._secrets}
        form: dict[str, Any] = {"grant_type": "client_credentials", **render_params(auth.form, context)}
        headers = {"Accept": "application/json"}
        if auth.kind == "oauth2_jwt":
            form = {"grant_type": JWT_GRANT, **render_params(auth.form, context), "assertion": self._assertion(context)}
        elif auth.send_as == "basic":
            headers["Authorization"] = _basic(self._text(auth.username), self._text(auth.password))
        else:
            form |= {"client_id": self._text(auth.username), "client_secret": self._text(auth.password)}
        if scope := self._text(auth.scope):
            form["scope"] = scope
        url = urljoin(f"{self._base}/", self._text(auth.token_url))
        body = _answer(self._session.post(url, data=form, headers=headers), "token request")
        token = first("access_token", body)
        if not token:
            raise SourceMisbehaves("The token request was answered without a token.", hint="Check the token's address.")
        return str(token), _seconds(body, DEFAULT_TOKEN_SECONDS)

    def _assertion(self, context: Context) -> str:
        """A JSON Web Token signed with RS256 (RFC 7519, RFC 7523)."""
        now = int(self._clock().timestamp())
        claims = {**render_params(self._auth.claims, context), "iat": now, "exp": now + JWT_SECONDS}
        unsigned = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
        try:
            key = load_pem_private_key(self._text(self._auth.private_key).encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The original error may repeat parts of the key.
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            hint = "Store it as PEM, without a passphrase."
            raise SourceRejected("The private key is not an RSA key.", hint=hint)
        signed = key.sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{unsigned}.{_url64(signed)}"

    def _text(self, source: str) -> str:
        return template(source).text({**self._context, "secrets": self._secrets})


def chosen(auths: tuple[Auth, ...], context: Context) -> Auth:
    """The first one whose ``when`` holds. Raises ``SourceRejected`` when none does."""
    for auth in auths:
        try:
            if auth.when is None or expression(auth.when)(context):
                return auth
        except TemplateFailed:
            continue
    raise SourceRejected("No way to sign in is configured.", hint="Give the settings of one of them; see its page.")


def _answer(answer: requests.Response, what: str) -> Any:
    if answer.status_code >= 500:
        raise SourceUnavailable(f"The {what} was answered with {answer.status_code}.", hint="It is tried again.")
    if answer.status_code >= 400:
        hint = "Check the name and the secret of the source, and that the account may sign in by API."
        raise SourceRejected(f"The {what} was refused with {answer.status_code}.", hint=hint)
    try:
        return orjson.loads(answer.content) if answer.content else {}
    except orjson.JSONDecodeError:
        raise SourceMisbehaves(f"The {what} was not answered with JSON.", hint="Check the address.") from None


def _seconds(body: Any, default: float) -> float:
    stated = first("expires_in", body)
    try:
        return float(stated) if stated else default
    except (TypeError, ValueError):
        return default


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _part(value: Any) -> str:
    return _url64(json.dumps(value, separators=(",", ":")).encode())


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
