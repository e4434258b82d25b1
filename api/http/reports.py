"""Reports for compliance: the weekly one, and the data map. That one is given out is a record first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from api.configuring import By
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.report_shapes import DataMapOut, WeeklyOut
from api.reports import given
from api.reports.datamap.whole import data_map, map_in
from api.reports.html import POLICY
from api.reports.period import period
from api.reports.weekly import weekly

router = APIRouter(prefix="/v1/reports")
Reading = Annotated[By, Depends(deciding("report.read"))]
Since = Annotated[datetime | None, Query(description="The first moment of it; without a zone in UTC.")]
Until = Annotated[datetime | None, Query(description="The first moment after it.")]
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
    week: Annotated[str | None, Query(max_length=20, description="Like 2026-W47; else the last that is over.")] = None,
    since: Since = None,
    until: Until = None,
    form: Literal["html", "pdf", "json"] = "json",
) -> Response:
    """What Vouch did in a week (Monday to Sunday, UTC), or in any other span, beside the one before."""
    span = period(week, since, until, runtime.clock())
    content = given.weekly_in(weekly(runtime, span), form)
    return _file(given.give(runtime, by, "weekly", form, span, content), form)


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
