"""What is kept of people and sign-ins, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api import migrate, tokens
from api.identity import lockout, sessions
from api.identity.accounts import Accounts
from api.identity.erase import export, forget, retain
from api.identity.oidc.claims import Claimed
from api.identity.oidc.linking import recognise
from api.identity.oidc.proofs import LogoutToken
from api.identity.passwords import Passwords
from api.identity.recording import Recording
from api.identity.scim.directory import Directory
from api.identity.scim.pages import wanted
from api.identity.scim.schemas import GROUPS, USERS
from api.identity.settings import OidcSettings, ScimSettings
from api.identity.tables import FailureRow, IdentityRow, PasswordRow, ScimUserRow
from api.tables import TokenRow
from api.tokens import Vouched
from core import people
from core.audit import AuditLog
from core.database import Database, open_engine, sqlite_url
from core.errors import TooMany, Unauthenticated
from core.secrets import Keyring, Secret
from tests.conftest import StandingClock
from tests.core.audit import postgres

BASE = "https://vouch.bank.example/scim/v2"
ANA = "ana@bank.example"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        yield from _opened(sqlite_url(tmp_path_factory.mktemp("identity") / "test.db"))
        return
    with postgres.server() as url:
        yield from _opened(url)


def _opened(url: str) -> Iterator[Database]:
    engine = open_engine(url)
    migrate.upgrade(engine)
    database = Database(engine)
    yield database
    database.close()


@pytest.fixture
def audit(database: Database, tmp_path: Path, clock: StandingClock) -> AuditLog:
    return AuditLog(database, Keyring(tmp_path / "keys"), clock)


def test_a_directory_writes_lists_and_removes_people_and_groups(
    database: Database, audit: AuditLog, clock: StandingClock
) -> None:
    settings = ScimSettings.model_validate({"token": "env:NOT_READ"})
    directory = Directory(settings, database, audit, lambda ref: Secret(b"x" * 32), clock)

    def found(text: str, groups: bool = False) -> list[dict[str, Any]]:
        want = wanted({"filter": text}, GROUPS if groups else USERS)
        return (directory.groups if groups else directory.users)(want, BASE)["Resources"]

    body = {"userName": "Scim@bank.example", "externalId": "e-1", "emails": [{"value": "Scim@bank.example"}]}
    user = directory.create_user(body, BASE, "")
    group = directory.create_group({"displayName": "Tellers", "members": [{"value": user["id"]}]}, BASE, "")
    for text in ('userName eq "scim@BANK.example"', 'externalId eq "e-1"', 'emails.value co "scim" and active eq true'):
        assert [each["id"] for each in found(text)] == [user["id"]]
    assert [each["id"] for each in found('displayName eq "tellers"', groups=True)] == [group["id"]]
    with database.reading() as session:
        assert people.by_email(session, "scim@bank.example").groups == ("Tellers",)
    with database.writing() as session:
        token = tokens.issue(session, "session", user["id"], "oidc", clock(), timedelta(hours=1))
    directory.patch_user(user["id"], {"Operations": [{"op": "replace", "value": {"active": "False"}}]}, BASE, "")
    with database.reading() as session, pytest.raises(Unauthenticated):
        tokens.holder(session, token, "session", clock())
    directory.remove_group(group["id"], "")
    directory.remove_user(user["id"], "")
    assert found('userName eq "scim@bank.example"') == []


def test_a_person_is_linked_once_and_ended_by_the_provider(database: Database, clock: StandingClock) -> None:
    settings = OidcSettings(issuer="https://login.bank.example", client_id="vouch")
    claimed = Claimed("subject-1", ANA, "Ana", (), "s-1")
    with database.writing() as session:
        people.put(session, ANA, groups=(), roles=("employee",), now=clock())
        assert recognise(session, claimed, settings, clock()).linked
    with database.writing() as session:
        known = recognise(session, claimed, settings, clock())
        assert not known.linked
        vouched = Vouched(settings.issuer, "subject-1", "s-1", "the.id.token")
        idle = timedelta(minutes=5)
        token = tokens.issue(
            session, "session", known.person_id, "oidc", clock(), timedelta(hours=1), idle=idle, vouched=vouched
        )
        assert tokens.id_token_of(session, token) == (settings.issuer, "the.id.token")
        assert tokens.id_token_of(session, token[:-1]) is None
        stored = session.scalars(select(TokenRow.id_token).where(TokenRow.sid == "s-1")).one()
        assert stored is not None
        assert b"the.id" not in stored
    clock.tick(minutes=4)
    with database.writing() as session:
        assert tokens.is_use_due(tokens.holder(session, token, "session", clock()), clock())
        tokens.note_use(session, token, clock())
    clock.tick(minutes=4)
    with database.writing() as session:
        assert len(sessions.open_sessions(session, known.person_id, clock())) == 1
        logout = LogoutToken("j", "subject-1", "s-1", clock())
        assert sessions.end_vouched(session, settings.issuer, logout, clock()) == {known.person_id: 1}
        assert sessions.open_sessions(session, known.person_id, clock()) == ()


def test_passwords_and_failures_are_kept(database: Database, audit: AuditLog, clock: StandingClock) -> None:
    recording = Recording(audit, clock)
    accounts = Accounts(database, Passwords(), clock, open=True, organisation="Example Bank")
    with database.writing() as session:
        person = people.put(session, "cleo@bank.example", groups=(), roles=("employee",), now=clock())
        link = tokens.issue(session, "reset", person.id, "operator", clock(), timedelta(hours=1))
        tokens.issue(session, "session", person.id, "link", clock(), timedelta(hours=1))
    assert accounts.set_by_link(link, "seven green kettles hum", recording) == person.id
    assert accounts.verified("cleo@bank.example", "seven green kettles hum", recording) == person.id
    for _ in range(lockout.FREE):
        with pytest.raises(Unauthenticated):
            accounts.verified("cleo@bank.example", "nine purple ladders", recording)
    with pytest.raises(TooMany):
        accounts.verified("cleo@bank.example", "seven green kettles hum", recording)
    with database.reading() as session:
        assert sessions.open_sessions(session, person.id, clock()) == ()


def test_whoever_is_forgotten_leaves_nothing_of_how_they_came_in(database: Database, clock: StandingClock) -> None:
    settings = OidcSettings(issuer="https://login.bank.example", client_id="vouch")
    with database.writing() as session:
        person = people.put(session, "dana@bank.example", groups=(), roles=("employee",), now=clock())
        recognise(session, Claimed("subject-d", "dana@bank.example", "Dana", (), None), settings, clock())
        Passwords().put(session, person.id, "a hash", clock())
        made = {"userName": "dana", "name": {"familyName": "Dahl"}}
        session.add(
            ScimUserRow(
                person_id=person.id, user_name="dana", external_id=None, attributes=made, created_at=clock(),
                changed_at=clock(),
            )
        )  # fmt: skip
        tokens.issue(session, "session", person.id, "link", clock(), timedelta(hours=1))
    with database.reading() as session:
        given = export(session, person.id)
    assert [each["subject"] for each in given["accounts"]] == ["subject-d"]
    assert given["directory"] == made
    assert given["password_set_at"] == clock().isoformat()
    assert [each["method"] for each in given["sign_ins"]] == ["link"]
    assert "a hash" not in str(given)
    with database.writing() as session:
        forget(session, person.id)
    with database.reading() as session:
        for table in (IdentityRow, PasswordRow, ScimUserRow):
            rows = select(func.count()).select_from(table).where(table.person_id == person.id)
            assert session.scalar(rows) == 0


def test_sessions_and_failures_are_dropped_when_they_have_had_their_time(
    database: Database, clock: StandingClock
) -> None:
    with database.writing() as session:
        person = people.put(session, "elin@bank.example", groups=(), roles=("employee",), now=clock())
        for kind in ("session", "link", "key"):
            tokens.issue(session, kind, person.id, "operator", clock(), timedelta(hours=1))
        lockout.attempt(session, lockout.account_of("password", "elin"), clock())

    def kept() -> list[str]:
        with database.reading() as session:
            rows = session.scalars(select(TokenRow.kind).where(TokenRow.person_id == person.id))
            return sorted(rows)

    for days in (29, 2):
        assert kept() == ["key", "link", "session"]
        clock.tick(days=days)
        with database.writing() as session:
            retain(session, clock())
    # What keys were for is in the log and in the list of keys, and stays.
    assert kept() == ["key"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(FailureRow)) == 0
