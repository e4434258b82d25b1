"""People, memberships over time, and the principal."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core import access_sets, people
from core.access import Access, Conjunction, group, permits
from core.database import Database
from core.errors import Invalid, NotFound
from core.tables import MembershipRow
from tests.conftest import StandingClock


def grants(database: Database, person_id: str) -> frozenset[str]:
    with database.reading() as session:
        return people.principal(session, person_id, lambda known: f"s{known}").grants


def test_a_person_holds_their_groups_and_everyone(database: Database, clock: StandingClock) -> None:
    with database.writing() as session:
        ana = people.put(session, "Ana@X.example", groups=["hr", "staff"], roles=["employee"], now=clock())
    assert ana.email == "ana@x.example"
    assert grants(database, ana.id) == {"everyone", f"person:{ana.id}", group("hr"), group("staff")}


def test_a_group_left_out_ends_and_stays_on_record(database: Database, clock: StandingClock) -> None:
    with database.writing() as session:
        ana = people.put(session, "ana@x.example", groups=["hr"], roles=["employee"], now=clock())
    clock.tick(days=1)
    with database.writing() as session:
        people.put(session, "ana@x.example", groups=["sales"], roles=["employee"], now=clock())
    assert group("hr") not in grants(database, ana.id)
    with database.reading() as session:
        rows = session.scalars(select(MembershipRow).where(MembershipRow.person_id == ana.id)).all()
    ended = {row.grant: row.valid_to for row in rows}
    assert ended == {group("hr"): clock(), group("sales"): None}


def test_a_derived_group_is_held_while_all_of_it_is_satisfied(database: Database, clock: StandingClock) -> None:
    conjunction = Conjunction.of([group("space")], [group("page"), group("editors")])
    outer = Conjunction.of([conjunction.grant], [group("nda")])
    with database.writing() as session:
        access_sets.intern_conjunction(session, conjunction)
        access_sets.intern_conjunction(session, outer)
        ana = people.put(session, "ana@x.example", groups=["space", "page", "nda"], roles=[], now=clock())
        bo = people.put(session, "bo@x.example", groups=["space", "nda"], roles=[], now=clock())
    assert {conjunction.grant, outer.grant} <= grants(database, ana.id)
    assert not {conjunction.grant, outer.grant} & grants(database, bo.id)
    with database.writing() as session:
        people.put(session, "ana@x.example", groups=["page", "nda"], roles=[], now=clock())
    assert not {conjunction.grant, outer.grant} & grants(database, ana.id)


def test_of_groups_that_read_along_each_has_to_satisfy_a_rule_by_itself(
    database: Database, clock: StandingClock
) -> None:
    space, either = Conjunction.of([group("staff")], [group("it")]), Conjunction.of([group("it"), "everyone"])
    with database.writing() as session:
        access_sets.intern_conjunction(session, space)
        access_sets.intern_conjunction(session, either)
        ana = people.put(session, "ana@x.example", groups=["staff", "it"], roles=[], now=clock())
    with database.reading() as session:
        alone = people.principal(session, ana.id, lambda known: "s")
        together = people.together(session, alone, ["it", "everyone", "it"])
    assert permits(Access.of([space.grant]), alone)
    assert not permits(Access.of([space.grant]), together)
    assert permits(Access.of([either.grant]), together)
    assert not permits(Access.of([group("it")]), together)
    assert permits(Access.of([group("it"), "everyone"]), together)
    assert together.grants == alone.grants


def test_a_conjunction_with_an_empty_clause_is_held_by_nobody(database: Database, clock: StandingClock) -> None:
    conjunction = Conjunction.of([group("a")], [])
    with database.writing() as session:
        access_sets.intern_conjunction(session, conjunction)
        ana = people.put(session, "ana@x.example", groups=["a"], roles=[], now=clock())
    assert conjunction.grant not in grants(database, ana.id)


def test_a_disabled_person_has_no_principal(database: Database, clock: StandingClock) -> None:
    with database.writing() as session:
        ana = people.put(session, "ana@x.example", groups=["hr"], roles=["employee"], now=clock())
        people.disable(session, "ana@x.example", clock())
    with pytest.raises(NotFound):
        grants(database, ana.id)


@pytest.mark.parametrize("email", ["ana", "a b@x.example", "@x.example", ""])
def test_what_is_no_address_is_refused(database: Database, clock: StandingClock, email: str) -> None:
    with database.writing() as session, pytest.raises(Invalid, match="e-mail"):
        people.put(session, email, groups=[], roles=[], now=clock())


def test_an_unknown_role_is_refused_by_name(database: Database, clock: StandingClock) -> None:
    with database.writing() as session, pytest.raises(Invalid, match="wizard"):
        people.put(session, "ana@x.example", groups=[], roles=["wizard"], now=clock())
