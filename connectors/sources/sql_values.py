"""Values of a database as text: for people, for item keys, and for cursors that have to give them back as they were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote, unquote
from uuid import UUID

from sqlalchemy import BindParameter, Date, DateTime, literal

Packed = tuple[str, str]
"""The type of a value and its text."""


def pack(value: Any) -> Packed:
    """Raises ValueError for a type that can be neither a key nor a time of change."""
    if isinstance(value, bool) or value is None:
        raise ValueError("is empty or a truth value")
    if isinstance(value, datetime):
        return ("moment", value.astimezone(UTC).isoformat()) if value.tzinfo else ("naive", value.isoformat())
    if isinstance(value, date):
        return "date", value.isoformat()
    for name, kind in (("int", int), ("float", float), ("decimal", Decimal), ("uuid", UUID), ("text", str)):
        if isinstance(value, kind):
            return name, str(value)
    raise ValueError(f"is of a type that is not supported ({type(value).__name__})")


def unpack(packed: Packed) -> Any:
    kind, text = packed
    if kind in ("moment", "naive"):
        return datetime.fromisoformat(text)
    readers: dict[str, Any] = {
        "date": date.fromisoformat, "int": int, "float": float, "decimal": Decimal, "uuid": UUID, "text": str,
    }  # fmt: skip
    return readers[kind](text)


def bound(value: Any) -> BindParameter[Any]:
    """A value for a comparison. The type says whether a time has a zone: a driver that has to guess drops it."""
    if isinstance(value, datetime):
        return literal(value, DateTime(timezone=value.tzinfo is not None))
    return literal(value, Date()) if isinstance(value, date) else literal(value)


def key_text(values: Sequence[Any]) -> str:
    """The item key of a row: its key column, or its key columns quoted and joined by slashes."""
    parts = [pack(value)[1] for value in values]
    return parts[0] if len(parts) == 1 else "/".join(quote(part, safe="") for part in parts)


def key_values(key: str, kinds: Sequence[str]) -> tuple[Any, ...] | None:
    """The key columns of an item key, by the kinds that rows have there; None when it cannot be one of them."""
    parts = [key] if len(kinds) == 1 else [unquote(part) for part in key.split("/")]
    if len(parts) != len(kinds):
        return None
    try:
        values = tuple(unpack((kind, part)) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, ArithmeticError):
        return None
    # Several texts may mean the same value (1 and 01): only the one that a listing gives is a key.
    return values if key_text(values) == key else None


def earlier(stamp: Any, lag: float, now: datetime, zone: tzinfo) -> Any:
    """``lag`` (seconds, or the units of a number) before ``stamp``, which counts as ``now`` when it lies in the future.
    Raises ValueError for text that is no ISO date."""
    if isinstance(stamp, datetime):
        latest = now if stamp.tzinfo else now.astimezone(zone).replace(tzinfo=None)
        return min(stamp, latest) - timedelta(seconds=lag)
    if isinstance(stamp, date):
        return min(stamp, now.astimezone(zone).date()) - timedelta(days=int(lag // 86400) + 1)
    if isinstance(stamp, str):
        return _earlier_text(stamp, lag, now, zone)
    # The result must have the type of the column, or a database compares as fractions what it stores whole.
    return stamp - type(stamp)(lag)


def _earlier_text(stamp: str, lag: float, now: datetime, zone: tzinfo) -> str:
    """Dates stored as text are compared as text, so the result has the same form."""
    if len(stamp) == len("2026-01-31"):
        return earlier(date.fromisoformat(stamp), lag, now, zone).isoformat()
    before: datetime = earlier(datetime.fromisoformat(stamp), lag, now, zone)
    if before.tzinfo is not None:
        before = before.astimezone(datetime.fromisoformat(stamp).tzinfo)
    text = before.isoformat(sep=stamp[10], timespec="microseconds" if "." in stamp else "seconds")
    return text.removesuffix("+00:00") + "Z" if stamp.endswith("Z") else text


def moment_of(stamp: Any, zone: tzinfo) -> datetime | None:
    """When a row says that it was changed; None for a number, whose meaning nobody told."""
    if isinstance(stamp, str):
        try:
            stamp = datetime.fromisoformat(stamp)
        except ValueError:
            return None
    if isinstance(stamp, datetime):
        return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)
    return datetime(stamp.year, stamp.month, stamp.day, tzinfo=zone).astimezone(UTC) if _is_date(stamp) else None


def _is_date(value: Any) -> bool:
    return isinstance(value, date)


def shown(value: Any) -> str:
    """A value as people read it; empty for bytes, which are for programs."""
    if value is None or isinstance(value, bytes | bytearray | memoryview):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in cast(Sequence[Any], value))
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict) else str(value)


def names_in(value: Any, separator: str) -> list[str]:
    """The names in a cell: a list, a JSON list, or text with separators."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    parts: list[Any] = value.split(separator) if isinstance(value, str) else list(value) if _is_list(value) else []
    return [part.strip() for part in parts if isinstance(part, str) and part.strip()]


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


def truth(value: Any) -> bool:
    """Whether a cell of a column that marks deleted rows says so: true, a number other than 0, a date, ``yes``."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "0", "f", "false", "n", "no")
    return value is not None and bool(value)
