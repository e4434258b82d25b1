"""Who held which grants at a moment, and whom an access permitted then: out of rows that say from when until when.

Derived groups never change, as they are named by what they ask for; but one that was not there yet was held by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from core.access import EVERYONE, Access, person
from core.access_sets import by_keys
from core.tables import DerivedGroupRow, DerivedTermRow, MembershipRow, PersonRow
from ingest.repository import batches
from ingest.tables import DocumentAccessRow, DocumentRow

People = frozenset[str]
_NOBODY: People = frozenset()


@dataclass(frozen=True, slots=True)
class AccessThen:
    """The access of a document at a moment: that of the whole and of each restricted field. ``parts`` is None where
    nobody wrote down which fields had one. ``until``: None while it lasts."""

    key: str
    whole: Access
    parts: Mapping[str, Access] | None
    since: datetime | None
    until: datetime | None


@dataclass
class Holders:
    """The people at a moment; None is now."""

    session: Session = field(repr=False)
    at: datetime | None
    _known: dict[str, People] = field(default_factory=dict[str, People], repr=False)

    @cached_property
    def _everybody(self) -> tuple[People, People]:
        """Those who were here, and those of whom nobody knows: they were disabled at some time, and came back."""
        query = select(PersonRow.id, PersonRow.created_at, PersonRow.disabled_at, PersonRow.enabled_at)
        here: set[str] = set()
        unsure: set[str] = set()
        for person_id, created, disabled, enabled in self.session.execute(query.where(PersonRow.kind == "person")):
            if self.at is None:
                if disabled is None:
                    here.add(person_id)
            elif created <= self.at and (disabled is None or disabled > self.at):
                (unsure if enabled is not None and enabled > self.at else here).add(person_id)
        return frozenset(here), frozenset(unsure)

    def people(self, of: People) -> tuple[People, People]:
        """Those of them who were here, and those of whom it is not known."""
        here, unsure = self._everybody
        return of & here, of & unsure

    def permitted(self, access: Access, also: Access | None = None) -> People:
        """Whoever may read what has this access, and of a restricted field ``also`` has that one."""
        found = self._any(access.allow) - self._any(access.deny)
        return found if also is None else found & (self._any(also.allow) - self._any(also.deny))

    def grants(self, person_id: str) -> frozenset[str]:
        """All that a person held, as ``core.people.principal`` says it of now."""
        held = {EVERYONE, person(person_id)}
        query = select(MembershipRow.grant).where(MembershipRow.person_id == person_id, self._valid())
        return self.with_derived(held | set(self.session.scalars(query)))

    def with_derived(self, grants: Iterable[str]) -> frozenset[str]:
        """``grants`` and the derived groups of that time that they satisfy."""
        held = set(grants)
        while True:
            query = (
                select(DerivedTermRow.derived)
                .join(DerivedGroupRow, DerivedGroupRow.grant == DerivedTermRow.derived)
                .where(DerivedTermRow.grant.in_(sorted(held)), self._made())
                .group_by(DerivedTermRow.derived, DerivedGroupRow.clauses)
                .having(func.count(DerivedTermRow.clause.distinct()) == DerivedGroupRow.clauses)
            )
            satisfied = set(self.session.scalars(query))
            if satisfied <= held:
                return frozenset(held)
            held |= satisfied

    def _any(self, grants: Iterable[str]) -> People:
        wanted = list(grants)
        self._read([each for each in wanted if each not in self._known and each.startswith("group:")])
        return _NOBODY.union(*map(self._holding, wanted))

    def _read(self, groups: Sequence[str]) -> None:
        """Take in who was in these groups, with a few statements: an access may name many."""
        here, unsure = self._everybody
        for some in batches(groups):
            members: dict[str, set[str]] = {grant: set() for grant in some}
            query = select(MembershipRow.grant, MembershipRow.person_id)
            for grant, person_id in self.session.execute(query.where(MembershipRow.grant.in_(some), self._valid())):
                members[grant].add(person_id)
            self._known.update((grant, frozenset(those) & (here | unsure)) for grant, those in members.items())

    def _holding(self, grant: str) -> People:
        if grant not in self._known:
            self._known[grant] = self._found(grant)
        return self._known[grant]

    def _found(self, grant: str) -> People:
        here, unsure = self._everybody
        if grant == EVERYONE:
            return here | unsure
        kind, _, name = grant.partition(":")
        if kind == "person":
            return frozenset({name}) & (here | unsure)
        if kind == "derived":
            return self._satisfying(grant)
        self._read([grant])
        return self._known[grant]

    def _satisfying(self, derived: str) -> People:
        made = select(DerivedGroupRow.clauses).where(DerivedGroupRow.grant == derived, self._made())
        clauses = self.session.scalar(made)
        terms = self.session.execute(
            select(DerivedTermRow.clause, DerivedTermRow.grant).where(DerivedTermRow.derived == derived)
        )
        by_clause: dict[int, list[str]] = {}
        for clause, grant in terms:
            by_clause.setdefault(clause, []).append(grant)
        if not clauses or len(by_clause) != clauses:
            return _NOBODY
        each = [self._any(grants) for grants in by_clause.values()]
        return each[0].intersection(*each[1:])

    def _valid(self) -> ColumnElement[bool]:
        return valid(MembershipRow, self.at)

    def _made(self) -> ColumnElement[bool]:
        # Of those from before it was written down it counts that they are there.
        if self.at is None:
            return ~false()
        return or_(DerivedGroupRow.since.is_(None), DerivedGroupRow.since <= self.at)


def valid(row: Any, at: datetime | None) -> ColumnElement[bool]:
    """Whether a row with ``valid_from`` and ``valid_to`` held then."""
    if at is None:
        return row.valid_to.is_(None)
    return (row.valid_from <= at) & or_(row.valid_to.is_(None), row.valid_to > at)


def access_then(session: Session, document_id: str, at: datetime) -> AccessThen | None:
    """None where nobody could read it then, or where it is not written down (``any_access``)."""
    row = session.scalars(
        select(DocumentAccessRow)
        .where(DocumentAccessRow.document_id == document_id, valid(DocumentAccessRow, at))
        .order_by(DocumentAccessRow.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    parts = row.restricted
    sets = by_keys(session, {row.access_key, *(parts or {}).values()})
    named = None if parts is None else {name: sets[key] for name, key in parts.items()}
    return AccessThen(row.access_key, sets[row.access_key], named, row.valid_from, row.valid_to)


def any_access(session: Session, document_id: str) -> bool:
    """Whether it is written down who could ever read a document."""
    query = select(DocumentAccessRow.id).where(DocumentAccessRow.document_id == document_id).limit(1)
    return session.scalar(query) is not None


def access_now(session: Session, row: DocumentRow | None) -> AccessThen | None:
    """None where nobody reads it: it is gone, suppressed, or cannot be read."""
    if row is None or row.state != "ready":
        return None
    sets = by_keys(session, {row.access_key, *row.restricted.values()})
    parts = {name: sets[key] for name, key in row.restricted.items()}
    return AccessThen(row.access_key, sets[row.access_key], parts, None, None)
