"""Values of Tryton as its JSON gives them, read for people: decimals, dates, durations, names behind relations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

Row = dict[str, Any]
"""A record as ``search_read`` gives it: ``name -> value``, and ``name. -> row or rows`` for what lies behind it."""


def moment(value: Any) -> datetime | None:
    """A time stamp; Tryton's are UTC without saying so."""
    if not isinstance(value, dict):
        return None
    parts = cast(dict[str, int], value)
    return datetime(
        parts["year"], parts["month"], parts["day"], parts["hour"], parts["minute"], parts["second"],
        parts["microsecond"], tzinfo=UTC,
    )  # fmt: skip


def stamp(value: datetime) -> dict[str, Any]:
    """A time stamp as Tryton's JSON wants it in a domain."""
    utc = value.astimezone(UTC)
    return {
        "__class__": "datetime", "year": utc.year, "month": utc.month, "day": utc.day, "hour": utc.hour,
        "minute": utc.minute, "second": utc.second, "microsecond": utc.microsecond,
    }  # fmt: skip


def elements(row: Row, path: tuple[str, ...]) -> list[Row]:
    """The records behind a path of relations; the row itself for an empty one."""
    rows = [row]
    for name in path:
        behind: list[Row] = []
        for each in rows:
            target: Row | list[Row] | None = each.get(name + ".")
            behind.extend(target if isinstance(target, list) else [target] if target else [])
        rows = behind
    return rows


def value_at(row: Row, path: tuple[str, ...]) -> list[Any]:
    """All values at a path (relations, then a field), without empty ones."""
    found: list[Any] = []
    for each in elements(row, path[:-1]):
        value = each.get(path[-1])
        found.extend(cast(list[Any], value) if isinstance(value, list) else [] if value is None else [value])
    return found


def shown(row: Row, name: str) -> str:
    """The field for a reader; several values behind relations on one line. ``state:string`` is a selection's label."""
    values = (text(value) for value in value_at(row, tuple(name.split("."))))
    return ", ".join(dict.fromkeys(value for value in values if value))


def text(value: Any) -> str:
    """One value as people write it; several lines stay several lines."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, dict):
        return _tagged(cast(dict[str, Any], value))
    return str(value).strip()


def _tagged(value: dict[str, Any]) -> str:
    match value.get("__class__"):
        case "Decimal":
            return _decimal(str(value["decimal"]))
        case "date":
            return f"{value['year']:04}-{value['month']:02}-{value['day']:02}"
        case "datetime":
            found = moment(value)
            return "" if found is None else found.isoformat(" ", "minutes")
        case "timedelta":
            minutes = round(float(value["seconds"]) / 60)
            return f"{minutes // 60}:{minutes % 60:02} h"
        case _:
            return ""


def _decimal(digits: str) -> str:
    """Without the zeros that only say how precisely it is stored; money keeps two places."""
    if "E" in digits.upper() or "." not in digits:
        return digits
    whole, places = digits.split(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"
