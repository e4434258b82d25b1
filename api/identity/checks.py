"""Whether people can come in as configured: for ``vouch doctor``."""

from __future__ import annotations

from collections.abc import Iterator

from api.identity.errors import SignInFailed
from api.identity.oidc.provider import Provider
from api.identity.scim.directory import SHORTEST_TOKEN
from api.parts.services import Resolve
from api.settings import Settings
from core.egress import Egress
from core.errors import VouchError


def faults(settings: Settings, resolve: Resolve) -> Iterator[tuple[str, str]]:
    """What is wrong, by setting; nothing where nothing is configured. Asks the provider for its description."""
    given = settings.identity
    if given.oidc is not None:
        provider = Provider(given.oidc, Egress(settings.egress), resolve)
        try:
            if given.oidc.client_secret is not None:
                resolve(given.oidc.client_secret)
            provider.metadata()
        except SignInFailed as failure:
            yield "identity.oidc", failure.told
        except VouchError as error:
            yield "identity.oidc.client_secret", str(error)
        finally:
            provider.close()
    if given.scim is not None:
        try:
            if len(resolve(given.scim.token).raw()) < SHORTEST_TOKEN:
                yield "identity.scim.token", f"it needs at least {SHORTEST_TOKEN} characters: openssl rand -hex 32"
        except VouchError as error:
            yield "identity.scim.token", str(error)
