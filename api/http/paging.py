"""Lists that come page by page: ``limit``, and as ``cursor`` the ``next`` of the page before."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Query

from core.errors import Invalid

MOST = 200
Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=MOST, description="Entries of a page at most.")]
Cursor = Annotated[str, Query(max_length=500, description="The `next` of the page before.")]


def page_of(
    found: Sequence[Item], limit: int, place: Callable[[Item], Sequence[Any]], of: str = ""
) -> tuple[list[Item], str | None]:
    """``found`` has one more than ``limit`` where there is more. ``place`` says where an entry stands; ``of`` names the
    list, so that its cursors are no other list's."""
    shown = list(found[:limit])
    return shown, written(place(shown[-1]), of) if len(found) > limit else None


def cut(
    found: Iterable[Item], limit: int, cursor: str, place: Callable[[Item], tuple[str, ...]], of: str, parts: int = 1
) -> tuple[list[Item], str | None]:
    """A page of a whole list, for short ones, in the order of what ``place`` gives: ``parts`` texts that only one entry
    has. An entry that goes meanwhile takes no other with it."""
    ordered = sorted(found, key=place)
    if cursor:
        after = read(cursor, *(str,) * parts, of=of)
        ordered = [each for each in ordered if place(each) > after]
    return page_of(ordered[: limit + 1], limit, place, of)


def written(place: Sequence[Any], of: str = "") -> str:
    parts = [of, *place] if of else list(place)
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def read(cursor: str, *kinds: type, of: str = "") -> tuple[Any, ...]:
    """What stands in a cursor. Raises ``Invalid`` for one that was not given out for this list."""
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if of:
            named, *raw = raw
            if named != of:
                raise ValueError
        parts = [
            datetime.fromisoformat(part) if kind is datetime else part for part, kind in zip(raw, kinds, strict=True)
        ]
        if not all(isinstance(part, kind) for part, kind in zip(parts, kinds, strict=True)):
            raise ValueError
        if any(isinstance(part, datetime) and part.tzinfo is None for part in parts):
            raise ValueError
        # A time at the edge of the calendar may be none in another zone.
        parts = [part.astimezone(UTC) if isinstance(part, datetime) else part for part in parts]
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise Invalid("This is no cursor of this list.", hint="Send the next of the page before.") from None
    return tuple(parts)
