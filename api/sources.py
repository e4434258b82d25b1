"""Configuring and running sources of files, recorded; and what readers see of sources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import company
from api.configuring import LOCAL, By, checked_name, configured, first_plan
from api.http import models as out
from api.runtime import Runtime
from connectors import failures, owners, repository, tasks
from connectors.plan import ON_REQUEST, stored_plan
from connectors.repository import SourceRecord
from connectors.schedule import next_due
from connectors.sources.open import checked, kind_of
from core import people
from core.access import Principal, permits
from core.access_sets import by_keys
from core.audit import Event
from core.audit.events import NO_SUBJECT, Outcome
from core.errors import Conflict, Invalid, VouchError
from core.tables import PersonRow
from ingest.sync import Progress, Report
from ingest.tables import DocumentRow
from retrieval.evidence import Stale
from retrieval.freshness import stale_sources

_jitter = Random()  # noqa: S311 (not a secret)


def configure(runtime: Runtime, wanted: out.IngestIn, *, demo: bool = False, **more: Any) -> SourceRecord:
    """Create the source that ``wanted`` names, or change what it says anew. Its path cannot be changed."""
    name = wanted.source.strip()
    path = Path(wanted.path)
    with runtime.database.reading() as session:
        existing = repository.find(session, name)
    if existing is None:
        checked_name(name)
    elif existing.kind not in LOCAL:
        raise Conflict(f"The source {name} reads no files.", hint="Choose another --source name.")
    config: dict[str, Any] = dict(existing.config) if existing else {}
    moved = existing is not None and config["path"] != str(path)
    if (existing is None or moved) and not path.exists():
        raise Invalid(f"There is nothing at {path}.", hint="Check the path.")
    if moved:
        raise Conflict(
            f"The source {name} reads {config['path']}, not {path}.",
            hint="Choose another --source name for another path.",
        )
    if existing is None and not wanted.allow:
        raise Invalid("A new source needs --allow.", hint="Name the groups that may read it, or everyone.")
    given = {
        "allow": wanted.allow, "deny": wanted.deny, "map": wanted.map, "restrict": wanted.restrict, **more,
    }  # fmt: skip
    config |= {"path": str(path)} | {key: value for key, value in given.items() if value}
    config = checked(config).model_dump(mode="json")
    kind = existing.kind if existing else kind_of(path, config["map"])
    if kind == "files" and config["restrict"]:
        raise Invalid("Only fields of records can be restricted.", hint="Leave --restrict out, or ingest records.")
    by = By()
    with runtime.database.writing() as session:
        plan = _plan(session, name, existing, demo=demo)
        now = runtime.clock()
        record = repository.put(session, name, kind, config, by=by.who, now=now, demo=demo, plan=plan)
        if existing is None or existing.version != record.version:
            change = "created" if existing is None else "changed"
            access = checked(config).access().key
            runtime.audit.enlist(session, configured(runtime, record, change, by, access=access))
        if existing is None and not demo:
            # It is about to be read: nobody else is to begin with it at the same time.
            tasks.set_due(session, record.id, {"poll": next_due(stored_plan(record.plan), "poll", now, now, _jitter)})
    return record


def _plan(session: Session, name: str, existing: SourceRecord | None, *, demo: bool) -> dict[str, Any] | None:
    """A source keeps the plan that it has. What comes with Vouch does not change by itself."""
    if existing is not None and existing.plan:
        return None
    return dict(ON_REQUEST) if demo else first_plan(session, name, None, lists_everything=True)


def run(runtime: Runtime, record: SourceRecord, progress: Callable[[Progress], None], *, confirm_empty: bool) -> Report:
    """One run of the source, in the log when it has ended, well or not. It counts as the poll that was due."""
    source = runtime.connecting.open(record)
    began = runtime.clock()
    try:
        report = runtime.sync.run(record, source, progress, confirm_empty=confirm_empty)
    except BaseException as error:
        runtime.audit.append(_ran(runtime, record, {}, "failed"))
        if isinstance(error, VouchError) and not isinstance(error, Conflict):
            _schedule(runtime, record, began, str(error))
        raise
    runtime.audit.append(_ran(runtime, record, report.counts, "done"))
    _schedule(runtime, record, began, None)
    return report


def _schedule(runtime: Runtime, record: SourceRecord, began: datetime, error: str | None) -> None:
    """When the source is read next, by itself."""
    if record.demo:
        return
    plan = stored_plan(record.plan)
    with runtime.database.writing() as session:
        now = runtime.clock()
        if error is None:
            tasks.succeeded(session, record.id, "poll", began, next_due(plan, "poll", began, now, _jitter))
            tasks.set_due(session, record.id, {"retry": failures.next_due(session, record.id)})
        else:
            before = tasks.of_source(session, record.id).get("poll")
            count = 1 if before is None else before.failures + 1
            due = next_due(plan, "poll", began, now, _jitter, failures=count)
            tasks.failed(session, record.id, "poll", error, due)


def _ran(runtime: Runtime, record: SourceRecord, counts: dict[str, int], outcome: Outcome) -> Event:
    return Event(
        kind="source.run",
        subject=NO_SUBJECT,
        action="source.run",
        outcome=outcome,
        at=runtime.clock(),
        details={
            "source": record.id,
            "connector": record.kind,
            **{name: counts.get(name, 0) for name in ("new", "changed", "unchanged", "deleted", "failed")},
        },
    )


def load_demo(runtime: Runtime, tell: Callable[[str], None]) -> bool:
    """Put the demo company into an installation that holds nothing else, or complete it. Returns whether it did."""
    demo = company.load()
    with runtime.database.reading() as session:
        if not (runtime.settings.demo.load and company.is_wanted(session, demo)):
            return False
    tell(f"Loading the demo company, {demo.organisation}")
    with runtime.database.writing() as session:
        company.put_people(session, demo, runtime.clock())
    for declared in demo.sources:
        wanted = out.IngestIn(
            path=str(company.DOCUMENTS / declared["path"]), source=declared["name"], allow=declared["allow"],
            deny=declared.get("deny", []), restrict=declared.get("restrict", {}), map=declared.get("map", {}),
        )  # fmt: skip
        record = configure(runtime, wanted, demo=True, modified=declared.get("modified", {}))
        with runtime.database.writing() as session:
            theirs = [people.by_email(session, each).id for each in declared.get("owners", ())]
            owners.set_owners(session, record.id, theirs)
        report = run(runtime, record, lambda progress: None, confirm_empty=False)
        tell(f"  {declared['name']}: {report.new} documents, {report.chunks} passages")
    return True


def readable(runtime: Runtime, principal: Principal) -> list[out.SourceOut]:
    """The sources of which the principal may read at least one document, counting those only."""
    with runtime.database.reading() as session:
        fresh = stale_sources(session)
        shown: list[out.SourceOut] = []
        for record in repository.everything(session):
            documents = _readable_documents(session, record.id, principal)
            if documents:
                shown.append(_source(runtime, session, record, documents, fresh.of(record.name)))
        return shown


def _readable_documents(session: Session, source_id: str, principal: Principal) -> int:
    counts = session.execute(
        select(DocumentRow.access_key, func.count())
        .where(DocumentRow.source_id == source_id, DocumentRow.state == "ready")
        .group_by(DocumentRow.access_key)
    ).all()
    sets = by_keys(session, [key for key, _ in counts])
    return sum(count for key, count in counts if permits(sets[key], principal))


def _source(
    runtime: Runtime, session: Session, record: SourceRecord, documents: int, stale: Stale | None
) -> out.SourceOut:
    last = repository.last_run(session, record.id)
    kind = runtime.connecting.catalogue.kinds.get(record.kind)
    return out.SourceOut(
        name=record.name,
        kind=record.kind,
        title=record.kind if kind is None else kind.title,
        owners=_owners(session, record.id),
        documents=documents,
        stale=stale is not None,
        bound=None if stale is None else stale.bound,
        stale_since=None if stale is None else stale.since,
        last_confirmed_at=record.confirmed_at,
        last_run=None
        if last is None
        else out.RunOut(
            # Counts tell how much there is, also of what this reader may not read.
            state=last.state,
            counts={},
            error=None,
            started_at=last.started_at,
            finished_at=last.finished_at,
        ),
    )


def _owners(session: Session, source_id: str) -> list[str]:
    """The names of those who look after a source and are still here, in their order."""
    theirs = owners.owners_of(session, source_id)
    here = select(PersonRow.name).where(PersonRow.id.in_(theirs), PersonRow.disabled_at.is_(None))
    return sorted(session.scalars(here))
