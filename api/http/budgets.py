"""Routes for administrators: budgets, and who used what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from answer.budget import EVERYBODY, BudgetEntry, Per, Scope, Unit
from answer.chargeback import By as ChargedBy
from answer.chargeback import Charge, chargeback, month_of
from answer.models.tables import BudgetRow
from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.administering import addresses, pseudonyms
from api.http.models import Model
from api.http.paging import Cursor, Limit
from api.runtime import Runtime
from core import people

router = APIRouter(prefix="/v1")
Reading = Annotated[By, Depends(deciding("budget.read"))]
Changing = Annotated[By, Depends(deciding("budget.change"))]


class BudgetIn(Model):
    budget: BudgetEntry
    why: str


class BudgetKeyIn(Model):
    """A person is named by their address."""

    scope: Scope
    name: str = EVERYBODY
    per: Per
    unit: Unit
    why: str


class BudgetOut(Model):
    """Money is in millionths of ``currency``. ``used`` is what is used or reserved in the time that runs; None where
    the budget is one for each of several."""

    scope: Scope
    name: str
    per: Per
    unit: Unit
    most: int
    used: int | None
    currency: str
    why: str
    changed_by: str
    changed_at: datetime


class BudgetsOut(Model):
    budgets: list[BudgetOut]
    next: str | None = None


class ChargeOut(Model):
    """Money is in millionths of ``currency``. ``tokens_in`` counts those from and into the provider's cache too.
    ``unsettled`` calls count by their estimate: nobody saw their end."""

    name: str
    currency: str
    calls: int
    tokens_in: int
    tokens_out: int
    cache_read: int
    cache_write: int
    micros: int
    saved: int
    unsettled: int


class ChargebackOut(Model):
    month: str
    by: ChargedBy
    charges: list[ChargeOut]
    total: list[ChargeOut]


@router.get("/budgets")
def list_budgets(by: Reading, runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = "") -> BudgetsOut:
    """Every budget, and what of it is used."""
    return _page(runtime, limit, cursor)


@router.put("/budgets")
def set_budget(body: BudgetIn, by: Changing, runtime: CurrentRuntime) -> BudgetOut:
    """Set one, or another limit of one. It holds from the next call on. A person and a model have to be known, so that
    a slip of the pen does not make a budget that binds nobody."""
    wanted = body.budget
    if wanted.scope == "person" and wanted.name != EVERYBODY:
        with runtime.database.reading() as session:
            people.by_email(session, wanted.name)
    if wanted.scope == "model" and wanted.name != EVERYBODY:
        runtime.models.register.entry(wanted.name)
    made = runtime.models.budgets.set(
        body.budget, body.why, by=by.who, subject=by.subject, trace_id=by.trace_id
    )  # fmt: skip
    return next(
        each
        for each, row in zip(*_both(runtime), strict=True)
        if (row.scope, row.name, row.per, row.unit) == (made.scope, made.name, made.per, made.unit)
    )


@router.post("/budgets/remove")
def remove_budget(body: BudgetKeyIn, by: Changing, runtime: CurrentRuntime) -> BudgetsOut:
    """Remove one; gives those that are left, the first page of them."""
    budgets = runtime.models.budgets
    name = budgets.name_of(body.scope, body.name)
    key = (body.scope, name, body.per, body.unit)
    budgets.remove(key, body.why, by=by.who, subject=by.subject, trace_id=by.trace_id)
    return _page(runtime, paging.MOST, "")


@router.get("/chargeback")
def charge_back(
    reader: Reading, runtime: CurrentRuntime, month: str | None = None, by: ChargedBy = "department"
) -> ChargebackOut:
    """What was used in a month (UTC), written 2026-11; this one where none is said."""
    found = chargeback(runtime.database, month_of(month, runtime.clock()), by)
    names = pseudonyms(runtime) if by == "person" else {}
    return ChargebackOut(
        month=found.month,
        by=found.by,
        charges=[charge_out(each, names.get(each.name, each.name)) for each in found.charges],
        total=[charge_out(each, "total") for each in found.total],
    )


def _page(runtime: Runtime, limit: int, cursor: str) -> BudgetsOut:
    used = runtime.models.budgets.used()
    shown, following = paging.cut(used, limit, cursor, lambda each: _key(each[0]), "budgets", parts=4)
    return BudgetsOut(budgets=_budgets(runtime, shown), next=following)


def _key(row: BudgetRow) -> tuple[str, str, str, str]:
    # A person stands in a cursor by their pseudonym.
    return row.scope, row.name, row.per, row.unit


def _both(runtime: Runtime) -> tuple[list[BudgetOut], list[BudgetRow]]:
    used = runtime.models.budgets.used()
    return _budgets(runtime, used), [row for row, _ in used]


def _budgets(runtime: Runtime, used: list[tuple[BudgetRow, int | None]]) -> list[BudgetOut]:
    with runtime.database.reading() as session:
        authors = addresses(session, {row.changed_by for row, _ in used})
    names = pseudonyms(runtime) if any(row.scope == "person" for row, _ in used) else {}
    return [
        BudgetOut.model_validate({
            "scope": row.scope, "name": names.get(row.name, row.name), "per": row.per, "unit": row.unit,
            "most": row.most, "used": spent, "currency": row.currency, "why": row.why,
            "changed_by": authors.get(row.changed_by, row.changed_by), "changed_at": row.changed_at,
        })
        for row, spent in used
    ]  # fmt: skip


def charge_out(charge: Charge, name: str) -> ChargeOut:
    return ChargeOut(
        name=name, currency=charge.currency, calls=charge.calls, tokens_in=charge.input, tokens_out=charge.output,
        cache_read=charge.cache_read, cache_write=charge.cache_write, micros=charge.micros, saved=charge.saved,
        unsettled=charge.unsettled,
    )  # fmt: skip
