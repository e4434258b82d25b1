"""What administrators and connector owners changed, from the histories that each part keeps: one list, newest first.

Each part keeps what it keeps: of the policy, the register, sources and documents every version, of budgets and
destinations the last change, of people the requests for roles and the grants to act for them. Who was added, changed,
disabled or forgotten, and which keys programs got and lost, is taken from the log, as far as its index has followed it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast, get_args

from sqlalchemy import ColumnElement, Select, String, and_, case, literal, null, or_, select, union_all
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session, aliased

from answer.models.tables import BudgetRow, ModelRow
from connectors.tables import DestinationRow, SourceRow, SourceVersionRow
from core.audit.finding import read
from core.audit.tables import FoundRow
from core.tables import ActingGrantRow, PersonRow, PolicyRow, RoleRequestRow
from ingest.label.tables import DocumentSensitivityRow

Kind = Literal[
    "policy", "model", "budget", "person", "role", "service", "acting", "source", "sensitivity", "destination"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
LOGGED: Mapping[Kind, str] = {"person": "people.changed", "service": "service.changed"}
"""Of what only the log keeps the changes: the kind of their records."""
WITH_A_ROW = ("service.grant_given",)
"""Actions of records for which another kind has a row, with the reason."""
Place = tuple[datetime, str]
"""Where a change stands in the list: when it was made, and its id."""


@dataclass(frozen=True, slots=True)
class Change:
    """``what`` was changed, and how (``change``). ``by`` is a person's id, or ``operator``, ``vouch.yaml``, ``vouch``
    or ``directory``; of what the log keeps, ``what`` and ``by`` are pseudonyms. ``why`` is None where no reason is
    asked for. ``scope`` is that of a budget."""

    id: str
    kind: Kind
    what: str = field(repr=False)
    change: str
    why: str | None = field(repr=False)
    by: str
    at: datetime
    scope: str = ""


def changes(
    session: Session,
    kinds: Collection[Kind],
    limit: int,
    before: Place | None = None,
    by: Collection[str] | None = None,
) -> list[Change]:
    """At most ``limit`` of these kinds, those behind ``before``; with ``by`` those that whoever is called one of these
    made."""
    wanted = [query for kind, query in _queries() if kind in kinds]
    if not wanted:
        return []
    every = union_all(*wanted).subquery()
    query = select(every)
    if before is not None:
        at, last = before
        query = query.where(or_(every.c.at < at, and_(every.c.at == at, every.c.id < last)))
    if by is not None:
        query = query.where(every.c.by.in_(by))
    rows = session.execute(query.order_by(every.c.at.desc(), every.c.id.desc()).limit(limit))
    found = [Change(row.id, row.kind, row.what, row.change, row.why, row.by, row.at, row.scope) for row in rows]
    return _with_records(session, found)


def _with_records(session: Session, found: list[Change]) -> list[Change]:
    """Those of which the log keeps the changes say the number of their record: what it says takes its place. Whom a
    damaged record is about, nobody can tell."""
    records = {each.seq: each.details for each in read(session, [int(row.what) for row in found if row.kind in LOGGED])}
    return [_told(each, records.get(int(each.what), {})) if each.kind in LOGGED else each for each in found]


def _told(change: Change, details: Mapping[str, Any]) -> Change:
    done = details.get("change", change.change)
    # Of who is not here any more, the record says the roles that they had.
    given = details.get("roles", ()) if done in ("added", "changed") else details.get("scopes", ())
    return replace(
        change,
        what=details.get("person") or details.get("account") or "",
        change=f"{done}: {', '.join(given)}" if given else done,
        by="directory" if details.get("origin") else change.by,
    )


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
    who = case((FoundRow.subject == "", "operator"), else_=FoundRow.subject)
    logged: list[tuple[Kind, Select[Any]]] = [
        (
            kind,
            _row(kind, FoundRow.seq, FoundRow.seq, FoundRow.action, None, who, FoundRow.at).where(
                FoundRow.kind == of, FoundRow.action.not_in(WITH_A_ROW)
            ),
        )
        for kind, of in LOGGED.items()
    ]
    return [
        *logged,
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
