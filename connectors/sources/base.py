"""How a system is read: a source announces changes page by page, and answers for permissions, people and what exists.

A source knows nothing of the database. Whatever it yields is committed by ``ingest``, a page at a time, together with
the page's cursor, so that a stop at any moment resumes where the last commit left off.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict

from core.access import Access, Conjunction

RECORD = "application/vnd.vouch.record+json"
"""Media type of a record (``connectors.record.Record``): a JSON object with ``title``, ``text``, ``fields`` (a list of
name, value pairs), ``restricted`` (the names of those fields that have access of their own) and ``labels``."""


class Cursor(BaseModel):
    """How far a source has been read. Each source has its own model; it is stored as JSON with the page it came with,
    and refused by name when it does not fit any more."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoCursor(Cursor):
    """For a source that lists everything at each poll."""


@dataclass(frozen=True, slots=True)
class Item:
    """The content of one item. ``filename`` (a base name) and ``media_type`` tell the parser what to expect."""

    key: str
    body: bytes = field(repr=False)
    filename: str
    title: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One item as the source lists it now. ``fingerprint`` is cheap to get and moves whenever the content may have."""

    key: str
    fingerprint: str
    access: Access
    modified_at: datetime | None = None
    """When the source says that it was last changed: content freshness is measured from it."""
    url: str | None = None
    restricted: tuple[tuple[str, Access], ...] = ()
    """Field name -> access of its own: whoever may read the item needs this as well to read the field."""
    item: Item | None = field(default=None, repr=False)
    """The content, where the listing carries it (a record); else it is fetched when the fingerprint has moved."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An item that could not be read. ``transient`` ones are tried again by themselves, with growing pauses; others
    when the item changes or somebody asks. ``reason`` says what to do and holds no content and no secret."""

    key: str
    reason: str
    code: str = "unreadable"
    transient: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a listing, committed as a whole. ``total`` items are expected in all, when known."""

    changes: tuple[Change, ...]
    deleted: tuple[str, ...] = ()
    """Keys that the source says are gone. Keys that were never known are passed over."""
    faults: tuple[Fault, ...] = ()
    cursor: Cursor | None = None
    """Where the next poll begins once this page is committed; None leaves the stored one as it is."""
    derived: tuple[Conjunction, ...] = ()
    """The conjunctions behind those grants of ``changes`` that are derived groups."""
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ItemAccess:
    """Who may read an item now."""

    key: str
    access: Access
    restricted: tuple[tuple[str, Access], ...] = ()


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Permissions of some items. A key that was asked for and is not among them has gone."""

    items: tuple[ItemAccess, ...]
    derived: tuple[Conjunction, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the source knows them. ``groups`` are names within the source, flattened; every account also is in
    the group that stands for it alone (``account_grant``). ``verified`` means that the source, or the administrator of
    the source, vouches for the address: only then does it join the account to a person."""

    key: str
    email: str | None
    name: str = ""
    groups: tuple[str, ...] = ()
    active: bool = True
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check, with what was found, or what to do."""

    name: Literal["reach", "authenticate", "read", "permissions"]
    ok: bool
    detail: str
    hint: str = ""


C = TypeVar("C", bound=Cursor)


class Source(Protocol[C]):
    """A readable system.

    Methods raise ``SourceUnavailable`` (transient: retried later) or ``SourceRejected`` (somebody has to act) when the
    source as a whole cannot be read; what concerns one item only is a ``Fault`` of its page, or ``ItemFailed``.
    """

    cursor: type[C]
    lists_everything: bool
    """Whether a poll without a cursor names everything that exists: what it does not name is gone. Such a source needs
    no sweep."""

    def check(self) -> Iterator[Step]:
        """Try it step by step; stops after the first step that is not ok."""
        ...

    def poll(self, cursor: C | None) -> Iterator[Page]:
        """What changed since ``cursor``, oldest first; everything without one. Overlaps rather than misses: a change
        whose fingerprint is known costs nothing."""
        ...

    def fetch(self, key: str) -> Item:
        """The item's content now. Raises ``ItemGone`` or ``ItemFailed``. Not called for changes that carry it."""
        ...

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        """Just these items as they are now (retries, webhooks, what a sweep found missing): each key in exactly one of
        ``changes``, ``deleted`` and ``faults``. The pages have no cursor."""
        ...

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        """The keys of everything that exists now, for the sweep that finds deletions nobody announced. Must raise
        rather than end early: what is not named is taken out of the answers."""
        ...

    def access(self, keys: Sequence[str]) -> AccessPage:
        """Who may read these items now, without their content."""
        ...

    def principals(self) -> Iterator[Account]:
        """Every account with its groups; empty for a source whose access is declared."""
        ...


@runtime_checkable
class Rechecks(Protocol):
    """A source that can be asked at question time."""

    def recheck(self, account: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of ``keys`` that the account may read at this moment."""
        ...


@runtime_checkable
class Listens(Protocol):
    """A source that announces changes by webhook."""

    def announced(self, headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
        """The keys that a delivery names, to be read at once. Raises ``Forbidden`` when its signature is wrong."""
        ...


AnySource = Source[Any]


class ListingSource(ABC):
    """What a source that lists everything, with access that it declares itself, has in common."""

    cursor = NoCursor
    lists_everything = True

    @abstractmethod
    def poll(self, cursor: NoCursor | None) -> Iterator[Page]: ...

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        wanted = set(keys)
        for page in self.poll(None):
            named = {change.key for change in page.changes} | {fault.key for fault in page.faults}
            wanted -= named
            yield Page(
                tuple(change for change in page.changes if change.key in keys),
                faults=tuple(fault for fault in page.faults if fault.key in keys),
                derived=page.derived,
            )
        yield Page((), deleted=tuple(sorted(wanted)))

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        for page in self.poll(None):
            yield (*(change.key for change in page.changes), *(fault.key for fault in page.faults))

    def access(self, keys: Sequence[str]) -> AccessPage:
        pages = list(self.read(keys))
        return AccessPage(
            tuple(ItemAccess(c.key, c.access, c.restricted) for page in pages for c in page.changes),
            tuple(conjunction for page in pages for conjunction in page.derived),
        )

    def principals(self) -> Iterator[Account]:
        return iter(())


def source_grant(source: str, group: str) -> str:
    """The grant of a group of a source, by the source's name."""
    return f"group:{source}/{group}"


def account_grant(source: str, account: str) -> str:
    """The grant that one account of a source holds alone."""
    return source_grant(source, f"@{account}")
