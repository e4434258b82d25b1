"""Queries on the versions of the data policy. A version is added, and stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import policy_document
from core.decided import SEEDED_BY, reason
from core.errors import Conflict, Invalid, NotFound
from core.kinds import DataClass
from core.policy import Policy
from core.policy_document import Document, checked, policy_of
from core.tables import PolicyRow


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version as it was decided: what it says, who decided it, why and when."""

    version: int
    document: Document = field(repr=False)
    why: str
    changed_by: str
    changed_at: datetime

    @property
    def policy(self) -> Policy:
        return policy_of(self.document, self.version)


def current(session: Session) -> PolicyVersion:
    """The version that holds. Raises ``NotFound`` where there is none: then nothing may go anywhere."""
    row = session.scalar(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1))
    if row is None:
        raise NotFound("There is no data policy.", hint="Start Vouch again: the first start makes one of vouch.yaml.")
    return _version(row)


def classes_of_kinds(session: Session) -> dict[str, DataClass]:
    """What the policy that holds says of kinds; nothing where there is none."""
    document = session.scalar(select(PolicyRow.document).order_by(PolicyRow.version.desc()).limit(1))
    return policy_document.classes_of_kinds(document or {})


def numbered(session: Session, version: int) -> PolicyVersion:
    row = session.get(PolicyRow, version)
    if row is None:
        raise NotFound(f"There is no version {version} of the policy.", hint="vouch policy history lists them.")
    return _version(row)


def history(session: Session) -> list[PolicyVersion]:
    """Every version, newest first."""
    return [_version(row) for row in session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()))]


def seed_once(session: Session, document: Mapping[str, Any], now: datetime) -> PolicyVersion | None:
    """Make ``document`` version 1 where there is no version yet; else do nothing and return None."""
    if session.scalar(select(func.count()).select_from(PolicyRow)):
        return None
    return _add(session, 1, document, "As the configuration said at the first start.", SEEDED_BY, now)


def put(
    session: Session, document: Mapping[str, Any], *, why: str, by: str, now: datetime, replaces: int | None = None
) -> PolicyVersion:
    """The next version. ``replaces``: the version that its author saw. Raises ``Conflict`` when another one holds now,
    ``Invalid`` for a document that cannot be used, or that says what holds already."""
    why = reason(why, "the policy")
    now_held = current(session)
    if replaces is not None and replaces != now_held.version:
        raise Conflict(
            f"The policy has changed meanwhile: version {now_held.version} holds.",
            hint="See vouch policy show, and make your change to that.",
        )
    if checked(document) == now_held.document:
        raise Invalid(f"This is what version {now_held.version} says already.", hint="See vouch policy show.")
    return _add(session, now_held.version + 1, document, why, by, now)


def _add(
    session: Session, version: int, document: Mapping[str, Any], why: str, by: str, now: datetime
) -> PolicyVersion:
    policy_of(document, version)
    row = PolicyRow(version=version, document=checked(document), why=why, changed_by=by, changed_at=now)
    session.add(row)
    session.flush()
    return _version(row)


def _version(row: PolicyRow) -> PolicyVersion:
    return PolicyVersion(row.version, checked(row.document), row.why, row.changed_by, row.changed_at)
