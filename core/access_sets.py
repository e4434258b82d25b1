"""Interned access: each distinct access and conjunction is stored once, under the hash of its content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.access import Access, Conjunction, Principal
from core.tables import AccessSetRow, DerivedGroupRow, DerivedTermRow, MentionedGrantRow

# Built once: this is on the way of every search.
_BY_KEYS = select(AccessSetRow.key, AccessSetRow.allow, AccessSetRow.deny).where(
    AccessSetRow.key.in_(bindparam("keys", expanding=True))
)
_AT_ONCE = 500
_MENTIONED = select(MentionedGrantRow.grant).where(MentionedGrantRow.grant.in_(bindparam("grants", expanding=True)))


def intern(session: Session, access: Access) -> str:
    """Store ``access`` if it is new; returns its key."""
    if session.get(AccessSetRow, access.key) is None:
        session.add(AccessSetRow(key=access.key, allow=list(access.allow), deny=list(access.deny)))
        session.flush()
        _mention(session, (*access.allow, *access.deny))
    return access.key


def intern_conjunction(session: Session, conjunction: Conjunction, now: datetime | None = None) -> str:
    """Store a conjunction as a derived group; returns its grant. People who satisfy it hold the grant at once, which is
    ``now``."""
    if session.get(DerivedGroupRow, conjunction.grant) is None:
        session.add(DerivedGroupRow(grant=conjunction.grant, clauses=len(conjunction.all_of), since=now))
        session.flush()
        session.add_all(
            DerivedTermRow(derived=conjunction.grant, clause=number, grant=grant)
            for number, any_of in enumerate(conjunction.all_of)
            for grant in any_of
        )
        session.flush()
    return conjunction.grant


def intern_both(session: Session, first: Access, second: Access, now: datetime | None = None) -> None:
    """Store the derived group of what needs ``first`` and ``second`` together (``core.access.both``)."""
    intern_conjunction(session, Conjunction.of(first.allow, second.allow), now)


def effective_key(session: Session, principal: Principal) -> str:
    """Equal for two people only if each access in the database permits both or neither, as of now: the key of the
    grants that some access mentions. What none mentions, a person's own grant as a rule, decides nothing.

    The derived group of a restricted field is mentioned nowhere, but what satisfies it is.
    """
    held = principal.grants.union(*principal.beside)
    mentioned = frozenset(session.scalars(_MENTIONED, {"grants": sorted(held)}))
    return principal.key_of(mentioned)


def by_keys(session: Session, keys: Iterable[str]) -> dict[str, Access]:
    rows = session.execute(_BY_KEYS, {"keys": sorted(set(keys))})
    return {key: Access(tuple(allow), tuple(deny)) for key, allow, deny in rows}


def _mention(session: Session, grants: Iterable[str]) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    wanted = sorted(set(grants))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        known = set(session.scalars(_MENTIONED, {"grants": some}))
        if new := [{"grant": grant} for grant in some if grant not in known]:
            # Another transaction may mention the same grant first.
            session.execute(insert(MentionedGrantRow).on_conflict_do_nothing(), new)
