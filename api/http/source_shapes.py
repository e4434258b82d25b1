"""Sources as the API shows them to those who look after them. Secrets are references here as everywhere."""

from __future__ import annotations

from datetime import timedelta

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.http import source_models as out
from api.runtime import Runtime
from api.syncing import Came
from connectors import failures, repository, tasks
from connectors.freshness.status import KindFreshness, freshness_of, standings_of
from connectors.kinds import Kind
from connectors.plan import stored_plan
from connectors.repository import SourceRecord
from connectors.sources.base import Step
from connectors.tables import AccountRow, FailureRow, RunRow
from core.tables import PersonRow
from ingest import repository as documents
from ingest.tables import DocumentRow


def kind(found: Kind, *, addable: bool) -> out.SourceKindOut:
    return out.SourceKindOut(
        name=found.name, title=found.title, category=found.category, auth=found.auth, cursor=found.cursor,
        deletions=found.deletions, permissions=found.permissions, tested=found.tested, example=found.example,
        sample=yaml.safe_load(found.example), settings=found.config.model_json_schema(), addable=addable,
    )  # fmt: skip


def step(found: Step) -> out.StepOut:
    return out.StepOut(name=found.name, ok=found.ok, detail=found.detail, hint=found.hint)


def run(row: RunRow) -> out.SourceRunOut:
    return out.SourceRunOut(
        id=row.id, task=row.task, state=row.state, counts=row.counts, error=row.error, started_at=row.started_at,
        finished_at=row.finished_at,
    )  # fmt: skip


def configured(runtime: Runtime, session: Session, record: SourceRecord) -> out.ConfiguredSourceOut:
    counts = session.execute(
        select(DocumentRow.state, func.count())
        .where(DocumentRow.source_id == record.id)
        .group_by(DocumentRow.state)
        .order_by(DocumentRow.state)
    ).all()
    known = select(func.count(), func.count(AccountRow.person_id)).where(AccountRow.source_id == record.id)
    accounts, joined = session.execute(known).one()
    failing = select(func.count()).where(FailureRow.source_id == record.id, FailureRow.attempts > 0)
    plan = stored_plan(record.plan)
    states = {each.state for each in standings_of(session, [(record, plan)], runtime.clock())[record.id]}
    last = repository.last_run(session, record.id)
    return out.ConfiguredSourceOut(
        name=record.name,
        kind=record.kind,
        state="paused" if record.state == "paused" else "active",
        version=record.version,
        demo=record.demo,
        config=record.config,
        plan=plan.model_dump(mode="json"),
        documents={row[0]: row[1] for row in counts},
        waiting=documents.pending_of(session, record.id),
        failing=session.scalar(failing) or 0,
        accounts=accounts,
        joined=joined,
        confirmed_at=record.confirmed_at,
        freshness="breach" if "breach" in states else "unknown" if "unknown" in states else "ok",
        last_run=None if last is None else run(last),
    )


def detail(runtime: Runtime, session: Session, record: SourceRecord) -> out.SourceDetailOut:
    states = tasks.of_source(session, record.id).values()
    versions = repository.versions(session, record.id)
    people = select(PersonRow.id, PersonRow.email).where(PersonRow.id.in_({each.changed_by for each in versions}))
    emails = {row.id: row.email for row in session.execute(people)}
    return out.SourceDetailOut(
        **configured(runtime, session, record).model_dump(),
        tasks=[
            out.SourceTaskOut(
                task=each.task, due_at=each.due_at, succeeded_at=each.succeeded_at, failures=each.failures,
                error=each.error,
            )
            for each in sorted(states, key=lambda state: state.task)
        ],
        versions=[
            out.SourceVersionOut(
                version=each.version, changed_by=emails.get(each.changed_by, each.changed_by),
                changed_at=each.changed_at,
            )
            for each in versions
        ],
    )  # fmt: skip


def report(came: Came) -> out.SyncReportOut:
    return out.SyncReportOut(
        source=came.source,
        counts=dict(came.counts),
        failures=[out.UnreadOut(uri=each.key, code=each.code, reason=each.reason) for each in came.failures],
    )


def failing(session: Session, record: SourceRecord, limit: int) -> out.SourceFailuresOut:
    rows = session.scalars(
        select(DocumentRow)
        .where(DocumentRow.source_id == record.id, DocumentRow.state == "failed")
        .order_by(DocumentRow.key)
        .limit(limit)
    )
    return out.SourceFailuresOut(
        source=record.name,
        items=[
            out.FailingItemOut(
                key=row.key, code=row.code, reason=row.reason, attempts=row.attempts, first_at=row.first_at,
                last_at=row.last_at, next_at=row.next_at,
            )
            for row in failures.of_source(session, record.id, limit)
            # One without an attempt is an announced change, in line to be read.
            if row.attempts
        ],
        documents=[
            out.FailingDocumentOut(
                id=row.id, uri=row.key, code=row.failure_code or "failed", reason=row.failure_reason or ""
            )
            for row in rows
        ],
    )  # fmt: skip


def freshness(runtime: Runtime, session: Session, record: SourceRecord) -> out.SourceFreshnessOut:
    plan = stored_plan(record.plan)
    found = freshness_of(session, record, plan, runtime.clock())
    return out.SourceFreshnessOut(
        source=record.name,
        state=found.state,
        objective=plan.objective,
        policy=plan.stale,
        kinds=[_kind_freshness(each) for each in found],
    )


def _kind_freshness(each: KindFreshness) -> out.KindFreshnessOut:
    standing = each.standing
    return out.KindFreshnessOut(
        kind=standing.kind,
        bound=_seconds(standing.bound),
        state=standing.state,
        confirmed_at=standing.confirmed_at,
        staleness=_seconds(standing.staleness),
        overdue_since=standing.overdue_since,
        p50=_seconds(each.p50),
        p95=_seconds(each.p95),
        windows=[
            out.WindowOut(
                days=window.days, count=window.count, late=window.late, attainment=window.attainment,
                budget_left=window.budget_left, burn_rate=window.burn_rate,
            )
            for window in each.windows
        ],
    )  # fmt: skip


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
