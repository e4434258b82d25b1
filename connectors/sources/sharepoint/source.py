"""SharePoint libraries and OneDrives, through Microsoft Graph."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.errors import ItemFailed, ItemGone, SourceRejected, SourceUnavailable
from connectors.kinds import Opening
from connectors.sources.base import AccessPage, Account, Change, Fault, Item, ItemAccess, Page, Step
from connectors.sources.sharepoint.drives import READ, Drives
from connectors.sources.sharepoint.graph import Graph, segment
from connectors.sources.sharepoint.items import DriveItem
from connectors.sources.sharepoint.people import accounts
from connectors.sources.sharepoint.permissions import Grants
from connectors.sources.sharepoint.reading import DriveReading, Reader, SharePointCursor, parsed, too_large
from connectors.sources.sharepoint.settings import SharePointConfig


class SharePointSource:
    """Keys are ``DRIVE/ITEM``. Folders are not items of ours, but their permissions are those of what is in them."""

    cursor = SharePointCursor
    # A folder that is deleted may take along what is in it without naming it, and Graph may forget where we were.
    lists_everything = False

    def __init__(self, config: SharePointConfig, opening: Opening) -> None:
        self._config = config
        self._max_bytes = opening.max_bytes
        self._graph = Graph(config, opening)
        self._drives = Drives(config, self._graph)
        grants = Grants(opening.name, config)
        self._reader = Reader(self._graph, self._drives, grants, opening.clock, config.full_control, opening.max_bytes)

    def check(self) -> Iterator[Step]:
        try:
            self._graph.renew()
        except (SourceRejected, SourceUnavailable) as error:
            refused = isinstance(error, SourceRejected) and error.message.startswith("The sign-in")
            if refused:
                yield Step("reach", True, "the sign-in answers")
            yield Step("authenticate" if refused else "reach", False, error.message, error.hint)
            return
        yield Step("reach", True, "the sign-in answers")
        yield Step("authenticate", True, "the application is signed in")
        step = self._check_reading()
        yield step
        if step.ok:
            yield self._check_permissions()

    def poll(self, cursor: SharePointCursor | None) -> Iterator[Page]:
        known = cursor or SharePointCursor()
        for drive in self._drives.ids():
            reading = DriveReading(self._reader, drive, known)
            yield from reading.pages()
            known = reading.cursor

    def fetch(self, key: str) -> Item:
        drive, item = self._parts(key)
        sent = self._item(drive, item)
        if sent.size > self._max_bytes:
            raise ItemFailed(too_large(self._max_bytes), transient=False)
        path = f"/drives/{segment(drive)}/items/{segment(item)}/content"
        body = self._graph.download(path, self._max_bytes)
        return Item(key, body, sent.name, title=sent.name, media_type=sent.file.mime_type if sent.file else None)

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        changes: list[Change] = []
        deleted: list[str] = []
        faults: list[Fault] = []
        for key in keys:
            try:
                drive, item = self._parts(key)
                told = self._reader.told(key, self._item(drive, item), self._reader.access_of(drive, item))
            except ItemGone:
                deleted.append(key)
                continue
            if isinstance(told, Change):
                changes.append(told)
            else:
                faults.append(told)
        yield Page(tuple(changes), tuple(deleted), tuple(faults))

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        for drive in self._drives.ids():
            there: set[str] = set()
            for page in self._drives.delta(drive, None):
                # An item may be told several times while it changes; the last time counts.
                for item in map(parsed, page.values):
                    if item.deleted is None and item.is_file:
                        there.add(f"{drive}/{item.id}")
                    else:
                        there.discard(f"{drive}/{item.id}")
            yield tuple(sorted(there))

    def access(self, keys: Sequence[str]) -> AccessPage:
        found: list[ItemAccess] = []
        for key in keys:
            try:
                drive, item = self._parts(key)
                found.append(ItemAccess(key, self._reader.access_of(drive, item)))
            except ItemGone:
                continue
        return AccessPage(tuple(found))

    def principals(self, groups: Collection[str] | None = None) -> Iterator[Account]:
        """``groups``: those that grants of this source name, so that the members of others are not read."""
        declared = {group for ids in self._config.site_groups.values() for group in ids}
        yield from accounts(self._graph, None if groups is None else sorted({*groups, *declared}))

    def _check_reading(self) -> Step:
        try:
            drives = self._drives.ids()
            page = next(self._drives.delta(drives[0], None), None) if drives else None
        except (SourceRejected, SourceUnavailable) as error:
            return Step("read", False, error.message, error.hint)
        if page is None:
            return Step("read", False, "no drive was found", "Check sites, drives and users.")
        return Step("read", True, f"{len(drives)} drives; the first page of one has {len(page.values)} items")

    def _check_permissions(self) -> Step:
        try:
            access = self._reader.access_of(self._drives.ids()[0], "root")
        except (SourceRejected, SourceUnavailable) as error:
            return Step("permissions", False, error.message, error.hint)
        except ItemGone as error:
            return Step("permissions", False, error.reason)
        hint = "" if self._config.full_control else "Changes of permissions are found by the access sync only."
        return Step("permissions", True, f"{len(access.allow)} grants on the root of the first drive", hint)

    def _item(self, drive: str, item: str) -> DriveItem:
        sent = parsed(self._graph.get(f"/drives/{segment(drive)}/items/{segment(item)}", needs=READ))
        if sent.deleted is not None or not sent.is_file:
            raise ItemGone("is not there any more")
        return sent

    def _parts(self, key: str) -> tuple[str, str]:
        """Drive and item. What is in none of our drives does not exist for this source."""
        drive, _, item = key.partition("/")
        if drive not in self._drives.ids() or not item:
            raise ItemGone("is in none of the source's drives")
        return drive, item
