"""A source in this process whose entries, people and faults a test sets at will."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from connectors.errors import ItemFailed
from connectors.record import Record
from connectors.sources.base import (
    Access,
    AccessPage,
    Account,
    Change,
    Conjunction,
    Cursor,
    Fault,
    Item,
    ItemAccess,
    Page,
    Step,
    source_grant,
)

START = datetime(2026, 11, 1, tzinfo=UTC)


class Position(Cursor):
    """The last entry read, by when it was modified."""

    at: datetime
    key: str


@dataclass(frozen=True)
class Entry:
    """One entry. ``groups`` may read it, if they also hold ``reader``; ``secret`` is a field, which needs one of
    ``secret_groups`` as well, where they are given."""

    text: str
    modified: datetime | None = START
    groups: tuple[str, ...] = ("staff",)
    secret: str | None = None
    secret_groups: tuple[str, ...] | None = None

    def record(self) -> Record:
        fields = () if self.secret is None else (("salary", self.secret),)
        restricted = frozenset[str]() if self.secret_groups is None else frozenset({"salary"})
        return Record("Entry", self.text, fields=fields, restricted=restricted)


@dataclass
class Scripted:
    """``entries`` and ``accounts`` are what the system holds now. ``poisoned`` entries cannot be read. A hook of
    ``before`` is called with the method's name and may raise; ``calls`` lists (method, keys) as they came."""

    name: str = "register"
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    poisoned: set[str] = field(default_factory=set[str])
    unfetchable: set[str] = field(default_factory=set[str])
    page_size: int = 50
    lists_everything: bool = False
    carries: bool = True
    before: Callable[[str], None] = lambda method: None
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list[tuple[str, tuple[str, ...]]])
    transient: bool = True

    cursor = Position

    # What a test does to it

    def put(self, key: str, text: str | None = None, **changes: Any) -> None:
        old = self.entries.get(key)
        if old is None:
            self.entries[key] = Entry(text or f"Entry {key}.", **changes)
        else:
            self.entries[key] = replace(old, **({"text": text} if text else {}), **changes)

    def account(self, key: str, email: str | None, *groups: str, active: bool = True, verified: bool = True) -> None:
        self.accounts[key] = Account(key, email, key, ("reader", *groups), active, verified)

    def called(self, method: str) -> list[tuple[str, ...]]:
        return [keys for name, keys in self.calls if name == method]

    # What Vouch asks of it

    def check(self) -> Iterator[Step]:
        yield Step("reach", True, "It is here.")

    def poll(self, cursor: Position | None) -> Iterator[Page]:
        self._heard("poll")
        keys = sorted(self.entries, key=lambda key: (self._moment(key), key))
        if cursor is not None:
            keys = [key for key in keys if (self._moment(key), key) > (cursor.at, cursor.key)]
        for start in range(0, len(keys), self.page_size):
            self.before("page")
            some = keys[start : start + self.page_size]
            last = None if self.lists_everything else Position(at=self._moment(some[-1]), key=some[-1])
            yield replace(self._page(some), cursor=last)

    def fetch(self, key: str) -> Item:
        self._heard("fetch", (key,))
        if key in self.unfetchable:
            raise ItemFailed("its file is damaged", transient=self.transient)
        return self.entries[key].record().item(key)

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        self._heard("read", tuple(keys))
        there = [key for key in keys if key in self.entries]
        yield replace(self._page(there), deleted=tuple(key for key in keys if key not in self.entries))

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        self._heard("list_ids")
        keys = sorted(self.entries)
        for start in range(0, len(keys), self.page_size):
            yield tuple(keys[start : start + self.page_size])
            self.before("listed")

    def access(self, keys: Sequence[str]) -> AccessPage:
        self._heard("access", tuple(keys))
        page = self._page([key for key in keys if key in self.entries], poison=False)
        return AccessPage(tuple(ItemAccess(c.key, c.access, c.restricted) for c in page.changes), page.derived)

    def principals(self) -> Iterator[Account]:
        self._heard("principals")
        yield from self.accounts.values()

    def _heard(self, method: str, keys: tuple[str, ...] = ()) -> None:
        self.calls.append((method, keys))
        self.before(method)

    def _moment(self, key: str) -> datetime:
        return self.entries[key].modified or START

    def _page(self, keys: Sequence[str], *, poison: bool = True) -> Page:
        changes: list[Change] = []
        derived: list[Conjunction] = []
        bad = self.poisoned if poison else set[str]()
        for key in keys:
            if key in bad:
                continue
            entry = self.entries[key]
            access, conjunction = granted(self.name, entry.groups)
            restricted: tuple[tuple[str, Access], ...] = ()
            if entry.secret_groups is not None:
                restricted = (("salary", Access.of(source_grant(self.name, each) for each in entry.secret_groups)),)
            record = entry.record()
            fingerprint = sha256(record.body()).hexdigest()
            item = record.item(key) if self.carries else None
            changes.append(Change(key, fingerprint, access, entry.modified, None, restricted, item))
            derived.append(conjunction)
        faults = tuple(Fault(key, "it is damaged", "damaged", self.transient) for key in keys if key in bad)
        return Page(tuple(changes), faults=faults, derived=tuple(derived))


def granted(source: str, groups: Sequence[str]) -> tuple[Access, Conjunction]:
    """Any of ``groups``, and ``reader``."""
    conjunction = Conjunction.of([source_grant(source, each) for each in groups], [source_grant(source, "reader")])
    return Access.of([conjunction.grant]), conjunction
