"""What vouch doctor says of the ways between the services, and of models that are left out."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from answer.models.tables import ModelRow
from api.cli import client as cli_client
from api.cli import main, models, serve
from api.doctor import examine
from api.hops import Hop, hops
from api.parts.stores import resolver
from api.settings import Settings
from tests.answer.calling.builders import entry
from tests.api.visitors import House
from tests.installation import Installation

VERIFIED = "postgresql://vouch@db:5432/vouch?sslmode=verify-full"


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOP_PASSWORD", "a-password-of-the-test")
    for name in ("PGPASSWORD", "PGPASSFILE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


def looked_at(tmp_path: Path, database: str, queue: str, index: str, *, signs_in: bool = True) -> dict[str, Hop]:
    password = {"password": "env:HOP_PASSWORD"} if signs_in else {}
    settings = Settings.model_validate({
        "mode": "server", "data_dir": tmp_path, "database": {"url": database, **password},
        "queue": {"url": queue, **password},
        "index": {"url": index, **({"api_key": "env:HOP_PASSWORD"} if signs_in else {})},
    })  # fmt: skip
    found = {each.name: each for each in hops(settings, resolver(settings))}
    assert list(found) == ["PostgreSQL", "Redis", "Qdrant"]
    assert "a-password-of-the-test" not in str(found)
    return found


def test_ways_that_sign_in_and_are_verified_are_well(tmp_path: Path) -> None:
    found = looked_at(tmp_path, VERIFIED, "rediss://queue:6379/0", "https://qdrant:6333")
    assert {each.state for each in found.values()} == {"ok"}
    assert all("it is checked whose server it is" in each.said for each in found.values())


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("postgresql://vouch@db/vouch", "sslmode=prefer"),
        ("postgresql://vouch@db/vouch?sslmode=disable", "sslmode=disable"),
        ("postgresql://vouch@db/vouch?sslmode=require", "whose server it is is not checked"),
        ("postgresql://vouch@db/vouch?sslmode=verify-ca", "any server of that authority"),
        ("postgresql://vouch@/vouch?host=127.0.0.1&host=db", "sslmode=prefer"),
    ],
)
def test_ways_on_which_others_may_read_along_are_noted(tmp_path: Path, database: str, said: str) -> None:
    found = looked_at(tmp_path, database, "redis://queue:6379/0", "http://qdrant:6333")
    assert {each.state for each in found.values()} == {"note"}
    assert said in found["PostgreSQL"].said
    assert "rediss://" in found["Redis"].said
    assert "https://" in found["Qdrant"].said


def test_tls_that_checks_nobody_is_noted(tmp_path: Path) -> None:
    found = looked_at(tmp_path, VERIFIED, "rediss://queue:6379/0?ssl_cert_reqs=none", "https://qdrant:6333")
    assert [found[name].state for name in found] == ["ok", "note", "ok"]


def test_a_service_that_anybody_may_use_is_wrong_wherever_it_is(tmp_path: Path) -> None:
    for database, queue, index in (
        (VERIFIED, "rediss://queue:6379/0", "https://qdrant:6333"),
        ("postgresql://vouch@127.0.0.1/vouch", "redis://localhost:6379/0", "http://[::1]:6333"),
    ):
        found = looked_at(tmp_path, database, queue, index, signs_in=False)
        assert {each.state for each in found.values()} == {"wrong"}
        assert "database.password" in found["PostgreSQL"].said
        assert "queue.password" in found["Redis"].said
        assert "index.api_key" in found["Qdrant"].said


def test_what_stays_on_the_machine_needs_no_encryption(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "postgresql://vouch@127.0.0.1/vouch", "redis://localhost:6379/0", "http://[::1]:6333")
    assert {each.state for each in found.values()} == {"ok"}
    socket = "postgresql://vouch@/vouch?host=/var/run/postgresql"
    found = looked_at(tmp_path, socket, "redis://localhost:6379/0", "http://127.0.0.1:6333", signs_in=False)
    assert found["PostgreSQL"].state == "ok"


def test_a_secret_that_cannot_be_read_is_wrong_and_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOP_PASSWORD")
    found = looked_at(tmp_path, VERIFIED, "rediss://queue:6379/0", "https://qdrant:6333")
    assert {each.state for each in found.values()} == {"wrong"}
    assert all("HOP_PASSWORD" in each.said for each in found.values())


def test_the_command_complains_in_server_mode_and_is_silent_of_it_in_embedded_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.model_validate({
        "mode": "server", "data_dir": tmp_path, "database": {"url": "postgresql://vouch@db/vouch"},
        "queue": {"url": "redis://queue:6379/0"}, "index": {"url": "http://qdrant:6333"},
    })  # fmt: skip
    monkeypatch.setattr(serve, "load_settings", lambda: settings)
    shown = CliRunner().invoke(main.app, ["doctor", "--json"])
    assert shown.exit_code == 1
    states = {each["check"]: each["state"] for each in json.loads(shown.stdout)}
    ways = [name for name in states if name.startswith("way to")]
    assert ways == ["way to PostgreSQL", "way to Redis", "way to Qdrant"]
    assert {states[name] for name in ways} == {"wrong"}
    embedded = Settings(data_dir=tmp_path)
    assert list(hops(embedded, resolver(embedded))) == []


@pytest.fixture
def lodge(tmp_path: Path) -> Iterator[House]:
    installation = Installation(tmp_path, models=(entry("sound"), entry("small")))
    installation.runtime.models.register.entries()
    with installation.runtime.database.writing() as session:
        stored = {**entry().model_dump(mode="json"), "model": "x-latest"}
        session.execute(update(ModelRow).where(ModelRow.name == "small").values(entry=stored))
    installation.reopen()
    yield House(installation)
    installation.close()


def test_a_model_that_is_left_out_is_told_by_the_doctor_and_by_the_list(
    lodge: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [each for each in examine(lodge.installation.settings) if each.check == "model: small"]
    assert [each.state for each in told] == ["note"]
    assert "x-latest" in told[0].detail
    assert "vouch models set" in told[0].detail

    @contextmanager
    def connect(*_: Any) -> Generator[cli_client.Client]:
        made = object.__new__(cli_client.Client)
        made._http = lodge.operator()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        yield made

    monkeypatch.setattr(models, "connect", connect)
    shown = CliRunner().invoke(main.app, ["models", "list"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert "small is left out, and not called" in shown.stdout
    assert "sound" in shown.stdout
    listed = json.loads(CliRunner().invoke(main.app, ["models", "list", "--json"]).stdout)
    assert [each["name"] for each in listed["models"]] == ["sound"]
    assert [each["name"] for each in listed["left_out"]] == ["small"]
    history = CliRunner().invoke(main.app, ["models", "history"], env={"COLUMNS": "200"})
    assert "x-latest" in history.stdout
    missing = CliRunner().invoke(main.app, ["models", "show", "small"])
    assert missing.exit_code == 1
