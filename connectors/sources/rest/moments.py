"""Times as vendors write them. Inside, a time is an aware datetime in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def parse(value: Any, pattern: str, zone: str) -> datetime | None:
    """None for an empty value; ValueError for one that does not fit ``pattern`` (iso, epoch, epoch_ms, strptime)."""
    if value is None or value == "":
        return None
    try:
        if pattern in ("epoch", "epoch_ms"):
            return datetime.fromtimestamp(float(value) / (1000 if pattern == "epoch_ms" else 1), UTC)
        moment = datetime.fromisoformat(str(value)) if pattern == "iso" else datetime.strptime(str(value), pattern)  # noqa: DTZ007 (the zone follows)
    except (ValueError, TypeError, OverflowError, OSError):
        # The value itself is content and does not belong into a message.
        raise ValueError(f"a time is not as declared ({pattern})") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone))).astimezone(UTC)


def write(moment: datetime, pattern: str, zone: str) -> str | int:
    """As a vendor expects it in a request."""
    if pattern == "epoch":
        return int(moment.timestamp())
    if pattern == "epoch_ms":
        return int(moment.timestamp() * 1000)
    if pattern == "iso":
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.astimezone(zone_of(zone)).strftime(pattern)


def floor(moment: datetime, grain_seconds: float) -> datetime:
    """The last multiple of the grain that is not after ``moment``."""
    since = moment.timestamp()
    return datetime.fromtimestamp(since - since % grain_seconds, UTC)


def back(moment: datetime, seconds: float) -> datetime:
    return moment - timedelta(seconds=seconds)


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name} is not a time zone; write an IANA name, such as Europe/Paris") from error
