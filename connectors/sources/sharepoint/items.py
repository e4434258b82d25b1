"""What Graph sends, as far as it is used (learn.microsoft.com/graph/api/resources/driveitem, .../permission)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Sent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ParentReference(Sent):
    id: str | None = None


class FileFacet(Sent):
    mime_type: str | None = Field(default=None, alias="mimeType")


class DriveItem(Sent):
    """A file, a folder, or what is left of one. ``shared`` is set, or empty, where sharing is not just inherited."""

    id: str = Field(min_length=1)
    name: str = ""
    size: int = 0
    web_url: str | None = Field(default=None, alias="webUrl")
    etag: str = Field(default="", alias="eTag")
    ctag: str = Field(default="", alias="cTag")
    modified: datetime | None = Field(default=None, alias="lastModifiedDateTime")
    parent: ParentReference = Field(default=ParentReference(), alias="parentReference")
    file: FileFacet | None = None
    folder: dict[str, Any] | None = None
    package: dict[str, Any] | None = None
    remote: dict[str, Any] | None = Field(default=None, alias="remoteItem")
    malware: dict[str, Any] | None = None
    shared: dict[str, Any] | None = None
    deleted: dict[str, Any] | None = None
    shared_changed: bool = Field(default=False, alias="@microsoft.graph.sharedChanged")

    @field_validator("modified")
    @classmethod
    def _aware(cls, moment: datetime | None) -> datetime | None:
        return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment

    @property
    def is_file(self) -> bool:
        """A shortcut to another drive is not a file of this one, and a notebook cannot be downloaded."""
        return self.file is not None and self.remote is None and self.package is None

    @property
    def is_folder(self) -> bool:
        return self.folder is not None and self.remote is None


class Identity(Sent):
    id: str | None = None
    display_name: str | None = Field(default=None, alias="displayName")
    login_name: str | None = Field(default=None, alias="loginName")


class IdentitySet(Sent):
    user: Identity | None = None
    group: Identity | None = None
    site_user: Identity | None = Field(default=None, alias="siteUser")
    site_group: Identity | None = Field(default=None, alias="siteGroup")


class Link(Sent):
    scope: str | None = None


class Permission(Sent):
    roles: tuple[str, ...] = ()
    granted_to: IdentitySet | None = Field(default=None, alias="grantedToV2")
    granted_to_many: tuple[IdentitySet, ...] = Field(default=(), alias="grantedToIdentitiesV2")
    link: Link | None = None
    has_password: bool = Field(default=False, alias="hasPassword")
    expires: datetime | None = Field(default=None, alias="expirationDateTime")


class User(Sent):
    id: str = Field(min_length=1)
    display_name: str | None = Field(default=None, alias="displayName")
    mail: str | None = None
    principal_name: str | None = Field(default=None, alias="userPrincipalName")
    enabled: bool = Field(default=False, alias="accountEnabled")
    user_type: str | None = Field(default=None, alias="userType")

    @property
    def is_member(self) -> bool:
        return (self.user_type or "").lower() == "member"
