"""One request to a destination, and what its answer means: taken, try again, or never."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

import requests

from connectors.destinations.errors import DeliveryRefused, DestinationUnavailable
from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable

TRIED_AGAIN = frozenset({401, 403, 404, 407, 408, 421, 423, 425, 429})
"""Refusals that are about the address, the credentials or the moment, not about the message."""
HINTS = {
    301: "It has moved: set the new address.",
    302: "It has moved: set the new address.",
    307: "It has moved: set the new address.",
    308: "It has moved: set the new address.",
    401: "Check the credentials, and that they have not expired.",
    403: "Give the account the right to do this.",
    404: "Check the address.",
    410: "The receiver wants no more messages there: remove the destination, or set another address.",
    413: "The message is too large for it.",
}


def send(session: requests.Session, method: str, url: str, **request: Any) -> requests.Response:
    """The answer. Redirects are not followed: one would turn a POST into a GET, or lead elsewhere."""
    try:
        return session.request(method, url, allow_redirects=False, **request)
    except SourceUnavailable as error:
        raise DestinationUnavailable(error.message, hint=error.hint, retry_after=error.retry_after) from error
    except (SourceRejected, SourceMisbehaves) as error:
        # The administrator has not allowed the host (yet): nothing is wrong with the message.
        raise DestinationUnavailable(error.message, hint=error.hint) from error
    except requests.RequestException as error:
        # The original text carries the address with its query, so only its kind is told.
        raise DestinationUnavailable(f"The destination does not answer ({type(error).__name__}).") from None


def taken(response: requests.Response, what: str, detail: str = "") -> requests.Response:
    """The response, when it is a success. ``what`` says who answered; ``detail`` is added to a refusal."""
    status = response.status_code
    if 200 <= status < 300:
        return response
    message, hint = f"{what} answered {status}{detail and f' ({detail})'}.", HINTS.get(status, "")
    if status < 400 or status >= 500 or status in TRIED_AGAIN:
        raise DestinationUnavailable(message, hint=hint)
    raise DeliveryRefused(message, hint=hint or "Look for the reason in its own log.")


def parsed(response: requests.Response, what: str) -> dict[str, Any]:
    """The JSON object of a response. A page in its place (a proxy, a sleeping instance) is no success."""
    try:
        value = response.json()
    except (ValueError, SourceMisbehaves):
        value = None
    if not isinstance(value, dict):
        raise DestinationUnavailable(f"{what} answered with something that is not JSON.", hint="Check the address.")
    return cast(dict[str, Any], value)


def address(url: str) -> str:
    """The address of a site, without a path. Raises ``ValueError`` for one that is none, or has no encryption."""
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (plain or parts.scheme == "https") or parts.username or parts.path.strip("/"):
        raise ValueError("write the address as https://host")
    return f"{parts.scheme}://{parts.netloc}"
