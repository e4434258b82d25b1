"""A log in the old form is not carried over, and nothing of it is lost in trying."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from api import migrate
from core.database import open_engine, sqlite_url
from core.errors import Conflict


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(tmp_path / "vouch.db"))
    to(engine, "0008")
    yield engine
    engine.dispose()


def to(engine: Engine, revision: str, *, down: bool = False) -> None:
    with engine.begin() as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)


def run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def columns(engine: Engine) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns("audit_checkpoints")}


def test_a_log_in_the_old_form_is_refused_and_left_as_it_is(old: Engine) -> None:
    run(old, "INSERT INTO audit_log (seq, record, hash) VALUES (1, x'7b7d', x'00')")
    with pytest.raises(Conflict, match="not carried over") as refused:
        migrate.upgrade(old)
    assert "VOUCH_DATA_DIR" in refused.value.hint
    assert columns(old) == {"seq", "statement", "signature"}
    with old.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0008"


def test_an_installation_without_records_is_brought_to_the_new_form_and_back(old: Engine) -> None:
    to(old, "0009")
    assert columns(old) == {"seq", "note", "hashes"}
    to(old, "0008", down=True)
    assert columns(old) == {"seq", "statement", "signature"}
    to(old, "0009")
    run(old, "INSERT INTO audit_log (seq, record, hash) VALUES (1, x'7b7d', x'00')")
    with pytest.raises(Conflict, match="earlier ones cannot read"):
        to(old, "0008", down=True)
