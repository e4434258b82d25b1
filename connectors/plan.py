"""What the owner of a source declares: when its tasks run, how fresh it has to be, and what happens when it is not.

Stored in ``SourceRow.plan`` as the owner wrote it; ``plan_of`` puts the defaults of its kind of source around that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, cast, get_args

from croniter import croniter
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    field_validator,
    model_validator,
)

from connectors.blackout import Blackout, Zone, leaves_time
from core.errors import Invalid
from core.policy import Sensitivity, highest

Task = Literal["poll", "sweep", "access", "principals"]
"""What is scheduled: read what changed, find what is gone, read permissions, read people and groups."""
Bound = Literal["content", "deletions", "permissions"]
"""What each has a freshness of its own."""

TASKS: tuple[Task, ...] = get_args(Task)
BOUNDS: tuple[Bound, ...] = get_args(Bound)

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"^(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$")


def parse_duration(text: str) -> timedelta:
    """``90s``, ``15m``, ``6h``, ``1d``, ``1h30m``. Raises ``ValueError``."""
    found = _DURATION.match(text.strip())
    if found is None or not any(found.groups()):
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 15m, 6h, 1d or 1h30m")
    return timedelta(seconds=sum(int(n or 0) * unit for n, unit in zip(found.groups(), _UNITS.values(), strict=True)))


def duration_text(duration: timedelta) -> str:
    """The shortest way to write a duration of whole seconds, as ``parse_duration`` reads it."""
    left = int(duration.total_seconds())
    parts: list[str] = []
    for letter, unit in _UNITS.items():
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _checked_duration(value: object) -> timedelta:
    if not isinstance(value, timedelta):
        raise ValueError("a duration needs its unit; write it like 90s, 15m, 6h, 1d or 1h30m")
    return value


# A number has no unit, and an ISO string such as PT15M is not what the documentation shows: both are refused.
Duration = Annotated[
    timedelta,
    BeforeValidator(_checked_duration),
    BeforeValidator(_duration),
    PlainSerializer(duration_text, return_type=str),
]
Positive = Annotated[Duration, Field(gt=timedelta(0))]


_CRON_FIELDS = (
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31"),
    ("month", "1 to 12 or jan to dec"),
    ("weekday", "0 to 7 or sun to sat"),
)


def _cron_fault(cron: str) -> str:
    """Which of its five fields cannot be used: the first that is wrong by itself."""
    for place, (field, (name, values)) in enumerate(zip(cron.split(" "), _CRON_FIELDS, strict=True)):
        if not croniter.is_valid(" ".join(field if each == place else "*" for each in range(len(_CRON_FIELDS)))):
            return f"{cron!r} has {field!r} for the {name}, which goes from {values}"
    return f"{cron!r} is not a cron line that can be used, such as 30 2 * * mon-fri"


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Declared):
    """When a task begins: ``every`` so often, or at the times of ``cron`` (five fields) in ``timezone``."""

    every: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(days=31))] | None = None
    cron: str | None = None
    timezone: Zone = "UTC"
    jitter: Duration | None = None
    """Up to so much later, drawn anew each time; a tenth of ``every``, at most a minute, unless it is set."""

    @field_validator("cron")
    @classmethod
    def _cron_fires(cls, cron: str | None) -> str | None:
        if cron is None:
            return None
        cron = " ".join(cron.split())
        if len(cron.split(" ")) != 5:
            raise ValueError(f"{cron!r} is not a cron line of five fields, such as 30 2 * * mon-fri")
        if not croniter.is_valid(cron):
            raise ValueError(_cron_fault(cron))
        try:
            croniter(cron, datetime(2024, 1, 1, tzinfo=UTC)).get_next(datetime)
        except ValueError as error:
            raise ValueError(f"{cron!r} names a time that never comes") from error
        return cron

    @model_validator(mode="after")
    def _one_of_both(self) -> Schedule:
        if (self.every is None) == (self.cron is None):
            raise ValueError("a schedule has either every or cron")
        return self

    @property
    def spread(self) -> timedelta:
        """The jitter that counts."""
        if self.jitter is not None:
            return self.jitter
        return timedelta(0) if self.every is None else min(self.every / 10, timedelta(minutes=1))


class Bounds(_Declared):
    """How late the index may be: from the moment something changed in the source until answers agree with it.

    One that is ``null`` promises nothing and is never in breach.
    """

    content: Positive | None = timedelta(hours=1)
    deletions: Positive | None = timedelta(hours=1)
    permissions: Positive | None = timedelta(hours=1)

    def of(self, kind: Bound) -> timedelta | None:
        match kind:
            case "content":
                return self.content
            case "deletions":
                return self.deletions
            case "permissions":
                return self.permissions


class Plan(_Declared):
    """A task without a schedule runs only when somebody asks."""

    poll: Schedule | None = Schedule(every=timedelta(minutes=15))
    sweep: Schedule | None = None
    access: Schedule | None = None
    principals: Schedule | None = None
    blackout: tuple[Blackout, ...] = Field(default=(), max_length=20)
    bounds: Bounds = Bounds()
    objective: float = Field(default=0.99, gt=0, lt=1)
    """Share of changes that are to be within their bound."""
    stale: Literal["warn", "refuse"] = "warn"
    """What answers do with a source that is outside one of its bounds: say so, or leave it out."""
    recheck: Annotated[Positive, Field(le=timedelta(seconds=30))] | None = None
    """How long a search waits for the source to confirm, for the person who asks, what was found; what it does not
    confirm in time is not shown. Only for kinds that can be asked; null asks nobody."""
    people: dict[str, str] = {}
    """Account of the source -> address of the person here whose it is, where the source does not vouch for one."""
    slice_seconds: float = Field(default=30, ge=1, le=3600)
    """How long one run may hold a worker before it lets others go first."""
    sensitivity: Sensitivity = "internal"
    """How sensitive everything in the source is, at least."""
    sensitivity_at: dict[str, Sensitivity] = {}
    """Beginning of a key (a folder, a model) -> how sensitive everything is, at least, whose key begins with it."""

    @model_validator(mode="after")
    def _some_time_is_left(self) -> Plan:
        if not leaves_time(self.blackout):
            raise ValueError("the blackout windows together leave no time to run in")
        return self

    def sensitivity_at_key(self, key: str) -> Sensitivity:
        """The highest of all that is declared for where an item lies; ``public`` where nothing is."""
        return highest(level for beginning, level in self.sensitivity_at.items() if key.startswith(beginning))

    def sensitivity_of(self, key: str) -> Sensitivity:
        """What is declared for an item, at least: for everything, and for where it lies."""
        return highest((self.sensitivity, self.sensitivity_at_key(key)))

    def lowers(self, before: Plan) -> bool:
        """Whether anything would be less sensitive than under the plan before: for an administrator to decide."""
        # What begins with a longer text is never less sensitive than what begins with a part of it.
        for beginning in ("", *before.sensitivity_at):
            was, will = before.sensitivity_of(beginning), self.sensitivity_of(beginning)
            if highest((was, will)) != will:
                return True
        return False

    def confirming(self, kind: Bound) -> tuple[Task, ...]:
        """The tasks that together confirm what is known of ``kind``: all of them have to have run."""
        match kind:
            case "content":
                return ("poll",)
            case "deletions":
                return ("poll",) if self.sweep is None else ("sweep",)
            case "permissions":
                items: Task = "poll" if self.access is None else "access"
                return (items,) if self.principals is None else (items, "principals")

    def schedule(self, task: Task) -> Schedule | None:
        match task:
            case "poll":
                return self.poll
            case "sweep":
                return self.sweep
            case "access":
                return self.access
            case "principals":
                return self.principals


ON_REQUEST: Mapping[str, Any] = {"poll": None, "bounds": dict.fromkeys(BOUNDS)}
"""The plan of a source that is read only when somebody asks, and promises nothing in between."""


def default_plan(*, lists_everything: bool) -> dict[str, Any]:
    """What holds where the owner of a source of this sort declares nothing.

    Each poll of a source that lists everything also finds what is gone and who may read, so that it needs nothing else.
    """
    if lists_everything:
        return {"poll": {"every": "15m"}, "bounds": {"content": "1h", "deletions": "1h", "permissions": "1h"}}
    return {
        "poll": {"every": "5m"},
        "sweep": {"every": "6h"},
        "access": {"every": "1h"},
        "principals": {"every": "1h"},
        # Counted from the start of the pass before: twice the interval lets one fail, and the rest is time to run.
        "bounds": {"content": "30m", "deletions": "14h", "permissions": "3h"},
    }


def plan_of(declared: Mapping[str, Any], *, lists_everything: bool) -> Plan:
    """The plan that counts: what was declared, and the defaults of its sort of source for the rest.

    A task declared as ``null`` has no schedule. Raises ``Invalid`` that names each setting that cannot be used.
    """
    defaults = default_plan(lists_everything=lists_everything)
    bounds = declared.get("bounds")
    if isinstance(bounds, Mapping):
        bounds = {**defaults["bounds"], **cast("Mapping[str, Any]", bounds)}
    merged = {**defaults, **declared, **({} if bounds is None else {"bounds": bounds})}
    try:
        return Plan.model_validate(merged)
    except ValidationError as error:
        raise Invalid(
            f"The plan cannot be used: {_faults(error)}.", hint="docs/freshness.md shows what a plan may say."
        ) from error


def stored_plan(declared: Mapping[str, Any]) -> Plan:
    """The plan of a source as it is stored, with its defaults filled in when it was added. A file source of old has
    none of its own."""
    return plan_of(declared, lists_everything=True)


def _faults(error: ValidationError) -> str:
    faults: list[str] = []
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in each["loc"])
        message = "is not a setting" if each["type"] == "extra_forbidden" else each["msg"].removeprefix("Value error, ")
        faults.append(f"{place} {message}" if place else message)
    return "; ".join(faults)
