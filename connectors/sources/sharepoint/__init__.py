"""SharePoint and OneDrive, through Microsoft Graph."""

from __future__ import annotations

from connectors.kinds import Kind, Opening
from connectors.sources.sharepoint.reading import SharePointCursor
from connectors.sources.sharepoint.settings import EXAMPLE, SharePointConfig
from connectors.sources.sharepoint.source import SharePointSource


def _open(config: SharePointConfig, opening: Opening) -> SharePointSource:
    return SharePointSource(config, opening)


KIND = Kind(
    name="sharepoint",
    title="SharePoint and OneDrive",
    category="content",
    auth="Entra application (client credentials)",
    cursor="the delta link of each drive",
    deletions="deleted items of the delta; a sweep for what a deleted folder took along",
    permissions="users, Entra groups and links made out to people; SharePoint groups by a declared map",
    tested="a fake of Microsoft Graph written from its documentation; not against a live tenant",
    config=SharePointConfig,
    open=_open,
    example=EXAMPLE,
)

__all__ = ["KIND", "SharePointConfig", "SharePointCursor", "SharePointSource"]
