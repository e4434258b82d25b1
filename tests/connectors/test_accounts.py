"""Accounts of a source joined to people: by an address that is vouched for, or by declaration."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from connectors import accounts
from connectors import repository as sources
from connectors.accounts import Joined
from connectors.repository import SourceRecord
from connectors.sources.base import Account
from connectors.tables import AccountRow
from core import people
from core.database import Database
from core.tables import MembershipRow
from tests.conftest import StandingClock

ANA, BO = "ana@x.example", "bo@x.example"


@pytest.fixture
def record(database: Database, clock: StandingClock) -> SourceRecord:
    with database.writing() as session:
        for email in (ANA, BO):
            people.put(session, email, groups=["home"], roles=["employee"], now=clock())
        return sources.put(session, "erp", "files", {}, by="test", now=clock())


def replaced(
    database: Database, clock: StandingClock, record: SourceRecord, *found: Account, declared: Mapping[str, str] = {}
) -> Joined:
    with database.writing() as session:
        return accounts.replace_accounts(session, record.id, record.name, found, declared, clock())


def held(database: Database, email: str) -> set[str]:
    """Grants that sources say a person holds now."""
    with database.reading() as session:
        person = people.by_email(session, email).id
        query = select(MembershipRow.grant).where(
            MembershipRow.person_id == person, MembershipRow.valid_to.is_(None), MembershipRow.origin.is_not(None)
        )
        return set(session.scalars(query))


def verified(key: str, email: str | None, *groups: str, active: bool = True) -> Account:
    return Account(key, email, key, groups, active, verified=True)


def test_a_verified_address_joins_whatever_its_case(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    joined = replaced(database, clock, record, verified("7", " ANA@x.Example", "sales"))
    assert joined == Joined(accounts=1, people=1, changed=1)
    assert held(database, ANA) == {"group:erp/sales", "group:erp/@7"}


@pytest.mark.parametrize(
    "account",
    [
        Account("7", ANA, "Ana", ("sales",), verified=False),
        verified("7", None, "sales"),
        verified("7", "ana@x.example.evil", "sales"),
        verified("7", "", "sales"),
    ],
    ids=["unverified", "no address", "another address", "empty"],
)
def test_nothing_else_joins(database: Database, clock: StandingClock, record: SourceRecord, account: Account) -> None:
    assert replaced(database, clock, record, account).people == 0
    assert held(database, ANA) == held(database, BO) == set()


def test_a_name_that_is_the_same_joins_nobody(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    replaced(database, clock, record, Account("ana", None, ANA, ("sales",), verified=True))
    assert held(database, ANA) == set()


def test_a_declaration_joins_and_counts_before_the_address(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    replaced(database, clock, record, verified("7", BO, "sales"), declared={"7": ANA})
    assert "group:erp/sales" in held(database, ANA)
    assert held(database, BO) == set()


def test_a_declaration_of_an_address_that_nobody_has_joins_nobody(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    replaced(database, clock, record, verified("7", ANA, "sales"), declared={"7": "gone@x.example"})
    assert held(database, ANA) == set()


def test_several_accounts_of_one_person_add_up(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    replaced(database, clock, record, verified("7", ANA, "sales"), verified("8", ANA, "buying"))
    assert held(database, ANA) == {"group:erp/sales", "group:erp/@7", "group:erp/buying", "group:erp/@8"}


def test_an_inactive_account_gives_nothing_and_takes_nothing_from_an_active_one(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    replaced(database, clock, record, verified("7", ANA, "sales"), verified("8", ANA, "buying"))
    joined = replaced(database, clock, record, verified("7", ANA, "sales", active=False), verified("8", ANA, "buying"))
    assert joined == Joined(accounts=1, people=1, changed=1)
    assert held(database, ANA) == {"group:erp/buying", "group:erp/@8"}


def test_an_account_that_is_not_listed_any_more_ends(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    replaced(database, clock, record, verified("7", ANA, "sales"), verified("8", BO))
    replaced(database, clock, record, verified("8", BO))
    assert held(database, ANA) == set()
    with database.reading() as session:
        assert session.scalars(select(AccountRow.key)).all() == ["8"]


def test_nothing_changes_where_nothing_changed(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    replaced(database, clock, record, verified("7", ANA, "sales", "sales"))
    clock.tick(hours=1)
    assert replaced(database, clock, record, verified("7", ANA, "sales")).changed == 0
    with database.reading() as session:
        assert len(session.scalars(select(MembershipRow).where(MembershipRow.origin == record.id)).all()) == 2


def test_history_keeps_when_a_membership_began_and_ended(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    began = clock()
    replaced(database, clock, record, verified("7", ANA, "sales"))
    clock.tick(hours=1)
    replaced(database, clock, record, verified("7", ANA, "buying"))
    with database.reading() as session:
        rows = session.scalars(select(MembershipRow).where(MembershipRow.origin == record.id)).all()
    spans = {row.grant: (row.valid_from, row.valid_to) for row in rows}
    assert spans["group:erp/sales"] == (began, clock())
    assert spans["group:erp/buying"] == (clock(), None)
    assert spans["group:erp/@7"] == (began, None)


def test_what_was_declared_here_and_what_other_sources_say_stays(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    with database.writing() as session:
        other = sources.put(session, "crm", "files", {}, by="test", now=clock())
    replaced(database, clock, other, verified("1", ANA, "sales"))
    replaced(database, clock, record, verified("7", ANA, "sales"))
    with database.writing() as session:
        accounts.forget_accounts(session, record.id, clock())
    assert held(database, ANA) == {"group:crm/sales", "group:crm/@1"}
    with database.reading() as session:
        assert "home" in people.by_email(session, ANA).groups


def test_somebody_who_left_is_joined_to_nothing(database: Database, clock: StandingClock, record: SourceRecord) -> None:
    with database.writing() as session:
        people.disable(session, ANA, clock())
    assert replaced(database, clock, record, verified("7", ANA, "sales")).people == 0


def test_the_active_account_of_a_person_is_asked_for(
    database: Database, clock: StandingClock, record: SourceRecord
) -> None:
    replaced(database, clock, record, verified("7", ANA, active=False), verified("8", ANA))
    with database.reading() as session:
        ana, bo = people.by_email(session, ANA).id, people.by_email(session, BO).id
        assert accounts.account_of(session, record.id, ana) == "8"
        assert accounts.account_of(session, record.id, bo) is None
