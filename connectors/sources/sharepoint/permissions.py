"""From the permissions of an item to the grants that may read it. What is not understood grants nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from pydantic import ValidationError

from connectors.sources.base import account_grant, source_grant
from connectors.sources.sharepoint.items import Identity, IdentitySet, Permission
from connectors.sources.sharepoint.settings import SharePointConfig
from core.access import Access

READING = frozenset({"read", "write", "owner", "sp.owner", "sp.member"})
"""Roles that read content. Others, such as limited access, only let a person pass through a folder."""
MEMBERS = "members"
"""The group of all accounts of the organisation itself; SharePoint calls it everyone except external users."""
ALL = "all"
"""The group of all accounts, guests included; SharePoint calls it everyone."""
NO_EXPIRY = datetime(2, 1, 1, tzinfo=UTC)
"""Graph writes the year 1 where nothing expires."""


class Grants:
    """The rule of one source."""

    def __init__(self, source: str, config: SharePointConfig) -> None:
        self._source = source
        self._config = config

    def access(self, permissions: Iterable[Mapping[str, object]], now: datetime) -> Access:
        """Anyone whom any of them lets read. Graph has no denials: a permission that was taken is not listed."""
        return Access.of(grant for raw in permissions for grant in self._of(raw, now))

    def _of(self, raw: Mapping[str, object], now: datetime) -> Iterator[str]:
        try:
            permission = Permission.model_validate(raw)
        except ValidationError:
            return
        if not READING.intersection(role.lower() for role in permission.roles) or _expired(permission, now):
            return
        if permission.link is not None:
            yield from self._of_link(permission)
        elif permission.granted_to is not None:
            # Without a link this is a direct grant; an invitation that nobody accepted yet has no grantee.
            yield from self._of_identity(permission.granted_to)

    def _of_link(self, permission: Permission) -> Iterator[str]:
        """A link lets those read to whom it was made out, or who used it. Having it is nothing that Graph tells."""
        if permission.has_password or permission.link is None:
            return
        if permission.link.scope in ("users", "organization"):
            for identity in permission.granted_to_many:
                yield from self._of_identity(identity)
        if permission.link.scope == "organization" and self._config.organization_links == "members":
            yield source_grant(self._source, MEMBERS)

    def _of_identity(self, identity: IdentitySet) -> Iterator[str]:
        login = (identity.site_user.login_name or "").lower() if identity.site_user is not None else ""
        if identity.group is not None and identity.group.id:
            # A login of this form means the owners of the group, whom its members do not include.
            if not login.endswith("_o"):
                yield source_grant(self._source, identity.group.id)
        elif identity.user is not None and identity.user.id:
            yield account_grant(self._source, identity.user.id)
        elif identity.site_group is not None:
            yield from self._of_site_group(identity.site_group)
        elif login:
            yield from self._of_login(login)

    def _of_site_group(self, group: Identity) -> Iterator[str]:
        for inside in self._config.site_groups.get(group.display_name or "", ()):
            yield source_grant(self._source, inside)

    def _of_login(self, login: str) -> Iterator[str]:
        """SharePoint's claims, where Graph gives nothing better."""
        provider, _, value = login.rpartition("|")
        if value.startswith("spo-grid-all-users"):
            yield source_grant(self._source, MEMBERS)
        elif login == "c:0(.s|true":
            yield source_grant(self._source, ALL)
        elif provider == "i:0#.f|membership" and "@" in value:
            yield source_grant(self._source, login_group(value))
        elif provider.endswith(("federateddirectoryclaimprovider", "|tenant")) and not value.endswith("_o"):
            yield source_grant(self._source, value)


def login_group(principal_name: str) -> str:
    """The group that the account with this sign-in name is in alone."""
    return f"login:{principal_name.lower()}"


def _expired(permission: Permission, now: datetime) -> bool:
    expires = permission.expires
    if expires is None:
        return False
    aware = expires.replace(tzinfo=UTC) if expires.tzinfo is None else expires
    return NO_EXPIRY < aware <= now
