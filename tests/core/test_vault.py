"""Secrets from a vault, read from a fake of Vault's key-value API (tests/fakes/vault.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.egress import Egress, EgressRefused, EgressSettings
from core.errors import Invalid, Unavailable, VouchError
from core.secrets import Resolver, Secret, redact, resolve
from core.vault import Vault
from tests.conftest import StandingClock
from tests.fakes.vault import FakeVault, serve

VALUE = "pa ss/word+1"
TOKEN = "hvs.token-of-the-test"
LOOPBACK = Egress(EgressSettings.model_validate({"hosts": ["127.0.0.1", "localhost"], "private": ["127.0.0.1"]}))


@pytest.fixture
def fake() -> Iterator[FakeVault]:
    secrets = {"secret/crm/sf": {"key": VALUE, "number": 7}, "old/erp": {"key": "v1"}, "secret/gone": None}
    with serve(FakeVault(TOKEN, {"secret": 2, "old": 1, "team/kv": 2}, secrets)) as vault:
        yield vault


def vault(fake: FakeVault, clock: StandingClock, **environment: str) -> Vault:
    return Vault(LOOPBACK, {"VAULT_ADDR": fake.address, "VAULT_TOKEN": TOKEN, **environment}, clock)


@pytest.mark.parametrize("asks_mounts", [True, False])
def test_both_versions_of_the_engine_are_read(fake: FakeVault, clock: StandingClock, asks_mounts: bool) -> None:
    fake.asks_mounts = asks_mounts
    read = vault(fake, clock).read
    assert resolve("vault:secret/crm/sf#key", read).text() == VALUE
    assert resolve("vault:old/erp#key", read).text() == "v1"


def test_a_mount_of_several_parts_is_found(fake: FakeVault, clock: StandingClock) -> None:
    fake.secrets["team/kv/a/b"] = {"key": "deep"}
    assert vault(fake, clock).read("team/kv/a/b#key") == b"deep"


def test_values_are_kept_for_a_minute_and_then_read_anew(fake: FakeVault, clock: StandingClock) -> None:
    reader = vault(fake, clock)
    assert reader.read("secret/crm/sf#key") == VALUE.encode()
    asked = len(fake.requests)
    fake.secrets["secret/crm/sf"] = {"key": "rotated"}
    assert reader.read("secret/crm/sf#key") == VALUE.encode()
    assert len(fake.requests) == asked
    clock.tick(seconds=61)
    assert reader.read("secret/crm/sf#key") == b"rotated"


def test_address_and_token_may_be_in_files(fake: FakeVault, clock: StandingClock, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("expired\n")
    environment = {"VAULT_ADDR": fake.address, "VAULT_TOKEN_FILE": str(tmp_path / "token")}
    reader = Vault(LOOPBACK, environment, clock)
    with pytest.raises(Invalid, match="may not read secret/crm/sf"):
        reader.read("secret/crm/sf#key")
    (tmp_path / "token").write_text(TOKEN + "\n")
    assert reader.read("secret/crm/sf#key") == VALUE.encode()


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        ("secret/absent#key", Invalid, "no secret/absent"),
        ("secret/gone#key", Invalid, "no secret/gone"),
        ("secret/crm/sf#other", Invalid, "no such field other"),
        ("secret/crm/sf#number", Invalid, "no text number"),
        ("nowhere/x#key", Invalid, "no nowhere/x"),
    ],
)
def test_what_is_missing_is_said(
    fake: FakeVault, clock: StandingClock, target: str, error: type[VouchError], words: str
) -> None:
    with pytest.raises(error, match=words) as failed:
        vault(fake, clock).read(target)
    assert VALUE not in str(failed.value)
    assert TOKEN not in str(failed.value)


def test_a_sealed_or_silent_vault_is_unavailable(fake: FakeVault, clock: StandingClock) -> None:
    fake.sealed = True
    with pytest.raises(Unavailable, match="sealed"):
        vault(fake, clock).read("secret/crm/sf#key")
    with pytest.raises(Unavailable, match="does not answer"):
        vault(fake, clock, VAULT_ADDR="http://127.0.0.1:1").read("secret/crm/sf#key")
    with pytest.raises(Invalid, match="VAULT_TOKEN is not set"):
        vault(fake, clock, VAULT_TOKEN="").read("secret/crm/sf#key")


def test_the_vault_is_reached_only_where_egress_allows_it(fake: FakeVault, clock: StandingClock) -> None:
    closed = Vault(Egress(EgressSettings()), {"VAULT_ADDR": fake.address, "VAULT_TOKEN": TOKEN}, clock)
    with pytest.raises(EgressRefused, match=r"egress\.hosts"):
        closed.read("secret/crm/sf#key")
    assert fake.requests == []


def test_a_redirect_to_another_host_does_not_get_the_token(fake: FakeVault, clock: StandingClock) -> None:
    with serve(FakeVault(TOKEN, {"secret": 2}, {})) as other:
        fake.redirect = other.address
        with pytest.raises(EgressRefused, match="not followed"):
            vault(fake, clock).read("secret/crm/sf#key")
        assert other.requests == []


def test_without_a_vault_its_references_are_refused() -> None:
    with pytest.raises(Invalid, match="vault"):
        resolve("vault:secret/crm/sf#key")


def test_what_was_resolved_is_taken_out_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", VALUE)
    resolver = Resolver()
    assert resolver("env:API_KEY").text() == VALUE
    text = f"GET /x?key=pa+ss%2Fword%2B1&k=pa%20ss%2Fword%2B1 failed: {VALUE} cGEgc3Mvd29yZCsx"
    assert resolver.redact(text) == "GET /x?key=[secret]&k=[secret] failed: [secret] [secret]"
    assert redact("a of b", [Secret(b"a")]) == "a of b"
