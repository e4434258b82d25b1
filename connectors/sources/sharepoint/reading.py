"""From the changes that Graph tells of one drive to pages of ours: who may read what, and what lies below a folder
whose permissions moved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.errors import ItemGone, SourceMisbehaves
from connectors.sources.base import Change, Cursor, Fault, Page
from connectors.sources.sharepoint.drives import FULL, READ, DeltaPage, Drives
from connectors.sources.sharepoint.graph import Graph, Json, segment
from connectors.sources.sharepoint.items import DriveItem
from connectors.sources.sharepoint.permissions import Grants
from core.access import Access
from core.clock import Clock

CHILDREN_A_PAGE = 200


class Place(BaseModel):
    """How far a drive was read. ``whole``: everything in it was told once, ``link`` tells what changed since."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    link: str = Field(repr=False)
    whole: bool


class SharePointCursor(Cursor):
    """``sharing``: a folder of ours with permissions of its own -> hash of who may read it. One that is told again
    with another hash has changed for everything below it, which is not told."""

    drives: dict[str, Place] = Field(default_factory=dict[str, Place])
    sharing: dict[str, str] = Field(default_factory=dict[str, str])


@dataclass(slots=True)
class Reader:
    """What it takes to describe an item."""

    graph: Graph
    drives: Drives
    grants: Grants
    clock: Clock
    full_control: bool
    max_bytes: int

    def access_of(self, drive: str, item: str) -> Access:
        """Who may read an item or folder; Graph lists inherited permissions too. Raises ItemGone."""
        place = "root" if item == "root" else f"items/{segment(item)}"
        needs = FULL if self.full_control else READ
        sent = self.graph.every(f"/drives/{segment(drive)}/{place}/permissions", needs=needs)
        return self.grants.access(sent, self.clock())

    def told(self, key: str, item: DriveItem, access: Access) -> Change | Fault:
        if item.malware is not None:
            return Fault(key, "SharePoint says that it holds malware", "malware", transient=False)
        if item.size > self.max_bytes:
            return Fault(key, too_large(self.max_bytes), "too_large", transient=False)
        # Its name is its title; moving or sharing it changes neither content tag nor name.
        mark = json.dumps([item.ctag or item.etag, item.name, item.size])
        return Change(key, hashlib.sha256(mark.encode()).hexdigest(), access, item.modified, item.web_url)


@dataclass(slots=True)
class DriveReading:
    """One poll of one drive."""

    reader: Reader
    drive: str
    cursor: SharePointCursor
    _folders: dict[str, Access] = field(default_factory=dict[str, Access])
    """Who may read the folders that were asked about for this page."""

    def pages(self) -> Iterator[Page]:
        """The pages; ``cursor`` is as it is after each."""
        place = self.cursor.drives.get(self.drive)
        whole = place is not None and place.whole
        for page in self.reader.drives.delta(self.drive, place.link if place else None):
            whole = whole and not page.restarted
            yield from self._page(page, whole)
            whole = whole or page.last

    def _page(self, page: DeltaPage, whole: bool) -> Iterator[Page]:
        # What was asked about for an earlier page may have moved since.
        self._folders.clear()
        # The last mention of an item is how it is now.
        items = {item.id: item for item in map(parsed, page.values)}
        sharing, moved = self._sharing(items.values(), whole)
        for folder in moved:
            yield from self._below(folder)
        place = Place(link=page.link, whole=whole or page.last)
        self.cursor = SharePointCursor(drives={**self.cursor.drives, self.drive: place}, sharing=sharing)
        yield self._told(items.values(), self.cursor)

    def _sharing(self, items: Iterable[DriveItem], whole: bool) -> tuple[dict[str, str], list[str]]:
        """The hashes as they are now, and the folders below which all has to be read again."""
        sharing, moved = dict(self.cursor.sharing), list[str]()
        for item in items:
            key = self._key(item.id)
            if item.deleted is not None:
                sharing.pop(key, None)
            elif item.is_folder and self._own_permissions(item):
                try:
                    now = self._folder(item.id).key
                except ItemGone:
                    continue
                if whole and (item.shared_changed or sharing.get(key) != now):
                    moved.append(item.id)
                sharing[key] = now
        return sharing, moved

    def _below(self, folder: str) -> Iterator[Page]:
        batch: list[DriveItem] = []
        for child in map(parsed, self.reader.drives.below(self.drive, folder)):
            batch.append(child)
            if len(batch) == CHILDREN_A_PAGE:
                yield self._told(batch, None)
                batch = []
        if batch:
            yield self._told(batch, None)

    def _told(self, items: Iterable[DriveItem], cursor: SharePointCursor | None) -> Page:
        told: list[Change | Fault] = []
        deleted: list[str] = []
        for item in items:
            key = self._key(item.id)
            try:
                if item.deleted is not None:
                    deleted.append(key)
                elif item.is_file:
                    # Children carry no mark of where permissions are their own, so each is asked about.
                    told.append(self.reader.told(key, item, self._access(item, inherits=cursor is not None)))
            except ItemGone:
                deleted.append(key)
        changes = tuple(one for one in told if isinstance(one, Change))
        faults = tuple(one for one in told if isinstance(one, Fault))
        return Page(changes, tuple(deleted), faults, cursor)

    def _access(self, item: DriveItem, inherits: bool) -> Access:
        if inherits and self.reader.full_control and not self._own_permissions(item) and item.parent.id:
            return self._folder(item.parent.id)
        return self.reader.access_of(self.drive, item.id)

    def _own_permissions(self, item: DriveItem) -> bool:
        """Whether Graph marks it so, which it does as asked for with full control only."""
        return self.reader.full_control and (item.shared is not None or item.shared_changed)

    def _folder(self, folder: str) -> Access:
        if folder not in self._folders:
            self._folders[folder] = self.reader.access_of(self.drive, folder)
        return self._folders[folder]

    def _key(self, item: str) -> str:
        return f"{self.drive}/{item}"


def parsed(raw: Json) -> DriveItem:
    try:
        return DriveItem.model_validate(raw)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        hint = "It is tried again by itself; when it lasts, the interface has changed."
        raise SourceMisbehaves(f"Graph described an item otherwise than documented ({place}).", hint=hint) from None


def too_large(max_bytes: int) -> str:
    return f"larger than {max_bytes // 2**20} MiB; raise ingest.max_file_mb or split it"
