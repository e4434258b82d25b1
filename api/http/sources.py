"""Routes for those who look after sources: the operator of this machine, and connector owners and administrators."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from api import configuring, sources, syncing
from api.configuring import By, Wanted
from api.http import models, paging, source_shapes
from api.http import source_models as out
from api.http.access import AS, CurrentRuntime, asker, deciding
from api.http.administering import addresses
from api.http.errors import trace_id_of
from api.http.events import Piece, stream, wants_events
from api.http.lines import Tell, told
from api.http.paging import Cursor, Limit
from api.permissions import allows
from api.runtime import Runtime
from connectors import owners, repository
from connectors.errors import SourceRejected
from connectors.repository import SourceRecord
from connectors.sources.base import Step
from ingest import repository as documents
from ingest.sync import Progress

log = structlog.get_logger()
router = APIRouter(prefix="/v1")
FOLLOW_SECONDS = 0.2


Looking = Annotated[By, Depends(deciding("source.list"))]
CurrentOwner = Annotated[By, Depends(deciding("source.manage"))]


def named(runtime: Runtime, name: str, owner: By) -> SourceRecord:
    with runtime.database.reading() as session:
        return configuring.looked_after(session, repository.by_name(session, name), owner)


def looked_after_by(session: Session, owner: By) -> list[SourceRecord]:
    """The sources that ``owner`` looks after."""
    everything = repository.everything(session)
    if owner.operator or owner.admin:
        return list(everything)
    theirs = owners.owned_by(session, owner.who)
    return [each for each in everything if each.id in theirs]


# The catalogue


@router.get("/source-kinds")
def list_source_kinds(owner: CurrentOwner, runtime: CurrentRuntime) -> out.SourceKindsOut:
    """Every kind of system that can be read, with how it is read and how that was tested."""
    kinds = runtime.connecting.catalogue.kinds
    return out.SourceKindsOut(
        kinds=[
            source_shapes.kind(kinds[name], addable=owner.operator or name not in configuring.LOCAL)
            for name in sorted(kinds)
        ]
    )


# Sources as configured


@router.get("/sources")
def list_sources(
    request: Request, by: Looking, runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = ""
) -> out.ListedSourcesOut:
    """What is indexed and how fresh it is, as far as the reader may read any of it; for those who look after sources
    also how each is configured. By name; a page has ``limit`` sources, each with all that is said of it."""
    alone = by.operator and AS not in request.headers
    seen = [] if alone else sources.readable(runtime, asker(request, runtime).principal)
    manages = allows("source.manage", by.roles)
    with runtime.database.reading() as session:
        theirs = looked_after_by(session, by) if manages else []
        names = {each.name for each in (*seen, *theirs)}
        shown, following = paging.cut(names, limit, cursor, lambda name: (name,), "sources")
        configured = [source_shapes.configured(runtime, session, each) for each in theirs if each.name in shown]
    return out.ListedSourcesOut(
        sources=[each for each in seen if each.name in shown],
        configured=configured if manages else None,
        next=following,
    )


@router.post("/sources", status_code=201, response_model=out.SourceStoredOut)
def add_source(body: out.SourceIn, owner: CurrentOwner, runtime: CurrentRuntime, request: Request) -> object:
    """Add a source, or say anew how one is configured: validated, opened, checked, stored. With ``Accept:
    text/event-stream`` a ``step`` event each, then ``stored``. A step that fails stores nothing."""
    wanted = Wanted(body.name, body.kind, body.config, body.plan)
    pieces = _stored(runtime, wanted, owner, body.check)
    # What can be refused before anything is reached is refused with its own status.
    next(pieces)
    return _reply(request, pieces)


@router.get("/sources/{name}")
def show_source(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.SourceDetailOut:
    record = named(runtime, name, owner)
    with runtime.database.reading() as session:
        return source_shapes.detail(runtime, session, record)


@router.patch("/sources/{name}")
def change_source(
    name: str, body: out.SourcePatch, owner: CurrentOwner, runtime: CurrentRuntime
) -> out.SourceDetailOut:
    """Change its configuration or plan; pause it, or let it go on."""
    record = named(runtime, name, owner)
    if body.config is not None or body.plan is not None:
        config = record.config if body.config is None else body.config
        wanted = Wanted(name, record.kind, config, body.plan)
        for _ in _stored(runtime, wanted, owner, body.check and body.config is not None):
            pass
    if body.state is not None and body.state != record.state:
        (configuring.pause if body.state == "paused" else configuring.resume)(
            runtime, named(runtime, name, owner), owner
        )
    return show_source(name, owner, runtime)


@router.delete("/sources/{name}")
def remove_source(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.SourceRemovedOut:
    """Forget a source: its documents leave the answers, and what it said of people counts no more."""
    return out.SourceRemovedOut(name=name, documents=configuring.remove(runtime, named(runtime, name, owner), owner))


@router.get("/sources/{name}/owners")
def list_owners(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.SourceOwnersOut:
    """Who looks after it, beside the administrators."""
    record = named(runtime, name, owner)
    with runtime.database.reading() as session:
        theirs = addresses(session, set(owners.owners_of(session, record.id)))
    return out.SourceOwnersOut(owners=sorted(theirs.values()))


@router.put("/sources/{name}/owners")
def change_owners(
    name: str, body: out.SourceOwnersIn, owner: CurrentOwner, runtime: CurrentRuntime
) -> out.SourceOwnersOut:
    """Say anew who looks after it. An owner hands it on; only an administrator leaves it without one."""
    record = named(runtime, name, owner)
    configuring.set_owners(runtime, record, body.owners, owner)
    return list_owners(name, By(trace_id=owner.trace_id), runtime)


@router.post("/sources/{name}/check", response_model=out.SourceCheckOut)
def check_source(name: str, owner: CurrentOwner, runtime: CurrentRuntime, request: Request) -> object:
    """Try it step by step; with ``Accept: text/event-stream`` a ``step`` event each, then ``checked``."""
    found = configuring.steps(runtime, runtime.connecting.open(named(runtime, name, owner)))
    if not wants_events(request):
        steps = [source_shapes.step(each) for each in found]
        return out.SourceCheckOut(ok=all(each.ok for each in steps), steps=steps)

    def pieces() -> Iterator[Piece]:
        ok = True
        for each in found:
            ok = ok and each.ok
            yield "step", source_shapes.step(each)
        yield "checked", {"ok": ok}

    return stream(request, pieces())


def _stored(runtime: Runtime, wanted: Wanted, owner: By, check: bool) -> Iterator[Step | out.SourceStoredOut | None]:
    """None once it is valid, each step of its check, and at last what was stored."""
    source = configuring.opened(runtime, wanted, owner)
    yield None
    steps: list[Step] = []
    for each in configuring.steps(runtime, source) if check else ():
        steps.append(each)
        yield each
        if not each.ok:
            hint = f"{each.hint} Nothing was stored; --no-check (check: false) stores it untried."
            raise SourceRejected(f"The check failed ({each.name}): {each.detail}", hint=hint.strip())
    record, change = configuring.store(runtime, wanted, source, owner)
    with runtime.database.reading() as session:
        detail = source_shapes.detail(runtime, session, record)
    yield out.SourceStoredOut(change=change, steps=[source_shapes.step(each) for each in steps], source=detail)


def _reply(request: Request, found: Iterator[Step | out.SourceStoredOut | None]) -> object:
    if not wants_events(request):
        return list(found)[-1]

    def pieces() -> Iterator[Piece]:
        for each in found:
            if isinstance(each, Step):
                yield "step", source_shapes.step(each)
            elif each is not None:
                yield "stored", each

    return stream(request, pieces())


# Runs


@router.post("/sources/{name}/sync", status_code=202, response_model=out.SyncAskedOut)
def sync_source(name: str, body: out.SyncIn, owner: CurrentOwner, runtime: CurrentRuntime, request: Request) -> object:
    """Read it now. With ``Accept: text/event-stream`` ``progress`` events until the index has everything, then
    ``report``; it goes on whether or not somebody follows."""
    record = named(runtime, name, owner)
    asked = syncing.ask(runtime, record, full=body.full, confirm_empty=body.confirm_empty)
    return _followed(runtime, asked, request)


@router.get("/sources/{name}/runs", response_model=out.SourceRunsOut)
def list_runs(
    name: str, owner: CurrentOwner, runtime: CurrentRuntime, request: Request,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20, cursor: Cursor = "",
) -> object:  # fmt: skip
    """The last runs, latest first, page by page. With ``Accept: text/event-stream`` a ``run`` event whenever the
    one that is running has come further, until none is running; then ``end``."""
    record = named(runtime, name, owner)
    if wants_events(request):
        return stream(request, _watched(runtime, record))
    with runtime.database.reading() as session:
        before = paging.read(cursor, datetime, str, of="runs") if cursor else None
        runs = repository.runs(session, record.id, limit + 1, before)
        shown, following = paging.page_of(runs, limit, lambda run: (run.started_at, run.id), "runs")
        return out.SourceRunsOut(runs=[source_shapes.run(each) for each in shown], next=following)


@router.get("/sources/{name}/failures")
def list_failures(
    name: str, owner: CurrentOwner, runtime: CurrentRuntime, limit: Annotated[int, Query(ge=1, le=10000)] = 1000
) -> out.SourceFailuresOut:
    """Items that could not be read, and documents that could not be parsed."""
    record = named(runtime, name, owner)
    with runtime.database.reading() as session:
        return source_shapes.failing(session, record, limit)


@router.post("/sources/{name}/failures/retry", status_code=202, response_model=out.SyncAskedOut)
def retry_failures(
    name: str, owner: CurrentOwner, runtime: CurrentRuntime, request: Request, body: out.RetryIn | None = None
) -> object:
    """Read and parse again what failed, now: everything, or just ``keys``. Events as those of ``sync``."""
    keys = None if body is None else body.keys
    return _followed(runtime, syncing.ask_again(runtime, named(runtime, name, owner), keys), request)


def _followed(runtime: Runtime, asked: syncing.Asked, request: Request) -> object:
    if not wants_events(request):
        return out.SyncAskedOut(source=asked.record.name, tasks=list(asked.tasks))

    def pieces() -> Iterator[Piece]:
        for each in syncing.follow(runtime, asked):
            if isinstance(each, syncing.Came):
                yield "report", source_shapes.report(each)
            else:
                yield "progress", {"phase": each.phase, "task": each.task, "done": each.done, "total": each.total}

    return stream(request, pieces())


def _watched(runtime: Runtime, record: SourceRecord) -> Iterator[Piece]:
    before: tuple[Any, int] | None = None
    while True:
        with runtime.database.reading() as session:
            last = repository.last_run(session, record.id)
            waiting = documents.pending_of(session, record.id)
        shown = None if last is None else source_shapes.run(last)
        if shown is not None and (shown, waiting) != before:
            before = (shown, waiting)
            yield "run", {**shown.model_dump(mode="json"), "waiting": waiting}
        if (shown is None or shown.state not in repository.UNDER_WAY) and not waiting:
            yield "end", {}
            return
        time.sleep(FOLLOW_SECONDS)


# Freshness


@router.get("/sources/{name}/freshness")
def show_freshness(name: str, owner: CurrentOwner, runtime: CurrentRuntime) -> out.SourceFreshnessOut:
    """How fresh a source is: now against its bounds, and over the last weeks against its objective."""
    record = named(runtime, name, owner)
    with runtime.database.reading() as session:
        return source_shapes.freshness(runtime, session, record)


@router.get("/freshness")
def list_freshness(owner: CurrentOwner, runtime: CurrentRuntime) -> out.FreshnessOut:
    """How fresh every source is."""
    with runtime.database.reading() as session:
        found = [source_shapes.freshness(runtime, session, each) for each in looked_after_by(session, owner)]
        return out.FreshnessOut(sources=found)


# Files of this machine


@router.post("/operator/ingest", dependencies=[Depends(deciding("operate.machine"))])
def ingest(body: models.IngestIn, runtime: CurrentRuntime, request: Request) -> StreamingResponse:
    """Create or run a file source. The reply is a line of JSON an event: progress, then a report or a problem."""
    record = sources.configure(runtime, body)

    def work(tell: Tell) -> dict[str, Any]:
        def told_of(progress: Progress) -> None:
            tell({
                "phase": progress.phase, "done": progress.done, "total": progress.total, "chunks": progress.chunks,
            })  # fmt: skip

        report = sources.run(runtime, record, told_of, confirm_empty=body.confirm_empty)
        failures = [{"uri": each.key, "code": each.code, "reason": each.reason} for each in report.failures]
        return {"source": report.source, "counts": report.counts, "failures": failures}

    return told(work, "source-run", trace_id_of(request))
