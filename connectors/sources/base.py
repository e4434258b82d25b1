"""How a system is read: a source announces changes, and hands over one item at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.access import Access

RECORD = "application/vnd.vouch.record+json"
"""Media type of a record: a JSON object with ``title``, ``text``, ``fields`` (a list of name, value pairs) and
``restricted`` (the names of those fields that have access of their own)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One item as the source lists it now. ``fingerprint`` is cheap to get and moves whenever the content may have."""

    key: str
    fingerprint: str
    access: Access
    modified_at: datetime | None = None
    url: str | None = None
    restricted: tuple[tuple[str, Access], ...] = ()
    """Field name -> access of its own: whoever may read the item needs this as well to read the field."""


@dataclass(frozen=True, slots=True)
class Item:
    """The content of one item. ``filename`` (a base name) and ``media_type`` tell the parser what to expect."""

    key: str
    body: bytes = field(repr=False)
    filename: str
    title: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a listing. ``total`` items are expected in all, when known. ``failures`` are (key, reason)."""

    changes: tuple[Change, ...]
    total: int | None = None
    failures: tuple[tuple[str, str], ...] = ()


class Source(Protocol):
    """A readable system. A listing is complete: what it does not name is gone from the source."""

    def check(self) -> None:
        """Raise ``core.errors.Invalid`` or ``Unavailable`` when the source cannot be read at all."""
        ...

    def poll(self) -> Iterator[Page]: ...

    def fetch(self, key: str) -> Item:
        """The item's content now. Raises ``ItemGone`` or ``ItemFailed``."""
        ...
