"""How fresh a source is: as of now against its bounds, and over the last weeks against its objective."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from connectors.freshness import repository
from connectors.freshness.lags import day_of, quantile
from connectors.freshness.repository import Observed, Passes
from connectors.plan import BOUNDS, Bound, Plan, Task
from connectors.repository import SourceRecord

State = Literal["ok", "breach", "unknown"]
WINDOWS = (7, 30, 90)
"""Days over which attainment is told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a source stands on one kind of freshness now.

    ``unknown`` means that nobody can tell: it was never confirmed, or the bound has passed and its runs fail.
    """

    kind: Bound
    bound: timedelta | None
    """None promises nothing."""
    state: State
    confirmed_at: datetime | None
    """The start of the last pass that confirmed everything."""
    staleness: timedelta | None
    """Since ``confirmed_at``: what changed in the source in that time may not be here."""
    overdue_since: datetime | None
    """When the bound was overstepped; None while it is kept, and while a new source still has time."""


@dataclass(frozen=True, slots=True)
class Window:
    """What was observed over ``days`` UTC days, the present one included."""

    days: int
    count: int
    late: int
    objective: float

    @property
    def attainment(self) -> float | None:
        """Share of the changes that were within their bound; None where there was none."""
        return None if self.count == 0 else 1 - self.late / self.count

    @property
    def burn_rate(self) -> float:
        """Share of late ones over the share that the objective allows: at 1 the budget lasts just as long as the
        window, at 2 half as long."""
        return 0.0 if self.count == 0 else self.late / self.count / (1 - self.objective)

    @property
    def budget_left(self) -> float:
        """Share of the error budget of the window that is left: 1 while nothing is late, below 0 when overspent."""
        return 1 - self.burn_rate


@dataclass(frozen=True, slots=True)
class KindFreshness:
    """One kind of freshness: now, and over time. ``p50`` and ``p95`` are upper bounds of the lags of 7 days."""

    standing: Standing
    p50: timedelta | None
    p95: timedelta | None
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    source_id: str
    source: str
    content: KindFreshness
    deletions: KindFreshness
    permissions: KindFreshness

    def __iter__(self) -> Iterator[KindFreshness]:
        return iter((self.content, self.deletions, self.permissions))

    @property
    def state(self) -> State:
        """The worst of the three."""
        states = {each.standing.state for each in self}
        return "breach" if "breach" in states else "unknown" if "unknown" in states else "ok"


def freshness_of(session: Session, record: SourceRecord, plan: Plan, now: datetime) -> Freshness:
    observed = _Observations.read(session, record.id, now)
    standings = standings_of(session, [(record, plan)], now)[record.id]
    content, deletions, permissions = (observed.of(each, plan.objective) for each in standings)
    return Freshness(record.id, record.name, content, deletions, permissions)


def standings_of(
    session: Session, records: Sequence[tuple[SourceRecord, Plan]], now: datetime
) -> dict[str, tuple[Standing, ...]]:
    """Content, deletions and permissions of each source (by its id) as of now, without their history."""
    ids = [record.id for record, _ in records]
    known = repository.known_passes(session, ids)
    created = repository.created_at(session, ids)
    found: dict[str, tuple[Standing, ...]] = {}
    for record, plan in records:
        tasks: set[Task] = {task for kind in BOUNDS for task in plan.confirming(kind)}
        passes = {
            task: known.get((record.id, task)) or repository.passes_by_runs(session, record.id, task) for task in tasks
        }
        found[record.id] = tuple(
            standing(
                kind, plan.bounds.of(kind), [passes[task] for task in plan.confirming(kind)],
                created.get(record.id, now), now,
            )
            for kind in BOUNDS
        )  # fmt: skip
    return found


def standing(
    kind: Bound, bound: timedelta | None, passes: list[Passes], created_at: datetime, now: datetime
) -> Standing:
    """Where a source stands whose ``passes`` all have to have gone through to confirm ``kind``."""
    starts = [each.confirmed_at for each in passes if each.confirmed_at is not None]
    confirmed = min(starts) if len(starts) == len(passes) else None
    staleness = None if confirmed is None else max(now - confirmed, timedelta(0))
    if bound is None:
        return Standing(kind, None, "ok", confirmed, staleness, None)
    # A source that was never read through has its bound's time from when it was added.
    ends = (confirmed or created_at) + bound
    overdue = ends if now > ends else None
    if confirmed is None:
        state: State = "unknown"
    elif overdue is None:
        state = "ok"
    else:
        state = "unknown" if any(each.failing for each in passes) else "breach"
    return Standing(kind, bound, state, confirmed, staleness, overdue)


@dataclass(frozen=True, slots=True)
class _Observations:
    """The observations of one source over the longest window."""

    rows: list[tuple[str, str, Observed]]
    now: datetime

    @classmethod
    def read(cls, session: Session, source_id: str, now: datetime) -> _Observations:
        return cls(repository.observed(session, source_id, _first_day(now, max(WINDOWS)), day_of(now)), now)

    def of(self, standing: Standing, objective: float) -> KindFreshness:
        windows = tuple(self._window(standing.kind, days, objective) for days in WINDOWS)
        histogram: Counter[float] = Counter()
        for each in self._within(standing.kind, WINDOWS[0]):
            histogram[each.bucket] += each.count
        return KindFreshness(standing, quantile(histogram, 0.5), quantile(histogram, 0.95), windows)

    def _window(self, kind: Bound, days: int, objective: float) -> Window:
        within = list(self._within(kind, days))
        return Window(days, sum(each.count for each in within), sum(each.late for each in within), objective)

    def _within(self, kind: Bound, days: int) -> Iterator[Observed]:
        first = _first_day(self.now, days)
        return (observed for each, day, observed in self.rows if each == kind and day >= first)


def _first_day(now: datetime, days: int) -> str:
    return day_of(now - timedelta(days=days - 1))
