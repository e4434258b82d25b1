"""The drives that a configuration names, and their changes page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.errors import ItemGone, SourceMisbehaves, SourceRejected
from connectors.sources.sharepoint.graph import Graph, Json, Resync, segment, values
from connectors.sources.sharepoint.settings import SharePointConfig

READ = "Files.Read.All (and Sites.Read.All for sites)"
FULL = "Sites.FullControl.All"
ALL_CHANGES = "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges, hierarchicalsharing"
"""With full control: tell items that left our sight, items behind folders we may not see, changes of sharing, and
sharing only where it is not inherited."""


@dataclass(frozen=True, slots=True)
class DeltaPage:
    """``link`` is where to go on: at once, or at the next poll when it is the ``last``. ``restarted``: everything is
    told from the beginning, although a link was given."""

    values: list[Json]
    link: str
    last: bool
    restarted: bool = False


class Drives:
    """What there is to read."""

    def __init__(self, config: SharePointConfig, graph: Graph) -> None:
        self._config = config
        self._graph = graph
        self._found: tuple[str, ...] | None = None

    def ids(self) -> tuple[str, ...]:
        """The ids of all drives, looked up once."""
        if self._found is None:
            found = set(self._config.drives)
            for site in self._config.sites:
                found.update(self._libraries(site))
            for user in self._config.users:
                found.add(self._one_drive(user))
            self._found = tuple(sorted(found))
        return self._found

    def delta(self, drive: str, link: str | None) -> Iterator[DeltaPage]:
        """The pages from ``link`` on, from the beginning without one."""
        seen: set[str] = set()
        restarted = False
        while True:
            try:
                page = self._page(drive, link)
            except Resync as resync:
                if restarted:
                    hint = "It is tried again by itself; when it lasts, ask Microsoft's support."
                    raise SourceMisbehaves("Graph keeps forgetting where we were.", hint=hint) from None
                # Everything is told anew. What went in the meantime is found by the sweep.
                restarted, link = True, resync.link
                continue
            if page.link in seen or (page.link == link and not page.last):
                raise SourceMisbehaves("Graph repeats a page of changes.", hint="It is tried again by itself.")
            seen.add(page.link)
            yield replace(page, restarted=restarted)
            if page.last:
                return
            link = page.link

    def below(self, drive: str, folder: str) -> Iterator[Json]:
        """Everything in a folder and its folders."""
        waiting = [folder]
        while waiting:
            path = f"/drives/{segment(drive)}/items/{segment(waiting.pop())}/children"
            for child in self._graph.every(path, needs=READ):
                if "folder" in child and isinstance(child.get("id"), str):
                    waiting.append(child["id"])
                yield child

    def _page(self, drive: str, link: str | None) -> DeltaPage:
        prefer = ALL_CHANGES if self._config.full_control else ""
        needs = FULL if self._config.full_control else READ
        try:
            if link is None:
                answer = self._graph.get(f"/drives/{segment(drive)}/root/delta", needs=needs, prefer=prefer)
            else:
                answer = self._graph.follow(link, needs=needs, prefer=prefer)
        except Resync:
            raise
        except ItemGone:
            hint = "Remove it from the source's configuration, or correct its id."
            raise SourceRejected(f"The drive {drive} does not exist.", hint=hint) from None
        onward, last = answer.get("@odata.nextLink"), answer.get("@odata.deltaLink")
        if isinstance(onward, str):
            return DeltaPage(values(answer), onward, last=False)
        if isinstance(last, str):
            return DeltaPage(values(answer), last, last=True)
        raise SourceMisbehaves("A page of changes says not where to go on.", hint="It is tried again by itself.")

    def _libraries(self, site: str) -> Iterator[str]:
        host, _, path = site.partition(":")
        name = f"{segment(host)}:{'/'.join(map(segment, path.split('/')))}:" if path else segment(host)
        try:
            for drive in self._graph.every(f"/sites/{name}/drives", needs="Sites.Read.All"):
                yield _id(drive)
        except ItemGone:
            hint = "Write it as HOST:/sites/NAME, as in its address."
            raise SourceRejected(f"The site {site} does not exist.", hint=hint) from None

    def _one_drive(self, user: str) -> str:
        try:
            return _id(self._graph.get(f"/users/{segment(user)}/drive", needs="Files.Read.All"))
        except ItemGone:
            hint = "Check the name; a person who never opened OneDrive has none."
            raise SourceRejected(f"There is no OneDrive of {user}.", hint=hint) from None


def _id(drive: Json) -> str:
    found = drive.get("id")
    if not isinstance(found, str) or not found:
        raise SourceMisbehaves("Graph gave a drive without an id.", hint="It is tried again by itself.")
    return found
