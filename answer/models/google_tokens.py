# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# google-auth is not typed.
"""Access tokens of Google Cloud, fetched over connections that egress allows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from core.egress import Egress
from core.errors import Invalid, Unavailable
from core.pinned import PinnedAdapter, PinnedSession
from core.secrets import Secret

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TIMEOUT_SECONDS = 10.0
REREAD = timedelta(minutes=5)
"""After which a token that another process renews is read again."""
GOOGLE_ERRORS: tuple[type[Exception], ...] = (GoogleAuthError,)


def credentials(ref: str, resolve: Callable[[str], Secret], egress: Egress) -> Credentials:
    """What is behind ``ref``: the JSON key of a service account, or an access token that somebody else renews.

    Raises Invalid for JSON of another kind.
    """
    text = resolve(ref).text()
    if not text.lstrip().startswith("{"):
        return _Renewed(ref, resolve)
    hint = "Write a key of a service account (its JSON), or an access token."
    try:
        fields: Any = orjson.loads(text)
        if fields.get("type") != "service_account":
            raise ValueError
        account = service_account.Credentials.from_service_account_info(fields, scopes=[SCOPE])
    except (ValueError, GoogleAuthError):
        # The cause would quote the key.
        account = None
    if account is None:
        raise Invalid("This is not the key of a service account of Google Cloud.", hint=hint)
    return _Account(account, egress)


class _Account(Credentials):
    """Tokens of a service account. The connection that the SDK offers to fetch them with is not used: it obeys the
    environment instead of egress."""

    def __init__(self, account: Any, egress: Egress) -> None:
        super().__init__()
        self._account = account
        self._egress = egress

    def refresh(self, request: object) -> None:
        with PinnedSession(PinnedAdapter(self._egress, TIMEOUT_SECONDS)) as session:
            fetch = Request(session)

            def patient(*args: Any, **kwargs: Any) -> Any:
                return fetch(*args, **{**kwargs, "timeout": TIMEOUT_SECONDS})

            refused = _refused(self._account, patient)
        if refused is not None:
            raise refused
        self.token, self.expiry = self._account.token, self._account.expiry


def _refused(account: Any, fetch: Any) -> Invalid | Unavailable | None:
    """A new token for ``account``, or the error. Those of google-auth hold the answer of the token service."""
    try:
        account.refresh(fetch)
    except TransportError:
        return Unavailable("Google's token service is not reached.", hint="Try again later.")
    except GoogleAuthError as error:
        if error.retryable:
            return Unavailable("Google's token service gives no token now.", hint="Try again later.")
        return Invalid("Google does not accept the service account's key.", hint="Was it revoked? Give a new one.")
    return None


class _Renewed(Credentials):
    def __init__(self, ref: str, resolve: Callable[[str], Secret]) -> None:
        super().__init__()
        self._ref, self._resolve = ref, resolve

    def refresh(self, request: object) -> None:
        self.token = self._resolve(self._ref).text()
        # google-auth compares it with a time that has no zone.
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + REREAD
