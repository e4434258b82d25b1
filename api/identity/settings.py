"""Settings of ``identity``: where people come from, and what their directory says of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, StringConstraints, field_validator, model_validator

from connectors.kinds import SecretRef
from core.errors import Invalid
from core.people import checked_group

Role = Literal["employee", "connector_owner", "admin", "operator"]
"""Those that a directory can give. A reviewer is approved here, by a second person."""
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"
]  # fmt: skip
"""Signatures with a private key that only the provider has: neither ``none`` nor a shared secret is among them."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Belonging:
    """What somebody holds because of the groups that a directory has them in."""

    groups: frozenset[str]
    roles: frozenset[str]


class Given(Section):
    """What a group of the directory gives its members here."""

    groups: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()

    @field_validator("roles", mode="before")
    @classmethod
    def _never_reviewer(cls, roles: object) -> object:
        if isinstance(roles, list | tuple) and "reviewer" in cast("tuple[object, ...]", roles):
            raise ValueError(
                "the role reviewer is never given by a directory; it takes the approval of a second person"
            )
        return cast("object", roles)

    @field_validator("groups")
    @classmethod
    def _are_groups(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(map(checked_group, groups))
        except Invalid as error:
            raise ValueError(error.message.rstrip(".")) from None


class DirectorySettings(Section):
    """``mapping``: by the directory's own name of a group, what it gives. ``unmapped``: whether a group that is not
    in it gives nothing, or the group of the same name."""

    mapping: dict[str, Given] = Field(default_factory=dict)
    unmapped: Literal["nothing", "same_name"] = "nothing"

    def belonging(self, names: Iterable[str]) -> Belonging:
        groups: set[str] = set()
        roles: set[str] = set()
        for name in names:
            given = self.mapping.get(name)
            if given is not None:
                groups.update(given.groups)
                roles.update(given.roles)
            elif self.unmapped == "same_name" and is_plain_group(name):
                groups.add(name.strip())
        return Belonging(frozenset(groups), frozenset(roles))


class OidcSettings(DirectorySettings):
    """A provider that speaks OpenID Connect."""

    issuer: Annotated[str, StringConstraints(max_length=500)]
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    client_secret: SecretRef | None = None
    """None for a public client, which has PKCE alone."""
    name: str = ""
    """What the button says: the organisation's name for its sign-in."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    email_claim: str = "email"
    verified_claim: str | None = "email_verified"
    """The claim that says that the address is that person's. None: this provider gives nobody an address that they
    chose themselves."""
    groups_claim: str = "groups"
    """A claim, or a path into one: ``realm_access.roles``."""
    admit: tuple[str, ...] = ()
    """Groups of the directory whose members are added when they first sign in. Others have to be known before."""
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")

    @field_validator("issuer")
    @classmethod
    def _is_address(cls, issuer: str) -> str:
        return _secure("issuer", issuer)

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        return scopes if "openid" in scopes else ("openid", *scopes)

    @field_validator("algorithms")
    @classmethod
    def _some(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        if not algorithms:
            raise ValueError("name at least one")
        return algorithms


class ScimSettings(DirectorySettings):
    """A directory that writes people and groups here."""

    token: SecretRef
    """Where the token is that the directory sends: at least 32 characters, by chance."""
    unmapped: Literal["nothing", "same_name"] = "same_name"
    roles: tuple[Role, ...] = ("employee",)
    """What everybody holds whom the directory adds."""


class IdentitySettings(Section):
    public_url: str | None = None
    """Where people reach Vouch: ``https://vouch.example.com``. Needed for single sign-on, and behind a proxy."""
    session_idle_minutes: PositiveFloat = 120
    """A session that is not used for so long ends."""
    password_link_hours: PositiveFloat = 24
    oidc: OidcSettings | None = None
    scim: ScimSettings | None = None

    @field_validator("public_url")
    @classmethod
    def _bare(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(_secure("public_url", url))
        if parts.path.strip("/") or parts.query:
            raise ValueError("give scheme and host alone, such as https://vouch.example.com")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> IdentitySettings:
        if self.oidc is not None and self.public_url is None:
            raise ValueError("oidc needs public_url: the provider sends people back there")
        return self


def is_plain_group(name: str) -> bool:
    """Whether a directory's name of a group can be one here as it is. With a slash it could be a group of a source."""
    try:
        return "/" not in name and checked_group(name) == name.strip()
    except Invalid:
        return False


def _secure(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ValueError(f"{name} is not an address") from None
    if not host or parts.username is not None or parts.fragment or parts.query:
        raise ValueError(f"{name} has to be an address such as https://login.example.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError(f"{name} has to begin with https://")
    return url
