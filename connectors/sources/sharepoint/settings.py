"""The configuration of a SharePoint or OneDrive source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, StringConstraints, model_validator

from connectors.kinds import SecretRef, SourceConfig

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!_.~-]+$")]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@\s]+$")]


class SharePointConfig(SourceConfig):
    """Which drives to read, and as whom. At least one of ``sites``, ``drives`` and ``users``."""

    tenant: Id
    client_id: Id
    client_secret: SecretRef
    sites: tuple[Annotated[str, StringConstraints(pattern=r"^[^/?#%\s]+(:/[^?#%:]+)?$")], ...] = ()
    """``contoso.sharepoint.com:/sites/finance``: all document libraries of the site."""
    drives: tuple[Id, ...] = ()
    """Single libraries, by drive id."""
    users: tuple[Annotated[str, StringConstraints(pattern=r"^[^/?#%\s]+$")], ...] = ()
    """The OneDrives of these people, by user principal name or id."""
    full_control: bool = False
    """Whether the application holds ``Sites.FullControl.All``: only then does Graph tell changes of permissions."""
    site_groups: dict[str, tuple[Id, ...]] = Field(default_factory=dict[str, tuple[Id, ...]])
    """Title of a SharePoint group -> Entra groups (ids) whose members are in it. Graph does not tell who is."""
    organization_links: Literal["ignore", "members"] = "ignore"
    """``members``: a link for the whole organisation lets every member find the file, not only who has the link."""
    requests_per_second: PositiveFloat = 10
    burst: int = Field(default=20, ge=1)
    graph: Origin = "https://graph.microsoft.com"
    login: Origin = "https://login.microsoftonline.com"

    @model_validator(mode="after")
    def _reads_something(self) -> SharePointConfig:
        if not (self.sites or self.drives or self.users):
            raise ValueError("name at least one of sites, drives or users")
        return self


EXAMPLE = """\
tenant: contoso.onmicrosoft.com
client_id: 11111111-2222-3333-4444-555555555555
client_secret: env:SHAREPOINT_SECRET
sites:
  - contoso.sharepoint.com:/sites/finance
users:
  - ada@contoso.com
full_control: true
site_groups:
  Finance Visitors: [aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee]
"""
