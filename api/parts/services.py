"""Where the services of an installation are, with their passwords put in as late as possible."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from api.settings import REFERENCES, Settings
from core.database import sqlite_url
from core.errors import Invalid
from core.secrets import Secret

Resolve = Callable[[str], Secret]


def database_url(settings: Settings, resolve: Resolve) -> str:
    """SQLite in the data directory, or the PostgreSQL server."""
    if settings.mode == "embedded":
        return sqlite_url(settings.data_dir.resolve() / "vouch.db")
    url = _url("database.url", settings.database.url, settings.database.password, resolve)
    if url.get_backend_name() != "postgresql":
        raise Invalid("database.url is not PostgreSQL's.", hint="Write postgresql://USER@HOST:5432/DATABASE.")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def queue_url(settings: Settings, resolve: Resolve) -> str:
    """The broker: this process's memory, or the Redis server."""
    if settings.mode == "embedded":
        return "memory://localhost"
    url = _url("queue.url", settings.queue.url, settings.queue.password, resolve)
    if url.drivername not in ("redis", "rediss"):
        raise Invalid("queue.url is not Redis's.", hint="Write redis://HOST:6379/0, or rediss:// with TLS.")
    return url.render_as_string(hide_password=False)


def _url(name: str, given: str, password: str | None, resolve: Resolve) -> URL:
    try:
        url = make_url(resolve(given).text() if given.startswith(REFERENCES) else given)
    except (ArgumentError, ValueError):
        raise Invalid(f"{name} is not an address.", hint="See docs/server.md for an example.") from None
    if password is None:
        return url
    # A password without a user, as Redis has it, is written only beside a name.
    return url.set(username=url.username or "", password=resolve(password).text())
