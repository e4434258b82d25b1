"""Configuring and running sources, recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import company
from api.http import models as out
from api.runtime import Runtime
from connectors import repository
from connectors.repository import SourceRecord
from connectors.sources.open import checked, kind_of, open_source
from core.access import Principal, permits
from core.access_sets import by_keys
from core.audit import Event
from core.errors import Conflict, Invalid
from core.people import checked_group
from ingest.sync import Progress, Report
from ingest.tables import DocumentRow

OPERATOR = "operator"


def configure(runtime: Runtime, wanted: out.IngestIn, *, demo: bool = False, **more: Any) -> SourceRecord:
    """Create the source that ``wanted`` names, or change what it says anew. Its path cannot be changed."""
    name = checked_group(wanted.source)
    path = Path(wanted.path)
    with runtime.database.reading() as session:
        existing = repository.find(session, name)
    config: dict[str, Any] = dict(existing.config) if existing else {}
    if existing and config["path"] != str(path):
        raise Conflict(
            f"The source {name} reads {config['path']}, not {path}.",
            hint="Choose another --source name for another path.",
        )
    if existing is None and not path.exists():
        raise Invalid(f"There is nothing at {path}.", hint="Check the path.")
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
    with runtime.database.writing() as session:
        record = repository.put(session, name, kind, config, by=OPERATOR, now=runtime.clock(), demo=demo)
        if existing is None or existing.version != record.version:
            runtime.audit.enlist(session, _configured(runtime, record, created=existing is None))
    return record


def run(runtime: Runtime, record: SourceRecord, progress: Callable[[Progress], None], *, confirm_empty: bool) -> Report:
    """One run of the source, in the log when it has ended, well or not."""
    max_bytes = runtime.settings.ingest.max_file_mb * 2**20
    source = open_source(record.kind, record.config, max_bytes)
    counts: dict[str, int] = {}
    ended = "failed"
    try:
        report = runtime.sync.run(record, source, progress, confirm_empty=confirm_empty)
        counts, ended = report.counts, "done"
        return report
    finally:
        runtime.audit.append(
            Event(
                kind="source.run",
                subject="",
                action="source.run",
                outcome="done" if ended == "done" else "failed",
                at=runtime.clock(),
                details={
                    "source": record.id,
                    "connector": record.kind,
                    **{name: counts.get(name, 0) for name in ("new", "changed", "unchanged", "deleted", "failed")},
                },
            )
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
        report = run(runtime, record, lambda progress: None, confirm_empty=False)
        tell(f"  {declared['name']}: {report.new} documents, {report.chunks} passages")
    return True


def readable(runtime: Runtime, principal: Principal) -> list[out.SourceOut]:
    """The sources of which the principal may read at least one document, counting those only."""
    with runtime.database.reading() as session:
        shown: list[out.SourceOut] = []
        for record in repository.everything(session):
            documents = _readable_documents(session, record.id, principal)
            if documents:
                shown.append(_source(session, record, documents))
        return shown


def _readable_documents(session: Session, source_id: str, principal: Principal) -> int:
    counts = session.execute(
        select(DocumentRow.access_key, func.count())
        .where(DocumentRow.source_id == source_id, DocumentRow.state == "ready")
        .group_by(DocumentRow.access_key)
    ).all()
    sets = by_keys(session, [key for key, _ in counts])
    return sum(count for key, count in counts if permits(sets[key], principal))


def _source(session: Session, record: SourceRecord, documents: int) -> out.SourceOut:
    last = repository.last_run(session, record.id)
    return out.SourceOut(
        name=record.name,
        kind=record.kind,
        documents=documents,
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


def _configured(runtime: Runtime, record: SourceRecord, *, created: bool) -> Event:
    commitments = runtime.audit.commitments()
    return Event(
        kind="source.configured",
        subject="",
        action="source.configure",
        outcome="done",
        at=runtime.clock(),
        salt=commitments.salt,
        details={
            "source": record.id,
            "change": "created" if created else "changed",
            "connector": record.kind,
            "revision": record.version,
            "settings": commitments.of(orjson.dumps(record.config, option=orjson.OPT_SORT_KEYS)),
            "access": checked(record.config).access().key,
        },
    )
