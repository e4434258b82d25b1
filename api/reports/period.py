"""Of which time a report tells: whole weeks by ISO 8601, or any span. Always in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.errors import Invalid

_WEEK = re.compile(r"(\d{4})-W(\d{2})\Z")
_HINT = "Write a week like 2026-W47, or days like 2026-11-16."
LONGEST = timedelta(days=732)


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` until right before ``until``. ``week`` is its name where it is one."""

    since: datetime
    until: datetime
    week: str | None = None

    @property
    def before(self) -> Period:
        """The span of the same length that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since)

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment < self.until

    def told(self) -> dict[str, str | None]:
        return {"since": written(self.since), "until": written(self.until), "week": self.week}


def written(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second where there is nothing behind it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def week(name: str) -> Period:
    """A week by its name. Raises ``Invalid``."""
    found = _WEEK.match(name)
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
        begins = None if monday is None else datetime.combine(monday, time(), UTC)
        return Period(begins, begins + timedelta(days=7), name) if begins else _refuse(name)
    except (ValueError, OverflowError):
        return _refuse(name)


def last_week(now: datetime) -> Period:
    """The last week that is over."""
    year, number, _ = (now.astimezone(UTC) - timedelta(days=7)).isocalendar()
    return week(f"{year}-W{number:02}")


def period(named: str | None, since: datetime | None, until: datetime | None, now: datetime) -> Period:
    """As somebody asked for it: a week, or a span that ends now where no end is said; without either the last week that
    is over. Raises ``Invalid``."""
    if named is not None:
        if since is not None or until is not None:
            raise Invalid("A week has its own beginning and end.", hint="Leave out since and until, or the week.")
        return week(named)
    if since is None and until is None:
        return last_week(now)
    ends = now if until is None else _in_utc(until)
    begins = ends - timedelta(days=7) if since is None else _in_utc(since)
    if begins >= ends:
        raise Invalid("The period ends before it begins.", hint="Say since before until.")
    if ends - begins > LONGEST:
        raise Invalid(f"A report tells of {LONGEST.days} days at most.", hint="Make several reports.")
    if begins.year < 1971:
        raise Invalid("The period begins before there was anything.", hint=_HINT)
    return Period(begins, ends)


def _in_utc(moment: datetime) -> datetime:
    """Without a zone it is meant in UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _refuse(name: str) -> Period:
    raise Invalid(f"{name[:20]!r} is no week.", hint=_HINT)
