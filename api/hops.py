"""Whether the connections of server mode sign in and are encrypted, by what is configured for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url

from api.parts.services import Resolve, database_url, queue_url
from api.settings import REFERENCES, Settings
from core.errors import Invalid, VouchError

HERE = ("", "localhost")
CHECKED = ("required", "cert_required")


@dataclass(frozen=True, slots=True)
class Hop:
    """``wrong``: whoever reaches the service may use it; a ``note``: whoever is on the way may read along."""

    name: str
    state: Literal["ok", "note", "wrong"]
    said: str


def hops(settings: Settings, resolve: Resolve) -> Iterator[Hop]:
    """To PostgreSQL, Redis and Qdrant; none in embedded mode, where everything is in one process."""
    if settings.mode == "embedded":
        return
    for name, look in (("PostgreSQL", _postgresql), ("Redis", _redis), ("Qdrant", _qdrant)):
        try:
            yield look(settings, resolve)
        except VouchError as error:
            yield Hop(name, "wrong", f"{error.message} {error.hint}".strip())


def _postgresql(settings: Settings, resolve: Resolve) -> Hop:
    url = make_url(database_url(settings, resolve))
    hosts = _hosts(url)
    signs_in = any((url.password, url.query.get("password"), url.query.get("passfile"), url.query.get("sslcert"),
                    os.environ.get("PGPASSWORD"), os.environ.get("PGPASSFILE")))  # fmt: skip
    # Of who comes by a socket of this machine, PostgreSQL knows the account.
    signs_in = signs_in or all(host.startswith("/") for host in hosts)
    mode = _one(url, "sslmode") or os.environ.get("PGSSLMODE", "prefer")
    against = {
        "verify-full": "",
        "verify-ca": "sslmode=verify-ca: any server of that authority is taken for it",
        "require": "sslmode=require: whose server it is is not checked",
    }.get(mode, f"sslmode={mode}: it need not be encrypted")
    return _hop("PostgreSQL", bool(signs_in), hosts, against, "database.password", "sslmode=verify-full")


def _redis(settings: Settings, resolve: Resolve) -> Hop:
    url = make_url(queue_url(settings, resolve))
    against = "" if url.drivername == "rediss" else "redis:// is not encrypted"
    if not against and (_one(url, "ssl_cert_reqs") or "required").lower() not in CHECKED:
        against = "ssl_cert_reqs: whose server it is is not checked"
    return _hop("Redis", bool(url.password), _hosts(url), against, "queue.password", "rediss://")


def _qdrant(settings: Settings, resolve: Resolve) -> Hop:
    given = settings.index.url
    try:
        parts = urlsplit(resolve(given).text() if given.startswith(REFERENCES) else given)
        host = parts.hostname or ""
    except ValueError:
        raise Invalid("index.url is not an address.", hint="See docs/server.md for an example.") from None
    key = settings.index.api_key
    signs_in = key is not None and bool(resolve(key).text())
    against = "" if parts.scheme == "https" else "http:// is not encrypted"
    return _hop("Qdrant", signs_in, (host,), against, "index.api_key", "https://")


def _hop(name: str, signs_in: bool, hosts: tuple[str, ...], against: str, setting: str, better: str) -> Hop:
    """``against``: what is to be said against its encryption."""
    here = all(_is_here(host) for host in hosts)
    encrypted = "on this machine" if here else against or "encrypted, and it is checked whose server it is"
    if not signs_in:
        return Hop(name, "wrong", f"Vouch does not sign in there ({encrypted}): set {setting}, and have it asked for")
    if against and not here:
        told = f"signs in; {against}. Only on a network that nothing else is on; else use {better} (docs/server.md)"
        return Hop(name, "note", told)
    return Hop(name, "ok", f"signs in; {encrypted}")


def _hosts(url: URL) -> tuple[str, ...]:
    """Those that are written before the path, and those of libpq's parameter."""
    named = url.query.get("host", ())
    several = (named,) if isinstance(named, str) else named
    listed = tuple(
        each.partition(":")[0] if each.count(":") == 1 else each for one in several for each in one.split(",")
    )
    return tuple(each for each in (url.host or "", *listed) if each) or ("",)


def _one(url: URL, name: str) -> str | None:
    found = url.query.get(name)
    return found if isinstance(found, str) or found is None else found[-1]


def _is_here(host: str) -> bool:
    if host in HERE or host.startswith("/"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
