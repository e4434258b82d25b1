"""The check of a source, step by step, in words that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Literal

from connectors.errors import SourceMisbehaves, SourceUnavailable
from connectors.sources.base import Step
from connectors.sources.rest.client import Client, PageRefused
from connectors.sources.rest.declaration import Declaration, Resource
from connectors.sources.rest.listing import Listing
from connectors.sources.rest.people import Directory
from connectors.sources.rest.template import Context
from core.errors import VouchError


def check(
    declaration: Declaration,
    resources: Mapping[str, Resource],
    connect: Callable[[], Client],
    context: Callable[[Client], Context],
    maps: Mapping[str, tuple[object, ...]],
    now: datetime,
) -> Iterator[Step]:
    """Reach, sign in, read one page of every resource, then whatever says who may read."""
    name: Literal["reach", "authenticate", "read", "permissions"] = "authenticate"
    hints = declaration.check.hints
    try:
        client = connect()
        given = context(client)
        _sign_in(declaration, resources, client, given, now)
        yield Step("reach", True, f"{client.host} answers.")
        yield Step("authenticate", True, "The account may sign in.")
        name = "read"
        for resource, made in resources.items():
            yield Step("read", True, _read(resource, made, client, given, now))
        name = "permissions"
        yield Step("permissions", True, _permissions(declaration, client, given, maps))
    except VouchError as error:
        # Before anything was answered, what fails is the way there.
        unreached = name == "authenticate" and isinstance(error, SourceUnavailable | SourceMisbehaves)
        failed = "reach" if unreached else name
        yield Step(failed, False, error.message, hints.get(failed) or error.hint)


def _sign_in(
    declaration: Declaration, resources: Mapping[str, Resource], client: Client, context: Context, now: datetime
) -> None:
    try:
        if declaration.check.authenticate is not None:
            client.ask(declaration.check.authenticate, context)
        else:
            _read("", next(iter(resources.values())), client, context, now)
    except PageRefused:
        if declaration.check.authenticate is not None:
            raise
        # Refused for another reason than who asks: reading it is the next step, which says so.


def _read(name: str, resource: Resource, client: Client, context: Context, now: datetime) -> str:
    listing = Listing(client, resource, resource.id, resource.cursor, resource.deleted, context)
    rows = [row for leg in islice(listing.run(None, now), 1) for row in leg.rows]
    problem = next((row.problem for row in rows if row.problem), None)
    if problem is not None:
        hint = "Check the version of the system, and which fields the service account may see."
        raise SourceMisbehaves(f"A row of {name} cannot be used: it {problem}.", hint=hint)
    return f"{name}: {len(rows)} on the first page." if rows else f"{name}: nothing on the first page."


def _permissions(
    declaration: Declaration, client: Client, context: Context, maps: Mapping[str, tuple[object, ...]]
) -> str:
    found = [f"the access map {name} has {len(entries)} entries" for name, entries in sorted(maps.items())]
    if declaration.principals is not None:
        accounts = list(islice(Directory(client, declaration.principals, context).accounts(), 100))
        if not accounts:
            hint = "Let the service account read the accounts: without them nobody is in any group."
            raise SourceMisbehaves("No accounts can be read.", hint=hint)
        joined = sum(account.verified and account.email is not None for account in accounts)
        found.append(
            f"accounts can be read ({joined} of the first {len(accounts)} with an address that is vouched for)"
        )
    return f"{'; '.join(found)}." if found else "Access is declared."
