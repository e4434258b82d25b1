"""What ingest does with a source, in memory: commit page by page with the cursor, sweep, follow permissions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from connectors.errors import ItemFailed, ItemGone
from connectors.sources.base import AnySource, Change, Page, account_grant, source_grant
from core.access import EVERYONE, Access, Conjunction, group
from tests.connectors.opening import SOURCE

MOST_PAGES = 200
"""A source that yields more than that for a handful of items goes in circles."""


@dataclass(frozen=True)
class Held:
    """What is known of an item. The hidden fields of it are left out."""

    fingerprint: str
    access: Access
    restricted: tuple[tuple[str, Access], ...]
    body: bytes = field(repr=False)


@dataclass
class Mirror:
    """``written`` counts how often the content of each key was stored."""

    items: dict[str, Held] = field(default_factory=dict[str, Held])
    cursor: str | None = None
    written: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])
    derived: dict[str, Conjunction] = field(default_factory=dict[str, Conjunction])

    def poll(self, source: AnySource, *, stop_after: int | None = None, lose_last: bool = False) -> int:
        """One poll. A stop after some pages loses the last of them, or has committed it. Returns the pages read."""
        everything = source.lists_everything
        cursor = None if everything or self.cursor is None else source.cursor.model_validate_json(self.cursor)
        named: set[str] = set()
        number = 0
        pages = source.poll(cursor)
        for number, page in enumerate(pages, 1):
            assert number <= MOST_PAGES, "the poll does not end"
            if number == stop_after and lose_last:
                break
            self._commit(source, page)
            named |= {change.key for change in page.changes} | {fault.key for fault in page.faults}
            if number == stop_after:
                break
        else:
            if everything:
                self._keep_only(named)
            return number
        pages.close()  # type: ignore[attr-defined]
        return number

    def sweep(self, source: AnySource) -> None:
        """Find deletions, and items that no poll has brought."""
        there = {key for keys in source.list_ids() for key in keys}
        self._keep_only(there)
        missing = sorted(there - set(self.items))
        if missing:
            for page in source.read(missing):
                self._commit(source, page)

    def follow_permissions(self, source: AnySource) -> None:
        page = source.access(sorted(self.items))
        self._derive(page.derived)
        answered = {item.key: item for item in page.items}
        self._keep_only(set(answered))
        for key, item in answered.items():
            if key in self.items:
                held = self.items[key]
                self.items[key] = Held(held.fingerprint, item.access, item.restricted, held.body)

    def follow(self, source: AnySource) -> None:
        """Everything that is scheduled, once. A source that lists everything has only polls."""
        self.poll(source)
        if not source.lists_everything:
            self.sweep(source)
            self.follow_permissions(source)

    def readable(self, source: AnySource, email: str, groups: frozenset[str]) -> set[str]:
        """The keys that somebody with this address and these groups of the company may read."""
        grants = {EVERYONE, *map(group, groups)}
        for account in source.principals():
            if account.active and account.verified and account.email == email:
                grants |= {account_grant(SOURCE, account.key), *(source_grant(SOURCE, name) for name in account.groups)}
        grants |= {grant for grant, each in self.derived.items() if each.satisfied_by(frozenset(grants))}
        return {
            key
            for key, held in self.items.items()
            if grants.isdisjoint(held.access.deny) and not grants.isdisjoint(held.access.allow)
        }

    def text(self, key: str) -> str:
        return self.items[key].body.decode(errors="replace")

    def _commit(self, source: AnySource, page: Page) -> None:
        self._derive(page.derived)
        named = [*(change.key for change in page.changes), *page.deleted, *(fault.key for fault in page.faults)]
        assert len(set(named)) == len(named), "a page names an item twice"
        for change in page.changes:
            self._hold(source, change)
        for key in page.deleted:
            self.items.pop(key, None)
        self.faults += [f"{fault.key} {fault.reason}" for fault in page.faults]
        if page.cursor is not None:
            assert isinstance(page.cursor, source.cursor)
            self.cursor = page.cursor.model_dump_json()

    def _hold(self, source: AnySource, change: Change) -> None:
        held = self.items.get(change.key)
        if held is not None and held.fingerprint == change.fingerprint:
            self.items[change.key] = Held(held.fingerprint, change.access, change.restricted, held.body)
            return
        try:
            item = change.item or source.fetch(change.key)
        except ItemGone:
            return
        except ItemFailed as error:
            self.faults.append(f"{change.key} {error.reason}")
            return
        self.written[change.key] += 1
        self.items[change.key] = Held(change.fingerprint, change.access, change.restricted, item.body)

    def _keep_only(self, keys: set[str]) -> None:
        self.items = {key: held for key, held in self.items.items() if key in keys}

    def _derive(self, conjunctions: tuple[Conjunction, ...]) -> None:
        self.derived |= {each.grant: each for each in conjunctions}
