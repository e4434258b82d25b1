"""Who changed what, when and why: of the policy, the register, budgets, people, sources and destinations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from api import changes
from api.changes import Change, Kind, Place
from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.administering import addresses, pseudonyms
from api.http.models import Model
from api.http.paging import Cursor, Limit
from api.permissions import Permission, allows
from api.runtime import Runtime
from core import people
from core.errors import NotFound
from core.ids import stable_id

router = APIRouter(prefix="/v1/changes")
Reading = Annotated[By, Depends(deciding("policy.read"))]
SEEN_WITH: Mapping[Kind, Permission] = {
    "policy": "policy.read", "sensitivity": "policy.read", "model": "model.read", "budget": "budget.read",
    "person": "people.read", "role": "people.read", "service": "service.manage",
    "acting": "service.manage", "source": "source.manage", "destination": "destination.manage",
}  # fmt: skip
"""Of the parts whose present state somebody may see, they see the changes."""


class MadeChangeOut(Model):
    """``what`` was changed: a name, an address, a version, or a document's id; empty for a person who was forgotten.
    ``why`` is null where no reason is asked for. ``scope`` is that of a budget."""

    id: str
    kind: Kind
    what: str
    scope: str
    change: str
    why: str | None
    changed_by: str
    changed_at: datetime


class MadeChangesOut(Model):
    """``kinds``: those that the asker may see."""

    changes: list[MadeChangeOut]
    kinds: list[Kind]
    next: str | None = None


@router.get("")
def list_changes(
    by: Reading, runtime: CurrentRuntime, kind: Annotated[list[Kind] | None, Query()] = None,
    person: Annotated[str, Query(max_length=320, description="Who changed it: an address.")] = "",
    limit: Limit = 100, cursor: Cursor = "",
) -> MadeChangesOut:  # fmt: skip
    """The newest first, from the histories that each part keeps, and from the log for people and for keys of service
    accounts. Only parts that the asker may see."""
    seen: list[Kind] = [each for each in changes.KINDS if allows(SEEN_WITH[each], by.roles)]
    wanted: list[Kind] = [each for each in seen if not kind or each in kind]
    before = cast("Place", paging.read(cursor, datetime, str, of="changes")) if cursor else None
    if not changes.LOGGED.keys().isdisjoint(wanted):
        runtime.sequencer.drain()
        runtime.finder.follow()
    with runtime.database.reading() as session:
        found = changes.changes(session, wanted, limit + 1, before, _who(runtime, session, person))
        shown, following = paging.page_of(found, limit, lambda each: (each.at, each.id), "changes")
        names = addresses(session, {each.by for each in shown})
    if any(each.scope == "person" or each.kind in changes.LOGGED for each in shown):
        names |= pseudonyms(runtime)
    return MadeChangesOut(changes=[_change(each, names) for each in shown], kinds=seen, next=following)


def _who(runtime: Runtime, session: Session, person: str) -> tuple[str, ...] | None:
    """What whoever is meant is called: the id and the pseudonym of a person who is here, or one of the words that stand
    for no person."""
    if not person:
        return None
    if "@" not in person:
        return (person,)
    found = people.find(session, person)
    if found is None:
        raise NotFound(f"Nobody here has the address {person}.", hint="Look for it among the people.")
    return found, runtime.audit.subject(found)


def _change(change: Change, names: Mapping[str, str]) -> MadeChangeOut:
    return MadeChangeOut(
        id=stable_id("change", change.id),
        kind=change.kind,
        what=_what(change, names),
        scope=change.scope,
        change=change.change,
        why=change.why,
        changed_by=names.get(change.by, change.by),
        changed_at=change.at,
    )


def _what(change: Change, names: Mapping[str, str]) -> str:
    if change.kind in changes.LOGGED:
        found = names.get(change.what, "")
        return found.partition("@")[0] if change.kind == "service" else found
    return names.get(change.what, change.what) if change.scope == "person" else change.what
