"""What an administrator declares of a destination, checked as a whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from connectors.destinations import repository
from connectors.destinations.base import covers
from connectors.destinations.catalogue import checked
from connectors.destinations.contract import checked_contract
from connectors.destinations.repository import REVIEW, DestinationRecord
from connectors.tables import DeliveryRow
from core.errors import Conflict, Invalid
from core.ids import stable_id
from core.people import checked_group

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
Change = Literal["created", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Declared:
    """``contract`` is a JSON schema; ``audience`` the groups of those who read what arrives there; ``fallback`` the
    name of another destination, ``review``, or None."""

    name: str
    kind: str
    config: dict[str, Any] = field(repr=False)
    contract: dict[str, Any]
    audience: tuple[str, ...]
    fallback: str | None = None


def declare(session: Session, wanted: Declared, *, by: str, now: datetime) -> tuple[DestinationRecord, Change]:
    """Create a destination, or change one. Raises ``Invalid`` or ``Conflict`` with what stands in the way."""
    if not NAME.fullmatch(wanted.name) or wanted.name == REVIEW:
        raise Invalid(f"{wanted.name!r} is no name for a destination.", hint="Use a-z, 0-9 and hyphens.")
    audience = tuple(sorted({checked_group(group) for group in wanted.audience}))
    if not audience:
        raise Invalid("A destination needs an audience.", hint="Name the groups of those who read what arrives there.")
    config = checked(wanted.kind, wanted.config).model_dump(mode="json")
    contract = checked_contract(wanted.contract)
    existing = repository.find(session, wanted.name)
    if existing is not None and existing.kind != wanted.kind:
        raise Conflict(f"{wanted.name} is of the kind {existing.kind}.", hint="Choose another name.")
    record = DestinationRecord(
        stable_id("destination", wanted.name), wanted.name, wanted.kind, config, contract, audience, wanted.fallback,
        now,
    )  # fmt: skip
    if existing is not None and _says(existing) == _says(record):
        return existing, "unchanged"
    _check_fallbacks(session, record)
    repository.put(session, record, by)
    return record, "created" if existing is None else "changed"


def withdraw(session: Session, name: str) -> DestinationRecord:
    """Remove a destination. What waits for it is dead; what was sent stays on record."""
    record = repository.by_name(session, name)
    users = [other.name for other in repository.everything(session) if other.fallback == name]
    if users:
        raise Conflict(f"{name} is the fallback of {', '.join(users)}.", hint="Give them another fallback first.")
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.destination == name, DeliveryRow.state == "waiting")
        .values(state="dead", next_at=None, error="The destination was removed.")
    )
    repository.remove(session, name)
    return record


def _check_fallbacks(session: Session, record: DestinationRecord) -> None:
    """Every chain ends, and at each step of it reads nobody who did not read the step before."""
    known = {other.name: other for other in repository.everything(session)} | {record.name: record}
    for start in known.values():
        passed, at = {start.name}, start
        while at.fallback not in (None, REVIEW):
            following = known.get(at.fallback or "")
            if following is None:
                raise Invalid(f"There is no destination named {at.fallback!r} to fall back on.", hint="Add it first.")
            if following.name in passed:
                raise Invalid(f"{start.name} would fall back on itself.", hint="Let the last one fall back on review.")
            if not covers(at.audience, following.audience):
                raise Invalid(
                    f"{following.name} is read by people who do not read {at.name}, so it cannot be its fallback.",
                    hint="Choose one with the same audience or a part of it.",
                )
            passed.add(following.name)
            at = following


def _says(record: DestinationRecord) -> tuple[Any, ...]:
    return record.config, record.contract, record.audience, record.fallback
