"""Windows in which a source is left alone, in the wall time of its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

_DAY = timedelta(days=1)
_ALWAYS = timedelta(days=15)
"""Windows that follow each other for so long repeat every week: they never end."""
_ANY_WEEK = (datetime(2024, 1, 15, tzinfo=UTC), datetime(2024, 7, 15, tzinfo=UTC))
"""A week in winter and one in summer, for clocks that change."""


def _checked_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone; write it like Europe/Berlin") from error
    return name


def _from_yaml(value: object) -> object:
    # YAML 1.1 reads 22:00 without quotes as a number to the base of 60.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return f"{value // 60:02d}:{value % 60:02d}"
    return value


def _checked_time(moment: time) -> time:
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise ValueError("write the time of day like 22:00; its time zone stands in timezone")
    return moment


Zone = Annotated[str, AfterValidator(_checked_zone)]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_from_yaml),
    AfterValidator(_checked_time),
    PlainSerializer(lambda moment: f"{moment:%H:%M}", return_type=str),
]


class Blackout(BaseModel):
    """A window of the day in which no task begins, and a running one stops at the end of its slice.

    One whose ``end`` is not after its ``start`` goes on into the next day. ``weekdays`` are those on which it begins.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: TimeOfDay
    end: TimeOfDay
    timezone: Zone = "UTC"
    weekdays: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)


def blackout_end(windows: Sequence[Blackout], moment: datetime) -> datetime | None:
    """When the window around ``moment`` ends, or the last of several that touch; None when there is none around it.

    Raises ``ValueError`` when the windows never end.
    """
    end = moment
    while True:
        ends = [until for window in windows for begin, until in _near(window, end) if begin <= end < until]
        if not ends:
            return end if end > moment else None
        end = max(ends)
        if end - moment > _ALWAYS:
            raise ValueError("the blackout windows together leave no time to run in")


def leaves_time(windows: Sequence[Blackout]) -> bool:
    """Whether there is any time outside the windows in a week."""
    try:
        for monday in _ANY_WEEK:
            blackout_end(windows, monday)
    except ValueError:
        return False
    return True


def _near(window: Blackout, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The occurrences of a window that may be around ``moment``, in UTC."""
    zone = ZoneInfo(window.timezone)
    today = moment.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        if WEEKDAYS[day.weekday()] not in window.weekdays:
            continue
        last = day if window.end > window.start else day + _DAY
        begin = _readings(datetime.combine(day, window.start, zone))
        end = _readings(datetime.combine(last, window.end, zone))
        # Where the clock changes within a window, the longer of its readings holds.
        yield min(begin), max(end)


def _readings(wall: datetime) -> tuple[datetime, datetime]:
    """Both moments that a wall time may mean: they differ only where the clock is put back, or forward over it."""
    return wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
