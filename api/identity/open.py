"""Who may come in, and how: the parts of ``identity``, wired."""

from __future__ import annotations

from dataclasses import dataclass

from api.identity.accounts import Accounts
from api.identity.erase import retain
from api.identity.oidc.flow import KEY, SingleSignOn
from api.identity.oidc.provider import Provider
from api.identity.passwords import Passwords
from api.identity.scim.directory import Directory
from api.identity.settings import IdentitySettings
from api.parts.services import Resolve
from api.settings import Settings
from core.audit import AuditLog
from core.clock import Clock
from core.database import Database
from core.egress import Egress
from core.secrets import Keyring


@dataclass(frozen=True, slots=True)
class Identity:
    """``sso`` and ``directory`` are None where they are not configured."""

    settings: IdentitySettings
    accounts: Accounts
    sso: SingleSignOn | None
    directory: Directory | None

    def sweep(self) -> None:
        with self.accounts.database.writing() as session:
            retain(session, self.accounts.clock())

    def close(self) -> None:
        if self.sso is not None:
            self.sso.provider.close()


def open_identity(
    settings: Settings, database: Database, keyring: Keyring, audit: AuditLog, resolve: Resolve, clock: Clock
) -> Identity:
    """Touches no network."""
    given = settings.identity
    # In server mode the organisation's own sign-in decides; passwords would be a second way in that it does not know.
    accounts = Accounts(database, Passwords(), clock, settings.mode == "embedded", settings.organisation)
    sso = None
    if given.oidc is not None and given.public_url is not None:
        provider = Provider(given.oidc, Egress(settings.egress), resolve)
        sso = SingleSignOn(provider, given.public_url, keyring.key(KEY), clock)
    directory = None if given.scim is None else Directory(given.scim, database, audit, resolve, clock)
    return Identity(given, accounts, sso, directory)
