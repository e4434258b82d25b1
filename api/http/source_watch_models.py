"""What the API says of how sources fare: states, freshness over time, failures, schedules, credentials, changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from api.http.models import FreshnessBound, Model
from api.http.source_models import SourceRunOut

Activity = Literal["stuck", "running", "queued", "idle", "paused"]
Health = Literal["failing", "breached", "late", "new", "on_time", "unbound"]


class CoursePointOut(Model):
    """The stretch of time that ends ``at``; ``staleness`` is the worst in it, in seconds."""

    at: datetime
    staleness: float | None


class BoundNowOut(Model):
    """Seconds. ``bound`` null promises nothing."""

    kind: FreshnessBound
    bound: float | None
    staleness: float | None
    overdue_since: datetime | None


class WatchedSourceOut(Model):
    """``activity`` is what goes on now, ``health`` how the source keeps its plan: a run that goes on does not hide an
    earlier error, and an error not the run. ``since`` when either began; ``run`` is the one under way. ``errors``
    counts items and documents that could not be read. ``course`` is its content over the last ``course_hours``."""

    name: str
    kind: str
    title: str
    demo: bool
    activity: Activity
    health: Health
    attention: bool
    task: str | None
    since: datetime | None
    error: str | None
    run: SourceRunOut | None
    waiting: int
    documents: int
    errors: int
    succeeded_at: datetime | None
    next_task: str | None
    next_at: datetime | None
    blackout_until: datetime | None
    bounds: list[BoundNowOut]
    course: list[CoursePointOut]
    course_hours: float


class WatchedSourcesOut(Model):
    """Those that need attention first. ``counts`` are by activity and health, of all that fit the other filters."""

    sources: list[WatchedSourceOut]
    counts: dict[str, int]
    total: int
    next: str | None


class CourseOut(Model):
    kind: FreshnessBound
    bound: float | None
    points: list[CoursePointOut]


class BreachOut(Model):
    """A time outside a bound (``breach``), or one in which nobody could tell (``unknown``)."""

    kind: FreshnessBound
    state: Literal["breach", "unknown"]
    began_at: datetime
    ended_at: datetime | None


class SourceCourseOut(Model):
    hours: int
    kinds: list[CourseOut]
    breaches: list[BreachOut]


class FailingOut(Model):
    """``what`` failed: an ``item`` could not be read from the source, a ``document`` was read and could not be parsed.
    ``state``: ``retrying`` is in line or at it now, ``waiting`` is tried again by itself at ``next_at``, ``stopped``
    waits for a change of it, or for somebody."""

    key: str
    what: Literal["item", "document"]
    document: str | None
    code: str
    reason: str
    state: Literal["retrying", "waiting", "stopped"]
    attempts: int | None
    first_at: datetime | None
    last_at: datetime | None
    next_at: datetime | None


class FailingsOut(Model):
    """``codes`` counts all that failed by what is wrong with it."""

    failing: list[FailingOut]
    codes: dict[str, int]
    total: int
    next: str | None


class StopOut(Model):
    """``stopping``: a run ends after the page that it is at; else nothing ran, and what was in line waits."""

    stopping: bool


class EstimateOut(Model):
    """What reading everything again would take: ``documents`` at the pace of the largest of the last runs, which read
    ``basis_items``. Null where no run has ended yet. Contents that did not change are not parsed again."""

    documents: int
    seconds: float | None
    basis_items: int | None
    basis_started_at: datetime | None


class CredentialOut(Model):
    """``elsewhere``: in a vault, which only runs ask. ``expires_at`` is null where the secret does not say itself."""

    setting: str
    reference: str
    state: Literal["there", "missing", "elsewhere"]
    problem: str
    expires_at: datetime | None
    last_used_at: datetime | None


class CredentialsOut(Model):
    credentials: list[CredentialOut]


class SettingChangeOut(Model):
    """Null where the setting was not there."""

    setting: str
    before: Any
    after: Any


class SourceChangeOut(Model):
    version: int
    changed_by: str
    changed_at: datetime
    changes: list[SettingChangeOut]


class SourceChangesOut(Model):
    changes: list[SourceChangeOut]
    next: str | None


class PlanIn(Model):
    """A plan to look at. ``source`` is the one it is for; ``lists_everything`` says how one not yet added is read."""

    plan: dict[str, Any]
    source: str | None = None
    lists_everything: bool = True


class UpcomingOut(Model):
    """The next times at which a task begins if all goes well; ``schedule`` null: only when somebody asks."""

    task: Literal["poll", "sweep", "access", "principals"]
    schedule: dict[str, Any] | None
    next: list[datetime]


class PlanOut(Model):
    """The whole plan with its defaults, and when it runs."""

    plan: dict[str, Any]
    tasks: list[UpcomingOut]
    blackout_until: datetime | None


class SourceTryIn(Model):
    name: str
    kind: str
    config: dict[str, Any]


class SourceTriedOut(Model):
    ok: bool
    lists_everything: bool
    plan: dict[str, Any]
    """What the source is read by where nothing else is declared."""
