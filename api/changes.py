"""What administrators and connector owners changed, from the histories that each part keeps: one list, newest first.

Each part keeps what it keeps: of the policy, the register, sources and documents every version, of budgets and
destinations the last change, of people the requests for roles and the grants to act for them. What has no row here
stands in the log.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast, get_args

from sqlalchemy import ColumnElement, Select, String, and_, case, literal, null, or_, select, union_all
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session, aliased

from answer.models.tables import BudgetRow, ModelRow
from connectors.tables import DestinationRow, SourceRow, SourceVersionRow
from core.tables import ActingGrantRow, PersonRow, PolicyRow, RoleRequestRow
from ingest.label.tables import DocumentSensitivityRow

Kind = Literal["policy", "model", "budget", "role", "acting", "source", "sensitivity", "destination"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Place = tuple[datetime, str]
"""Where a change stands in the list: when it was made, and its id."""


@dataclass(frozen=True, slots=True)
class Change:
    """``what`` was changed, and how (``change``). ``by`` is a person's id, or ``operator``, ``vouch.yaml`` or
    ``vouch``. ``why`` is None where no reason is asked for. ``scope`` is that of a budget."""

    id: str
    kind: Kind
    what: str = field(repr=False)
    change: str
    why: str | None = field(repr=False)
    by: str
    at: datetime
    scope: str = ""


def changes(
    session: Session, kinds: Collection[Kind], limit: int, before: Place | None = None, by: str | None = None
) -> list[Change]:
    """At most ``limit`` of these kinds, those behind ``before``; with ``by`` those that this person made."""
    wanted = [query for kind, query in _queries() if kind in kinds]
    if not wanted:
        return []
    every = union_all(*wanted).subquery()
    query = select(every)
    if before is not None:
        at, last = before
        query = query.where(or_(every.c.at < at, and_(every.c.at == at, every.c.id < last)))
    if by is not None:
        query = query.where(every.c.by == by)
    rows = session.execute(query.order_by(every.c.at.desc(), every.c.id.desc()).limit(limit))
    return [Change(row.id, row.kind, row.what, row.change, row.why, row.by, row.at, row.scope) for row in rows]


def _row(kind: Kind, id: Any, what: Any, change: Any, why: Any, by: Any, at: Any, scope: Any = "") -> Select[Any]:
    named: tuple[ColumnElement[Any], ...] = (
        (literal(f"{kind}:") + as_type(id, String)).label("id"),
        literal(kind).label("kind"),
        as_type(what, String).label("what"),
        (literal(change) if isinstance(change, str) else change).label("change"),
        (as_type(null(), String) if why is None else why).label("why"),
        by.label("by"),
        at.label("at"),
        (literal(scope) if isinstance(scope, str) else scope).label("scope"),
    )
    return cast(Select[Any], select(*named))


def _queries() -> list[tuple[Kind, Select[Any]]]:
    """Each with the columns of ``Change``."""
    request, asked_for, grant = aliased(RoleRequestRow), aliased(PersonRow), aliased(ActingGrantRow)
    account = aliased(PersonRow)
    budget_id = BudgetRow.scope + "/" + BudgetRow.name + "/" + BudgetRow.per + "/" + BudgetRow.unit
    set_or_removed = case((BudgetRow.most.is_(None), "removed"), else_="set")
    asked = _row(
        "role", request.id, asked_for.email, literal("asked for ") + request.role, request.why, request.asked_by,
        request.asked_at,
    )  # fmt: skip
    decided = _row(
        "role", request.id + "/decided", asked_for.email, request.state + " " + request.role, request.why,
        request.decided_by, request.decided_at,
    )  # fmt: skip
    given = _row("acting", grant.id, account.name, "given", grant.why, grant.given_by, grant.given_at)
    version = SourceVersionRow.version
    configured = _row(
        "source", SourceVersionRow.source_id + "/" + as_type(version, String), SourceRow.name,
        case((version == 1, "added"), else_="changed"), None, SourceVersionRow.changed_by, SourceVersionRow.changed_at,
    )  # fmt: skip
    said = DocumentSensitivityRow
    return [
        (
            "policy",
            _row("policy", PolicyRow.version, PolicyRow.version, case((PolicyRow.version == 1, "added"),
                 else_="changed"), PolicyRow.why, PolicyRow.changed_by, PolicyRow.changed_at),
        ),
        (
            "model",
            _row("model", ModelRow.revision, ModelRow.name, ModelRow.change, ModelRow.why, ModelRow.changed_by,
                 ModelRow.changed_at),
        ),
        (
            "budget",
            _row("budget", budget_id, BudgetRow.name, set_or_removed, BudgetRow.why, BudgetRow.changed_by,
                 BudgetRow.changed_at, BudgetRow.scope),
        ),
        ("role", asked.join_from(request, asked_for, asked_for.id == request.person_id)),
        ("role", decided.join_from(request, asked_for, asked_for.id == request.person_id).where(
            request.decided_at.is_not(None))),
        ("acting", given.join_from(grant, account, account.id == grant.account_id)),
        (
            "source",
            configured.join_from(SourceVersionRow, SourceRow, SourceRow.id == SourceVersionRow.source_id),
        ),
        (
            "sensitivity",
            _row("sensitivity", said.id, said.document_id, said.before + " to " + said.level, said.why,
                 said.changed_by, said.changed_at),
        ),
        (
            "destination",
            _row("destination", DestinationRow.id, DestinationRow.name, "changed", None, DestinationRow.changed_by,
                 DestinationRow.changed_at),
        ),
    ]  # fmt: skip
