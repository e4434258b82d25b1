"""Reports for compliance: the weekly one, and the data map. That one is given out is a record first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, TypeAdapter, ValidationError

from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.paging import Cursor, Limit
from api.http.report_shapes import (
    ColumnOut,
    CountedRecordOut,
    CountedRecordsOut,
    DataMapOut,
    ListedOut,
    PeriodOut,
    WeeklyOut,
)
from api.http.searching import found_out
from api.reports import given, listed
from api.reports.counted import counted as records
from api.reports.datamap.whole import data_map, map_in
from api.reports.html import POLICY
from api.reports.period import period
from api.reports.tally import Pattern
from api.reports.weekly import weekly
from core.audit import Event
from core.audit.events import JSON
from core.errors import Invalid

router = APIRouter(prefix="/v1/reports")
Reading = Annotated[By, Depends(deciding("report.read"))]
Looking = Annotated[By, Depends(deciding("audit.read"))]
Week = Annotated[str | None, Query(max_length=20, description="Like 2026-W47; else the last that is over.")]
Since = Annotated[datetime | None, Query(description="The first moment of it; without a zone in UTC.")]
Until = Annotated[datetime | None, Query(description="The first moment after it.")]
_PATTERN = TypeAdapter(Annotated[list[Annotated[str, Field(max_length=300)] | None], Field(min_length=1, max_length=8)])
_TYPES = {
    "html": "text/html; charset=utf-8", "pdf": "application/pdf", "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}  # fmt: skip


def _forms(model: type[Model], *others: str) -> dict[int | str, dict[str, Any]]:
    """What the schema says of the reply."""
    schema: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"model": model, "content": {_TYPES[name].partition(";")[0]: schema for name in others}}}


@router.get("/weekly", response_class=Response, responses=_forms(WeeklyOut, "html", "pdf"))
def weekly_report(
    runtime: CurrentRuntime,
    by: Reading,
    week: Week = None,
    since: Since = None,
    until: Until = None,
    form: Literal["html", "pdf", "json"] = "json",
) -> Response:
    """What Vouch did in a week (Monday to Sunday, UTC), or in any other span, beside the one before."""
    span = period(week, since, until, runtime.clock())
    content = given.weekly_in(weekly(runtime, span), form)
    return _file(given.give(runtime, by, "weekly", form, span, content), form)


@router.get("/weekly/records")
def counted_records(
    runtime: CurrentRuntime,
    by: Looking,
    counted: Annotated[
        list[str], Query(min_length=1, max_length=200, description="A pattern of the report's `counted`, as JSON.")
    ],
    week: Week = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> CountedRecordsOut:
    """The records of the log that a figure of the weekly report counts, the oldest first."""
    span = period(week, since, until, runtime.clock())
    after: int = paging.read(cursor, int, of="counted")[0] if cursor else 0
    found = records(runtime, span, [_pattern(each) for each in counted], limit + 1, after)
    shown, following = paging.page_of(found.shares, limit, lambda each: (each.found.seq,), "counted")
    runtime.audit.append(
        Event(
            "audit.searched", by.subject, "search", "done", runtime.clock(), trace_id=by.trace_id,
            details={"what": "events", "by": ["counted", "since", "until"], "found": len(shown)},
        )
    )  # fmt: skip
    return CountedRecordsOut(
        period=PeriodOut(since=span.since, until=span.until, week=span.week), amount=found.amount, total=found.records,
        events=[CountedRecordOut(**found_out(each.found).model_dump(), amount=each.amount) for each in shown],
        next=following,
    )  # fmt: skip


@router.get("/weekly/rows")
def listed_rows(
    runtime: CurrentRuntime,
    by: Looking,
    of: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Query(alias="listed", min_length=1, max_length=3, description="A number's `listed`, word by word."),
    ],
    week: Week = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListedOut:
    """What a number of the weekly report counts that is of tables and not of the log, the oldest first."""
    span = period(week, since, until, runtime.clock())
    found = listed.listing(span, *of)
    after = paging.read(cursor, *found.kinds, of=of[0]) if cursor else ()
    with runtime.database.reading() as session:
        rows, following = paging.page_of(
            found.rows(session, limit + 1, after), limit, lambda row: [row[name] for name in found.place], of[0]
        )
        amount, total = found.number(session), found.total(session)
    details: dict[str, JSON] = {"what": "counted", "by": [of[0]], "found": len(rows)}
    runtime.audit.append(
        Event("audit.searched", by.subject, "search", "done", runtime.clock(), trace_id=by.trace_id, details=details)
    )
    return ListedOut(
        period=PeriodOut(since=span.since, until=span.until, week=span.week), title=found.title,
        columns=[ColumnOut(name=each.name, title=each.title, unit=each.unit) for each in found.columns],
        rows=[listed.told(row, runtime.audit.subject) for row in rows], amount=amount, total=total, next=following,
    )  # fmt: skip


def _pattern(text: str) -> Pattern:
    try:
        return tuple(_PATTERN.validate_json(text))
    except ValidationError:
        raise Invalid(
            f"{text[:100]!r} is no pattern of a report.", hint='Send one of its counted, like ["events", "sign_in"].'
        ) from None


@router.get("/data-map", response_class=Response, responses=_forms(DataMapOut, "html", "csv"))
def data_map_report(
    runtime: CurrentRuntime,
    by: Reading,
    since: Since = None,
    until: Until = None,
    form: Literal["html", "csv", "json"] = "json",
) -> Response:
    """Which data of which sources may go where by the policy that holds, and what was sent in a period."""
    span = period(None, since, until, runtime.clock())
    content = map_in(data_map(runtime, span), form)
    return _file(given.give(runtime, by, "data_map", form, span, content), form)


def _file(made: given.Given, form: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "X-Content-SHA256": made.digest,
        "Cache-Control": "no-store",
    }
    if form == "html":
        headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'none'"
    return Response(made.content, media_type=_TYPES[form], headers=headers)
