"""The database and the log of an installation, as its mode asks for."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.exc import OperationalError

from api import migrate
from api.ownership import Ownership, Shared
from api.parts.services import Resolve, database_url
from api.settings import Settings
from core.audit import AuditLog, Sequencer
from core.audit.leased import LeasedSequencer
from core.clock import Clock, utc_now
from core.database import Database, open_engine
from core.egress import Egress
from core.errors import Unavailable
from core.secrets import Keyring, Resolver
from core.vault import Vault


def resolver(settings: Settings) -> Resolver:
    """Reads secrets by reference."""
    return Resolver(Vault(Egress(settings.egress), os.environ, utc_now).read)


def take_directory(settings: Settings) -> Ownership | Shared:
    """The data directory: for this process alone, or shared with the other processes of the installation."""
    directory = settings.data_dir.resolve()
    return Ownership(directory) if settings.mode == "embedded" else Shared(directory)


def open_database(settings: Settings, resolve: Resolve) -> Database:
    """The database with this release's schema. Processes that start together wait for the one that upgrades it."""
    engine = open_engine(database_url(settings, resolve))
    try:
        migrate.upgrade(engine)
    except OperationalError as error:
        engine.dispose()
        if settings.mode == "embedded":
            raise
        raise Unavailable(
            f"The database does not answer ({type(error.orig).__name__}).",
            hint="Check database.url and database.password, and that PostgreSQL runs.",
        ) from None
    return Database(engine)


def open_sequencer(
    settings: Settings, audit: AuditLog, database: Database, keyring: Keyring, clock: Clock
) -> Sequencer:
    kind = Sequencer if settings.mode == "embedded" else LeasedSequencer
    return kind(audit, database, keyring, head_file(settings), clock)


def head_file(settings: Settings) -> Path:
    return settings.data_dir.resolve() / "audit-head"
