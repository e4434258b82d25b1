"""Local accounts: passwords, the links that set them, and what happens to who guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from api.identity import lockout, passwords
from api.identity.accounts import Accounts
from api.identity.passwords import Passwords
from api.identity.tables import FailureRow, PasswordRow
from core import people
from core.audit import tail
from core.clock import utc_now
from core.errors import Invalid
from tests.api.conftest import ANA, BO
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

GOOD, OTHER = "seven green kettles hum", "nine purple ladders lean"


@pytest.fixture
def home(small_house: House) -> Iterator[House]:
    """With hashes that cost little, so that many can be made."""
    small_house.runtime.identity.accounts.passwords._hasher = PasswordHasher(1, 1024, 1)
    return small_house


@pytest.fixture
def later(home: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets time go by."""
    gone = timedelta()

    def pass_by(**by: float) -> None:
        nonlocal gone
        gone += timedelta(**by)
        ahead = gone
        clock = lambda: utc_now() + ahead  # noqa: E731
        monkeypatch.setattr(home.runtime, "clock", clock)
        accounts = home.runtime.identity.accounts
        # It is frozen, as everything is that requests share.
        object.__setattr__(accounts, "clock", clock)

    return pass_by


def password_link(house: House, email: str = ANA) -> str:
    made = house.operator().post(f"/v1/operator/people/{email}/password-link").json()
    assert made["url"] == f"http://testserver/signin#{made['token']}"
    return made["token"]


def set_password(house: House, password: str = GOOD, email: str = ANA) -> TestClient:
    browser = house.visitor(**{"X-Vouch": "1"})
    answer = browser.post("/v1/session/password", json={"link": password_link(house, email), "password": password})
    assert answer.status_code == 200, answer.text
    return browser


def sign_in(house: House, password: str, email: str = ANA) -> Any:
    return house.visitor(**{"X-Vouch": "1"}).post("/v1/session", json={"email": email, "password": password})


def records(house: House, count: int) -> list[dict[str, Any]]:
    house.runtime.sequencer.drain()
    return [dict(record) for record in tail(house.runtime.database, count)]


def test_a_person_sets_a_password_once_by_link_and_signs_in_with_it(home: House) -> None:
    assert home.visitor().get("/v1/session").json()["ways"] == {"sso": None, "passwords": True}
    browser = set_password(home)
    assert browser.get("/v1/session").json()["person"]["email"] == ANA
    signed_in = sign_in(home, GOOD, ANA.upper())
    assert signed_in.json()["person"]["email"] == ANA
    with home.runtime.database.reading() as session:
        stored = session.query(PasswordRow).one().hash
    assert stored.startswith("$argon2id$")
    assert GOOD not in stored
    assert [(each["kind"], each["details"].get("method")) for each in records(home, 1)] == [("sign_in", "password")]


def test_a_link_serves_once_and_stays_good_while_the_password_is_refused(home: House) -> None:
    link = password_link(home)
    visitor = home.visitor()
    refused = visitor.post("/v1/session/password", json={"link": link, "password": "short"})
    assert_problem(refused, 422, "invalid")
    assert visitor.post("/v1/session/password", json={"link": link, "password": GOOD}).status_code == 200
    again = visitor.post("/v1/session/password", json={"link": link, "password": OTHER})
    assert_problem(again, 401, "unauthenticated")
    assert sign_in(home, GOOD).status_code == 200


def test_a_password_link_signs_in_nobody_by_itself_and_a_sign_in_link_sets_no_password(home: House) -> None:
    assert_problem(home.visitor().post("/v1/session", json={"link": password_link(home)}), 401, "unauthenticated")
    body = {"link": home.link(ANA), "password": GOOD}
    assert_problem(home.visitor().post("/v1/session/password", json=body), 401, "unauthenticated")


def test_a_wrong_password_and_an_unknown_person_are_told_the_same(home: House) -> None:
    set_password(home)
    wrong = assert_problem(sign_in(home, OTHER), 401, "unauthenticated")
    without = assert_problem(sign_in(home, GOOD, "nobody@x.example"), 401, "unauthenticated")
    home.installation.person(BO)
    none_set = assert_problem(sign_in(home, GOOD, BO), 401, "unauthenticated")
    told = [(each["detail"], each["hint"]) for each in (wrong, without, none_set)]
    assert len(set(told)) == 1


def test_as_much_is_computed_for_somebody_who_does_not_exist(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    set_password(home)
    hashes = home.runtime.identity.accounts.passwords
    verified: list[str] = []
    real = hashes._hasher.verify
    monkeypatch.setattr(
        "argon2.PasswordHasher.verify", lambda self, hashed, word: verified.append(hashed) or real(hashed, word)
    )
    monkeypatch.setattr(hashes, "_hasher", PasswordHasher(1, 1024, 1))
    for email in (ANA, "nobody@x.example", "not an address"):
        sign_in(home, OTHER, email)
    assert len(verified) == 3
    assert len({hashed.rpartition("$")[0].rpartition("$")[0] for hashed in verified}) == 1


def test_who_guesses_waits_longer_each_time_and_the_right_password_waits_too(
    home: House, later: Callable[..., None]
) -> None:
    set_password(home)
    for _ in range(lockout.FREE):
        assert_problem(sign_in(home, OTHER), 401, "unauthenticated")
    locked = sign_in(home, GOOD)
    assert_problem(locked, 429, "too_many")
    assert 0 < int(locked.headers["retry-after"]) <= 31
    assert records(home, 1)[0]["outcome"] == "denied"
    later(seconds=31)
    assert_problem(sign_in(home, OTHER), 401, "unauthenticated")
    later(seconds=31)
    # The second delay is twice as long.
    assert_problem(sign_in(home, GOOD), 429, "too_many")
    later(seconds=31)
    assert sign_in(home, GOOD).status_code == 200
    # One success, and the counting begins anew.
    assert_problem(sign_in(home, OTHER), 401, "unauthenticated")
    assert sign_in(home, GOOD).status_code == 200
    reasons = [each["details"].get("reason") for each in records(home, 20) if each["kind"] == "sign_in"]
    assert {"wrong", "locked_out", "locked"} <= set(reasons)


def test_a_lock_out_outlives_a_restart_and_holds_for_names_that_do_not_exist(installation: Installation) -> None:
    installation.person(ANA)
    home = House(installation)
    for _ in range(lockout.FREE):
        sign_in(home, OTHER, "nobody@x.example")
    installation.reopen()
    assert_problem(sign_in(House(installation), GOOD, "nobody@x.example"), 429, "too_many")


def test_attempts_at_once_are_counted_before_they_are_tried(home: House) -> None:
    account = lockout.account_of("password", ANA)
    now = home.runtime.clock()
    for expected in range(1, lockout.FREE + 1):
        with home.runtime.database.writing() as session:
            assert lockout.attempt(session, account, now) == expected
    assert_problem(sign_in(home, GOOD), 429, "too_many")


def test_failures_are_forgotten_after_a_day(home: House, later: Callable[..., None]) -> None:
    for _ in range(lockout.FREE - 1):
        sign_in(home, OTHER, "nobody@x.example")
    later(hours=25)
    sign_in(home, OTHER, "somebody@x.example")
    with home.runtime.database.reading() as session:
        assert session.query(FailureRow).count() == 1


def test_the_delay_doubles_up_to_a_quarter_of_an_hour() -> None:
    seconds = [lockout.delay_after(failures).total_seconds() for failures in (0, 4, 5, 6, 7, 9, 10, 50)]
    assert seconds == [0, 0, 30, 60, 120, 480, 900, 900]


def test_setting_a_password_ends_what_signed_the_person_in_before(home: House) -> None:
    before, link = home.browser(ANA), home.link(ANA)
    program = home.visitor(Authorization=f"Bearer {home.key(ANA)}")
    set_password(home)
    assert_problem(before.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(home.visitor().post("/v1/session", json={"link": link}), 401, "unauthenticated")
    assert program.get("/v1/sources").status_code == 200


def test_changing_ones_password_ends_all_other_sessions(home: House) -> None:
    here = set_password(home)
    elsewhere = home.visitor(**{"X-Vouch": "1"})
    assert elsewhere.post("/v1/session", json={"email": ANA, "password": GOOD}).status_code == 200
    wrong = here.put("/v1/session/password", json={"current": OTHER, "password": OTHER})
    assert_problem(wrong, 401, "unauthenticated")
    weak = here.put("/v1/session/password", json={"current": GOOD, "password": "short"})
    assert_problem(weak, 422, "invalid")
    changed = here.put("/v1/session/password", json={"current": GOOD, "password": OTHER})
    assert changed.json() == {"ended": 1}
    assert here.get("/v1/sources").status_code == 200
    assert_problem(elsewhere.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(sign_in(home, GOOD), 401, "unauthenticated")
    assert sign_in(home, OTHER).status_code == 200


def test_only_who_is_signed_in_in_a_browser_changes_a_password(home: House) -> None:
    set_password(home)
    body = {"current": GOOD, "password": OTHER}
    program = home.visitor(Authorization=f"Bearer {home.key(ANA)}")
    assert_problem(program.put("/v1/session/password", json=body), 403, "forbidden")
    assert_problem(home.operator(ANA).put("/v1/session/password", json=body), 403, "forbidden")


def test_a_removed_persons_password_is_gone(home: House) -> None:
    set_password(home)
    assert home.operator().delete(f"/v1/operator/people/{ANA}").status_code == 204
    assert_problem(sign_in(home, GOOD), 401, "unauthenticated")
    home.installation.person(ANA)
    assert_problem(sign_in(home, GOOD), 401, "unauthenticated")


def test_changed_parameters_are_taken_over_when_the_password_is_next_used(home: House) -> None:
    set_password(home)
    accounts = home.runtime.identity.accounts
    accounts.passwords._hasher = PasswordHasher(2, 2048, 1)
    assert sign_in(home, GOOD).status_code == 200
    with home.runtime.database.reading() as session:
        assert "$m=2048,t=2,p=1$" in session.query(PasswordRow).one().hash
    changes = [each["details"]["change"] for each in records(home, 3) if each["kind"] == "credential.changed"]
    assert changes == ["renewed"]
    assert sign_in(home, GOOD).status_code == 200


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "x" * 257,
        "aaaaaaaaaaaaaaaa",
        "abababababab1",
        "my password is long",
        "ana.lindqvist rides",
        "Lindqvist-in-the-sky",
        "the EXAMPLEBANK vault",
        "works at averholt",
        "qwerty but longer",
    ],
)
def test_what_others_would_try_first_is_no_password(password: str) -> None:
    about = ("ana.lindqvist@examplebank.example", "Ána Lindqvist", "Averholt Group")
    with pytest.raises(Invalid) as refusal:
        passwords.check(password, about)
    assert password not in str(refusal.value)


@pytest.mark.parametrize("password", [GOOD, "зелёный чайник поёт", "x7#Kp!92mQ&z"])
def test_other_passwords_are_taken(password: str) -> None:
    passwords.check(password, ("ana@x.example", "Ana", "Vouch"))


def test_a_password_is_the_same_however_the_keyboard_composes_it(home: House) -> None:
    set_password(home, "caf\u00e9 au lait, s'il vous pla\u00eet")
    assert sign_in(home, "cafe\u0301 au lait, s'il vous plai\u0302t").status_code == 200


def test_in_server_mode_nobody_signs_in_with_a_password(home: House) -> None:
    accounts = home.runtime.identity.accounts
    closed = Accounts(accounts.database, Passwords(), accounts.clock, open=False, organisation="")
    set_password(home)
    object.__setattr__(home.runtime.identity, "accounts", closed)
    assert_problem(sign_in(home, GOOD), 403, "forbidden")
    assert_problem(home.operator().post(f"/v1/operator/people/{ANA}/password-link"), 403, "forbidden")
    assert home.visitor().get("/v1/session").json()["ways"]["passwords"] is False


def test_a_service_account_has_no_password(home: House, tmp_path: Path) -> None:
    with home.runtime.database.writing() as session:
        people.put(session, "robot@x.example", groups=(), roles=(), now=home.runtime.clock(), kind="service")
    answer = home.operator().post("/v1/operator/people/robot@x.example/password-link")
    assert_problem(answer, 404, "not_found")
