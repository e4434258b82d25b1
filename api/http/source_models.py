"""What the API says of sources to those who look after them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.http.models import FreshnessBound, Model, RunOut, SourcesOut


class SourceKindOut(Model):
    """A kind of system that can be read. ``tested`` says against what; ``example`` is a configuration in YAML, and
    ``sample`` the same as it is sent; ``settings`` is the JSON schema of what may stand there. ``addable``: you may
    add one; files of the server are for its operator."""

    name: str
    title: str
    category: str
    auth: str
    cursor: str
    deletions: str
    permissions: str
    tested: str
    example: str
    sample: dict[str, Any]
    settings: dict[str, Any]
    addable: bool


class SourceKindsOut(Model):
    kinds: list[SourceKindOut]


class SourceIn(Model):
    """``config`` is that of the kind, secrets by reference; ``plan`` its schedules and bounds (docs/freshness.md).
    Without ``check`` it is stored untried."""

    name: str
    kind: str
    config: dict[str, Any]
    plan: dict[str, Any] | None = None
    check: bool = True


class SourcePatch(Model):
    """What is to change; the rest stays."""

    config: dict[str, Any] | None = None
    plan: dict[str, Any] | None = None
    state: Literal["active", "paused"] | None = None
    check: bool = True


class StepOut(Model):
    name: str
    ok: bool
    detail: str
    hint: str


class SourceCheckOut(Model):
    ok: bool
    steps: list[StepOut]


class SourceRunOut(RunOut):
    """``state`` is running, stopping, done, failed or stopped."""

    id: str
    task: str


class SourceTaskOut(Model):
    """``failures`` counts those in a row."""

    task: str
    due_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    error: str | None


class SourceVersionOut(Model):
    version: int
    changed_by: str
    changed_at: datetime


class ConfiguredSourceOut(Model):
    """A source as its owner sees it. ``documents`` counts by state, ``waiting`` are on their way into the index;
    ``accounts`` are those the source told of, ``joined`` of them are somebody here."""

    name: str
    kind: str
    state: Literal["active", "paused"]
    version: int
    demo: bool
    config: dict[str, Any]
    plan: dict[str, Any]
    documents: dict[str, int]
    waiting: int
    failing: int
    accounts: int
    joined: int
    confirmed_at: datetime | None
    freshness: Literal["ok", "breach", "unknown"]
    last_run: SourceRunOut | None


class ListedSourcesOut(SourcesOut):
    """``sources`` are those of which the reader may read something; ``configured`` all, for those who look after
    them."""

    configured: list[ConfiguredSourceOut] | None = None
    next: str | None = None


class SourceDetailOut(ConfiguredSourceOut):
    tasks: list[SourceTaskOut]
    versions: list[SourceVersionOut]


class SourceStoredOut(Model):
    change: Literal["created", "changed", "unchanged"]
    steps: list[StepOut]
    source: SourceDetailOut


class SourceRemovedOut(Model):
    name: str
    documents: int
    """How many left the answers."""


class SourceOwnersIn(Model):
    owners: list[str]


class SourceOwnersOut(Model):
    """Addresses of connector owners."""

    owners: list[str]


class SourceRunsOut(Model):
    runs: list[SourceRunOut]
    next: str | None = None


class SyncIn(Model):
    """``full`` forgets how far the source has been read. ``confirm_empty``: it is really empty now."""

    full: bool = False
    confirm_empty: bool = False


class RetryIn(Model):
    """``keys`` are those of the items and documents to try again; without them everything is."""

    keys: Annotated[list[str], Field(min_length=1, max_length=1000)] | None = None


class SyncAskedOut(Model):
    source: str
    tasks: list[str]


class ProgressOut(Model):
    """``waiting`` for a worker, ``reading`` or ``ingesting``; ``total`` where the source has said how much there is."""

    phase: Literal["waiting", "reading", "ingesting"]
    task: str
    done: int
    total: int | None


class UnreadOut(Model):
    uri: str
    code: str
    reason: str


class SyncReportOut(Model):
    source: str
    counts: dict[str, int]
    failures: list[UnreadOut]


class FailingItemOut(Model):
    """An item that could not be read; ``next_at`` is null where only a change of the item, or somebody, can help."""

    key: str
    code: str
    reason: str
    attempts: int
    first_at: datetime
    last_at: datetime
    next_at: datetime | None


class FailingDocumentOut(Model):
    """A document that was read and could not be parsed. It is tried again when it changes, or somebody asks."""

    id: str
    uri: str
    code: str
    reason: str


class SourceFailuresOut(Model):
    source: str
    items: list[FailingItemOut]
    documents: list[FailingDocumentOut]


class WindowOut(Model):
    days: int
    count: int
    late: int
    attainment: float | None
    budget_left: float
    burn_rate: float


class KindFreshnessOut(Model):
    """Durations in seconds. ``p50`` and ``p95`` are those of the lags of the last 7 days."""

    kind: FreshnessBound
    bound: float | None
    state: Literal["ok", "breach", "unknown"]
    confirmed_at: datetime | None
    staleness: float | None
    overdue_since: datetime | None
    p50: float | None
    p95: float | None
    windows: list[WindowOut]


class SourceFreshnessOut(Model):
    source: str
    state: Literal["ok", "breach", "unknown"]
    objective: float
    policy: Literal["warn", "refuse"]
    kinds: list[KindFreshnessOut]


class FreshnessOut(Model):
    sources: list[SourceFreshnessOut]
