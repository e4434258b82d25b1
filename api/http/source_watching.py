"""Routes to watch sources by, and to see what a change would do before it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from sqlalchemy import select

from api import configuring
from api.configuring import Wanted
from api.http import paging, source_shapes, source_watch_shapes
from api.http import source_watch_models as out
from api.http.access import CurrentRuntime
from api.http.administering import addresses
from api.http.events import Piece, stream
from api.http.paging import Cursor, Limit
from api.http.source_models import StepOut
from api.http.sources import CurrentOwner, looked_after_by, named
from connectors import repository
from connectors.blackout import blackout_end
from connectors.credentials import credentials
from connectors.freshness.course import course
from connectors.freshness.repository import created_at, history
from connectors.plan import BOUNDS, TASKS, default_plan, plan_of, stored_plan
from connectors.schedule import upcoming
from connectors.tables import SourceVersionRow, TaskRow
from connectors.watch import ACTIVITIES, HEALTHS

router = APIRouter(prefix="/v1")
COURSE_POINTS = 96
UPCOMING = 5
State = Literal["attention", out.Activity, out.Health]
Text = Annotated[str, Query(max_length=200, description="Part of the name, in whichever case.")]


@router.get("/source-watch")
def watch_sources(
    owner: CurrentOwner, runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = "",
    state: State | None = None, kind: Annotated[str, Query(max_length=100)] = "", text: Text = "",
) -> out.WatchedSourcesOut:  # fmt: skip
    """How each source fares that you look after: those that need attention first, then by name. ``state`` is what goes
    on with it (``activity``), how it keeps its plan (``health``), or ``attention``."""
    now = runtime.clock()
    with runtime.database.reading() as session:
        records = [
            each
            for each in looked_after_by(session, owner)
            if text.casefold() in each.name.casefold() and kind in ("", each.kind)
        ]
        found = source_watch_shapes.watched(runtime, session, records, now)
        fitting = [each for each in found if _fits(each[2], state)]
        shown, following = paging.cut(fitting, limit, cursor, lambda each: _place(each[2]), "source-watch", parts=2)
        counts: Counter[str] = Counter()
        for _, _, each in found:
            counts.update((each.activity, each.health, *(("attention",) if each.attention else ())))
        return out.WatchedSourcesOut(
            sources=[source_watch_shapes.with_course(session, record, plan, each, now) for record, plan, each in shown],
            counts=dict(counts), total=len(fitting), next=following,
        )  # fmt: skip


def _fits(source: out.WatchedSourceOut, state: State | None) -> bool:
    return state is None or (source.attention if state == "attention" else state in (source.activity, source.health))


def _place(source: out.WatchedSourceOut) -> tuple[str, str]:
    """The worst first: stuck, then what its health is, then what it does."""
    rank = (not source.attention, source.activity != "stuck", HEALTHS.index(source.health))
    activity = ACTIVITIES.index(source.activity)
    return "".join(f"{int(part):02d}" for part in (*rank, activity)), source.name


@router.get("/sources/{name}/watch")
def watch_source(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.WatchedSourceOut:
    """How one source fares."""
    record = named(runtime, name, owner)
    now = runtime.clock()
    with runtime.database.reading() as session:
        ((_, plan, seen),) = source_watch_shapes.watched(runtime, session, [record], now)
        return source_watch_shapes.with_course(session, record, plan, seen, now)


@router.get("/sources/{name}/freshness/course")
def show_course(
    name: str, owner: CurrentOwner, runtime: CurrentRuntime, hours: Annotated[int, Query(ge=1, le=2160)] = 24
) -> out.SourceCourseOut:
    """How stale it was over the last ``hours``, by kind, and when it was outside its bounds."""
    record = named(runtime, name, owner)
    plan, now = stored_plan(record.plan), runtime.clock()
    since = now - timedelta(hours=hours)
    with runtime.database.reading() as session:
        kinds = [
            out.CourseOut(
                kind=kind,
                bound=None if (bound := plan.bounds.of(kind)) is None else bound.total_seconds(),
                points=source_watch_shapes.shaped(course(session, record.id, plan, kind, since, now, COURSE_POINTS)),
            )
            for kind in BOUNDS
        ]
        breaches = [
            out.BreachOut.model_validate(each, from_attributes=True)
            for each in history(session, record.id)
            if each.ended_at is None or each.ended_at >= since
        ]
    return out.SourceCourseOut(hours=hours, kinds=kinds, breaches=breaches)


@router.get("/sources/{name}/failing")
def list_failing(
    name: str, owner: CurrentOwner, runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = "",
    code: Annotated[str, Query(max_length=30)] = "", text: Text = "",
) -> out.FailingsOut:  # fmt: skip
    """What could not be read or parsed, page by page, by key; with ``code`` only what has that wrong with it."""
    record = named(runtime, name, owner)
    after = paging.read(cursor, str, str, of="failing") if cursor else None
    with runtime.database.reading() as session:
        found = source_watch_shapes.failing(
            session, record, runtime.clock(), code=code, text=text,
            after=None if after is None else (after[0], after[1]), limit=limit + 1,
        )  # fmt: skip
        codes = source_watch_shapes.codes(session, record, text)
    shown, following = paging.page_of(found, limit, lambda each: (each.key, each.what), "failing")
    return out.FailingsOut(
        failing=shown, codes=codes, total=codes.get(code, 0) if code else sum(codes.values()), next=following
    )


@router.post("/sources/{name}/runs/stop", status_code=202)
def stop_run(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.StopOut:
    """End its run after the page that it is at, and take what waits out of line until its next turn. What was read
    stays."""
    record = named(runtime, name, owner)
    stopping = runtime.connecting.work.stop(record)
    with runtime.database.writing() as session:
        runtime.audit.enlist(session, configuring.configured(runtime, record, "changed", owner, action="source.stop"))
    return out.StopOut(stopping=stopping)


@router.get("/sources/{name}/estimate")
def estimate_backfill(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.EstimateOut:
    """What reading everything again would take."""
    record = named(runtime, name, owner)
    with runtime.database.reading() as session:
        return source_watch_shapes.estimate(session, record)


@router.get("/sources/{name}/credentials")
def list_credentials(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.CredentialsOut:
    """The secrets that it uses, by reference: whether each is there, until when it holds, when it was last used."""
    record = named(runtime, name, owner)
    with runtime.database.reading() as session:
        last = repository.last_run(session, record.id)
    used = None if last is None else last.started_at
    return out.CredentialsOut(
        credentials=[
            out.CredentialOut(
                setting=each.setting, reference=each.reference, state=each.state, problem=each.problem,
                expires_at=each.expires_at, last_used_at=used,
            )
            for each in credentials(record.config, runtime.connecting.secrets)
        ]
    )  # fmt: skip


@router.get("/sources/{name}/changes")
def list_changes(
    name: str, owner: CurrentOwner, runtime: CurrentRuntime, limit: Limit = 20, cursor: Cursor = ""
) -> out.SourceChangesOut:
    """Who changed which setting, the latest first."""
    record = named(runtime, name, owner)
    query = select(SourceVersionRow).where(SourceVersionRow.source_id == record.id)
    with runtime.database.reading() as session:
        # What a source of this name was that somebody removed is not for whoever owns it now.
        query = query.where(SourceVersionRow.changed_at >= created_at(session, [record.id])[record.id])
    if cursor:
        query = query.where(SourceVersionRow.version < paging.read(cursor, int, of="changes")[0])
    with runtime.database.reading() as session:
        # One more to compare the last one with, which is the first of the next page.
        rows = list(session.scalars(query.order_by(SourceVersionRow.version.desc()).limit(limit + 1)))
        emails = addresses(session, {row.changed_by for row in rows})
        found = [
            source_watch_shapes.changes(row, before, emails.get(row.changed_by, row.changed_by))
            for row, before in zip(rows, (*rows[1:], None), strict=True)
        ]
    shown, following = paging.page_of(found, limit, lambda each: (each.version,), "changes")
    return out.SourceChangesOut(changes=shown, next=following)


# Before something is changed


@router.post("/source-plans")
def look_at_plan(body: out.PlanIn, owner: CurrentOwner, runtime: CurrentRuntime) -> out.PlanOut:
    """What a plan comes to, without storing it: its defaults, and the next times at which each task begins."""
    record = None if body.source is None else named(runtime, body.source, owner)
    listing = body.lists_everything if record is None else runtime.connecting.open(record).lists_everything
    plan = plan_of(body.plan, lists_everything=listing)
    now = runtime.clock()
    with runtime.database.reading() as session:
        rows = select(TaskRow).where(TaskRow.source_id == (None if record is None else record.id))
        last = {row.task: row.succeeded_at for row in session.scalars(rows)}
    written = plan.model_dump(mode="json")
    return out.PlanOut(
        plan=written,
        tasks=[
            out.UpcomingOut(
                task=task, schedule=written[task], next=list(upcoming(plan, task, last.get(task), now, UPCOMING))
            )
            for task in TASKS
        ],
        blackout_until=blackout_end(plan.blackout, now),
    )


@router.post("/source-checks", response_model=out.SourceTriedOut)
def try_source(body: out.SourceTryIn, owner: CurrentOwner, runtime: CurrentRuntime, request: Request) -> object:
    """Try a source that is not stored, step by step: an event ``step`` each, then ``tried``."""
    source = configuring.opened(runtime, Wanted(body.name, body.kind, body.config), owner)
    listing = source.lists_everything

    def pieces() -> Iterator[Piece]:
        ok = True
        for each in configuring.steps(runtime, source):
            ok = ok and each.ok
            step: StepOut = source_shapes.step(each)
            yield "step", step
        plan = plan_of(default_plan(lists_everything=listing), lists_everything=listing)
        yield "tried", out.SourceTriedOut(ok=ok, lists_everything=listing, plan=plan.model_dump(mode="json"))

    return stream(request, pieces())
