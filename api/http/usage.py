"""The calls of models that budgets and chargeback count, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from answer.chargeback import month_of, summed
from answer.models.tables import UsageRow
from answer.usage import Purpose
from answer.usage_rows import Calls, calls
from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.budgets import ChargeOut, charge_out
from api.http.models import Model
from api.http.moments import Moment
from api.http.paging import Cursor, Limit
from api.permissions import allows, who
from api.runtime import Runtime
from core import people
from core.audit import Event
from core.audit.events import JSON
from core.errors import Forbidden, Invalid, NotFound

router = APIRouter(prefix="/v1")
Reading = Annotated[By, Depends(deciding("budget.read"))]
Name = Annotated[str | None, Query(max_length=300)]


@dataclass(frozen=True, slots=True)
class Filters:
    """All of them have to hold. Empty, and not left out, is a call of no department, of no source, of nobody."""

    since: Annotated[Moment | None, Query(description="The first moment, with its zone; else the month's.")] = None
    until: Annotated[Moment | None, Query(description="The first moment after it; else now.")] = None
    department: Name = None
    source: Name = None
    model: Name = None
    person: Annotated[str | None, Query(max_length=320, description="An address; takes `people.read`.")] = None
    currency: Annotated[str | None, Query(max_length=3)] = None
    settled: bool | None = None


class UsedCallOut(Model):
    """``answer`` is given to who may open it for review. Money is in millionths of ``currency``. ``settled``: the
    figures are what it used, and not an estimate of it."""

    id: str
    at: datetime
    answer: str | None
    model: str
    purpose: Purpose
    department: str
    sources: list[str]
    tokens_in: int
    tokens_out: int
    cache_read: int
    micros: int
    saved: int
    currency: str
    settled: bool


class UsedCallsOut(Model):
    """``totals``, on the first page only, are of all calls that fit, one for each currency, as chargeback has them.
    Of a source they are its share."""

    since: datetime
    until: datetime
    totals: list[ChargeOut]
    calls: list[UsedCallOut]
    next: str | None


@router.get("/usage")
def list_calls(
    filters: Annotated[Filters, Depends()], by: Reading, runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = ""
) -> UsedCallsOut:
    """Calls of models, the newest first. Who may look up people sees those of a person, but no answers; who may open
    answers sees those, but not whose calls they are. That somebody looked is a record."""
    before = cast("tuple[datetime, str]", paging.read(cursor, datetime, str, of="calls")) if cursor else None
    with runtime.database.reading() as session:
        wanted = _wanted(runtime, session, filters, by)
        found: list[UsageRow] = []
        for row in calls(session, wanted, before=before):
            found.append(row)
            if len(found) > limit:
                break
        shown, following = paging.page_of(found, limit, lambda each: (each.at, each.id), "calls")
        totals = [] if cursor else summed(session, wanted)
        opened = allows("review", by.roles)
        listed = [_call(row, opened=opened) for row in shown]
    _tell(runtime, by, filters, wanted, len(shown))
    return UsedCallsOut(
        since=wanted.start, until=wanted.end, totals=[charge_out(each, "total") for each in totals], calls=listed,
        next=following,
    )  # fmt: skip


def _wanted(runtime: Runtime, session: Session, filters: Filters, by: By) -> Calls:
    until = filters.until or runtime.clock()
    since = filters.since or month_of(None, until)
    if since >= until:
        raise Invalid("The period ends before it begins.", hint="Say since before until.")
    return Calls(
        since, until, subject=_subject(runtime, session, filters.person, by), department=filters.department,
        model=filters.model, source=filters.source, currency=filters.currency, settled=filters.settled,
    )  # fmt: skip


def _subject(runtime: Runtime, session: Session, person: str | None, by: By) -> str | None:
    if not person:
        return person
    if not allows("people.read", by.roles):
        raise Forbidden("Whose calls these are is not shown to you.", hint=f"It is to {who('people.read')}.")
    found = people.find(session, person)
    if found is None:
        raise NotFound(f"Nobody here has the address {person}.", hint="Look for it among the people.")
    return runtime.audit.subject(found)


def _tell(runtime: Runtime, by: By, filters: Filters, wanted: Calls, found: int) -> None:
    given = [name for name in Filters.__slots__ if getattr(filters, name) is not None]
    details: dict[str, JSON] = {"what": "calls", "by": [*given], "found": found}
    if wanted.subject:
        details["person"] = wanted.subject
    runtime.audit.append(
        Event("audit.searched", by.subject, "search", "done", runtime.clock(), trace_id=by.trace_id, details=details)
    )


def _call(row: UsageRow, *, opened: bool) -> UsedCallOut:
    return UsedCallOut(
        id=row.id, at=row.at, answer=row.answer_id if opened else None, model=row.model,
        purpose=cast("Purpose", row.purpose), department=row.department, sources=row.sources, tokens_in=row.input,
        tokens_out=row.output, cache_read=row.cache_read, micros=row.micros, saved=row.saved, currency=row.currency,
        settled=row.settled,
    )  # fmt: skip
