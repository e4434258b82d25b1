"""Budgets and a register over a database, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from answer.budget import BudgetEntry, BudgetSettings
from answer.budgets import Budgets
from answer.models.register import Register
from api import migrate
from core.audit import AuditLog
from core.database import Base, Database, open_engine, sqlite_url
from core.secrets import Keyring
from tests.conftest import StandingClock


class Accounts:
    """``url`` is a database of the test's own; SQLite without one."""

    def __init__(self, directory: Path, url: str = "", **settings: Any) -> None:
        self.url = url
        self.database = Database(open_engine(url or sqlite_url(directory / "accounts.db")))
        migrate.upgrade(self.database.engine)
        self.clock = StandingClock()
        self.audit = AuditLog(self.database, Keyring(directory / "keys"), self.clock)
        self.budgets = self.opened(**settings)

    def opened(self, **settings: Any) -> Budgets:
        return Budgets(self.database, self.audit, self.clock, BudgetSettings(**settings))

    def register(self, *entries: Any) -> Register:
        return Register(self.database, self.audit, self.clock, entries)

    def limit(self, scope: str, name: str, per: str, **most: Any) -> None:
        self.budgets.set(BudgetEntry.model_validate({"scope": scope, "name": name, "per": per, **most}), "Plan")

    def close(self) -> None:
        if self.url:
            with self.database.engine.begin() as connection:
                Base.metadata.drop_all(connection)
                connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
        self.database.close()
