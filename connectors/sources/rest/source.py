"""A source after a REST declaration."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from connectors.errors import ItemFailed, ItemGone, SourceMisbehaves, SourceRejected
from connectors.http import Rate
from connectors.kinds import Opening, SourceConfig
from connectors.sources.base import (
    AccessPage,
    Account,
    Change,
    Cursor,
    Fault,
    Item,
    ItemAccess,
    NoCursor,
    Page,
    Step,
)
from connectors.sources.rest.access import Rules, names
from connectors.sources.rest.auth import Authenticator, Secrets, chosen
from connectors.sources.rest.check import check
from connectors.sources.rest.client import Client, PageRefused
from connectors.sources.rest.declaration import Declaration, Ids, LinkHeader, NextLink, Read, Resource, Rows, Single
from connectors.sources.rest.document import Builder
from connectors.sources.rest.listing import Leg, Listing, Mark, Row
from connectors.sources.rest.people import Directory
from connectors.sources.rest.settings import ChosenResources, declared_maps, plain_settings, secret_references
from connectors.sources.rest.tables import Lookups, Offspring
from connectors.sources.rest.template import Context, TemplateFailed, expression, render_params, template
from core.access import NOBODY, Access, Conjunction


class RestCursor(Cursor):
    """A mark for each resource, and for each list of deletions (``NAME!deleted``)."""

    marks: dict[str, Mark] = Field(default_factory=dict)


class RestSource:
    """Reads what a declaration declares. An item's key is ``RESOURCE/ID``."""

    def __init__(self, declaration: Declaration, config: SourceConfig, opening: Opening) -> None:
        self.declaration = declaration
        chosen_resources = config.resources if isinstance(config, ChosenResources) else ()
        self.resources = {
            name: resource
            for name, resource in declaration.resources.items()
            if not chosen_resources or name in chosen_resources
        }
        self.lists_everything = all(
            resource.cursor is None and resource.deletions is None and not resource.touched
            for resource in self.resources.values()
        )
        self.cursor: type[Any] = NoCursor if self.lists_everything else RestCursor
        self._opening = opening
        self._settings: Context = {"settings": plain_settings(declaration, config)}
        self._secrets = Secrets(secret_references(declaration, config), opening.secret)
        self._rules = Rules(opening.name, declared_maps(declaration, config))

    def __repr__(self) -> str:
        return f"RestSource({self.declaration.kind}, {self._opening.name})"

    def check(self) -> Iterator[Step]:
        client, maps, now = self._client, self._rules.maps, self._opening.clock()
        return check(self.declaration, self.resources, client, self._context, maps, now)

    def poll(self, cursor: RestCursor | None) -> Iterator[Page]:
        client = self._client()
        context = self._context(client)
        marks = dict(cursor.marks) if isinstance(cursor, RestCursor) else {}
        now = self._opening.clock()
        for name in self.resources:
            first = name not in marks
            for leg in self._listing(client, name, context).run(marks.get(name), now):
                page = self._page(client, name, leg.rows, context)
                yield self._with_cursor(page, marks, name, leg)
            yield from self._touched(client, name, context, marks, now, first=first)
            yield from self._deleted(client, name, context, marks, now)

    def _touched(
        self, client: Client, name: str, context: Context, marks: dict[str, Mark], now: datetime, *, first: bool
    ) -> Iterator[Page]:
        """The records whose lines have changed."""
        for number, made in enumerate(self.resources[name].touched):
            place = f"{name}!touched{number}"
            if first:
                # Everything has just been read: what matters are lines that change from now on.
                marks[place] = Mark(since=now)
                yield Page((), cursor=RestCursor(marks=dict(marks)))
                continue
            for leg in Listing(client, made, made.id, made.cursor, None, context).run(marks.get(place), now):
                parents = (expression(made.parent)({**context, "record": row.record}) for row in leg.rows if row.record)
                ids = list(dict.fromkeys(each for parent in parents for each in names(parent)))
                for rows, missing, faults in self._found(client, name, ids, context):
                    page = self._page(client, name, rows, context)
                    gone = (*page.deleted, *(f"{name}/{each}" for each in missing))
                    yield Page(page.changes, gone, (*page.faults, *faults), derived=page.derived)
                yield self._with_cursor(Page(()), marks, place, leg)

    def _deleted(
        self, client: Client, name: str, context: Context, marks: dict[str, Mark], now: datetime
    ) -> Iterator[Page]:
        """What the system says was deleted."""
        made, place = self.resources[name].deletions, f"{name}!deleted"
        if made is None:
            return
        for leg in Listing(client, made, made.id, made.cursor, None, context).run(marks.get(place), now):
            gone = tuple(f"{name}/{row.id}" for row in leg.rows if not row.problem)
            yield self._with_cursor(Page((), deleted=gone), marks, place, leg)

    def fetch(self, key: str) -> Item:
        for page in self.read([key]):
            for change in page.changes:
                if change.item is not None:
                    return change.item
            for fault in page.faults:
                raise ItemFailed(fault.reason, transient=fault.transient)
        raise ItemGone("is not there any more")

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        client = self._client()
        context = self._context(client)
        for name, ids in self._by_resource(keys):
            if name not in self.resources:
                yield Page((), deleted=tuple(f"{name}/{each}" if each else name for each in ids))
                continue
            for rows, missing, faults in self._found(client, name, ids, context):
                page = self._page(client, name, rows, context)
                gone = (*page.deleted, *(f"{name}/{each}" for each in missing))
                yield Page(page.changes, gone, (*page.faults, *faults), derived=page.derived)

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        client = self._client()
        context = self._context(client)
        for name in self.resources:
            for rows in self._listing(client, name, context, ids_only=True).all(self._opening.clock()):
                if any(row.record is None for row in rows):
                    hint = "Nothing was taken out of the answers. Check what the service account may read."
                    raise SourceMisbehaves(f"A row of {name} has no id.", hint=hint)
                yield tuple(f"{name}/{row.id}" for row in rows if not row.gone)

    def access(self, keys: Sequence[str]) -> AccessPage:
        client = self._client()
        context = self._context(client)
        items: list[ItemAccess] = []
        derived: list[Conjunction] = []
        for name, ids in self._by_resource(keys):
            if name not in self.resources:
                continue
            for rows, _missing, faults in self._found(client, name, ids, context):
                # What cannot be worked out now is read by nobody until it can.
                items.extend(ItemAccess(fault.key, NOBODY) for fault in faults)
                resource = self.resources[name]
                needed = {child: made for child, made in resource.children.items() if made.for_access}
                offspring = Offspring(client, needed, context, rows)
                for row in rows:
                    if not row.gone:
                        access, restricted, behind = self._row_access(name, row, offspring, context)
                        items.append(ItemAccess(f"{name}/{row.id}", access, restricted))
                        derived.extend(behind)
        return AccessPage(tuple(items), tuple(dict.fromkeys(derived)))

    def principals(self) -> Iterator[Account]:
        if self.declaration.principals is None:
            return iter(())
        client = self._client()
        return Directory(client, self.declaration.principals, self._context(client)).accounts()

    def _client(self) -> Client:
        """A client of its own for each call: tokens do not outlive it, and threads do not share it."""
        made, context, opening = self.declaration, self._settings, self._opening
        base = template(made.url).text(context).strip().rstrip("/")
        if not urlsplit(base).hostname:
            raise SourceRejected("The address of the system is not a URL.", hint="Write https:// and its host.")
        rate = Rate(made.rate.per_second, made.rate.burst)
        account = f"{made.kind} {template(made.account).text(context).strip()}"
        session = opening.http.session(account, rate=rate, timeout_seconds=made.timeout_seconds)
        auth = Authenticator(chosen(made.auth, context), context, self._secrets, session, base, opening.clock)
        headers = {name: str(value) for name, value in render_params(made.headers, context).items()}
        return Client(base, session, auth, headers, made.timeout_seconds)

    def _context(self, client: Client) -> Context:
        return {**self._settings, "lookups": Lookups(client, self.declaration.lookups, self._settings)}

    def _listing(self, client: Client, name: str, context: Context, *, ids_only: bool = False) -> Listing:
        resource = self.resources[name]
        rows = _for_ids(resource, resource.ids) if ids_only and resource.ids is not None else resource
        return Listing(client, rows, resource.id, resource.cursor, resource.deleted, context)

    def _with_cursor(self, page: Page, marks: dict[str, Mark], name: str, leg: Leg) -> Page:
        if self.lists_everything:
            return page
        if leg.mark is not None:
            marks[name] = leg.mark
        return Page(page.changes, page.deleted, page.faults, RestCursor(marks=dict(marks)), page.derived)

    def _page(self, client: Client, name: str, rows: Sequence[Row], context: Context) -> Page:
        resource = self.resources[name]
        usable = [row for row in rows if not row.problem and not row.gone]
        faults = [Fault(f"{name}/{row.id}", row.problem, transient=False) for row in rows if row.problem]
        offspring = Offspring(client, resource.children, context, usable)
        changes: dict[str, Change] = {}
        derived: dict[Conjunction, None] = {}
        for row in usable:
            key = f"{name}/{row.id}"
            try:
                change, behind = self._change(key, name, row, offspring, context)
            except ItemFailed as error:
                faults.append(Fault(key, error.reason, transient=error.transient))
            except TemplateFailed as error:
                faults.append(Fault(key, str(error), "declaration", transient=False))
            else:
                changes[key] = change
                derived.update(dict.fromkeys(behind))
        gone = tuple(f"{name}/{row.id}" for row in rows if row.gone and not row.problem)
        return Page(tuple(changes.values()), gone, tuple(faults), derived=tuple(derived))

    def _change(
        self, key: str, name: str, row: Row, offspring: Offspring, context: Context
    ) -> tuple[Change, tuple[Conjunction, ...]]:
        resource = self.resources[name]
        full = {**context, "record": row.record, "id": row.id, "children": offspring.of(row)}
        restricted = frozenset(field for group in resource.restricted for field in group.fields)
        builder = Builder(resource.document, restricted)
        record = builder.record(full)
        body = record.body()
        if len(body) > self._opening.max_bytes:
            raise ItemFailed("is larger than ingest.max_file_mb allows", transient=False)
        access, fields, derived = self._row_access(name, row, None, full)
        fingerprint = hashlib.sha256(body).hexdigest()
        url = builder.url(full)
        return Change(key, fingerprint, access, row.modified_at, url, fields, record.item(key)), derived

    def _row_access(
        self, name: str, row: Row, offspring: Offspring | None, context: Context
    ) -> tuple[Access, tuple[tuple[str, Access], ...], tuple[Conjunction, ...]]:
        resource = self.resources[name]
        full = {**context, "record": row.record, "id": row.id}
        if offspring is not None:
            try:
                full["children"] = offspring.of(row)
            except ItemFailed:
                return NOBODY, (), ()
        access, derived = self._rules.access(resource.access, full)
        fields: list[tuple[str, Access]] = []
        for group in resource.restricted:
            own, behind = self._rules.access(group.access, full)
            fields.extend((field, own) for field in group.fields)
            derived += behind
        return access, tuple(sorted(fields)), derived

    def _by_resource(self, keys: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        found: Mapping[str, list[str]] = defaultdict(list)
        for key in dict.fromkeys(keys):
            name, _, id_ = key.partition("/")
            found[name].append(id_)
        yield from found.items()

    def _found(
        self, client: Client, name: str, ids: list[str], context: Context
    ) -> Iterator[tuple[tuple[Row, ...], tuple[str, ...], tuple[Fault, ...]]]:
        """Rows of these ids, the ids that have gone, and those that cannot be read, some at a time."""
        read = self.resources[name].read
        listing = self._listing(client, name, context)
        if read is None:
            yield self._searched(listing, set(ids), self._opening.clock())
            return
        for start in range(0, len(ids), read.batch):
            some = ids[start : start + read.batch]
            asked = _read_rows(read, self.resources[name])
            try:
                pages = list(client.pages(asked, {**context, "ids": some, "id": some[0]}))
            except PageRefused as error:
                if read.batch == 1 and error.status in (404, 410):
                    yield (), tuple(some), ()
                elif read.batch == 1:
                    yield (), (), (Fault(f"{name}/{some[0]}", error.message, "refused", transient=False),)
                else:
                    raise
                continue
            rows = {row.id: row for page in pages for row in map(listing.row, page.rows)}
            if not rows.keys() <= set(some) and not rows.keys() >= set(some):
                # What a filter that is ignored leaves out of its first rows has not gone.
                raise SourceMisbehaves(
                    f"Asked for some records of {name}, the source sent others.",
                    hint="It ignores the filter of `read`: check the declaration, or leave `read` out.",
                )
            held = tuple(rows[each] for each in some if each in rows and listing.counts(rows[each].record))
            yield held, tuple(each for each in some if each not in {row.id for row in held}), ()

    @staticmethod
    def _searched(
        listing: Listing, ids: set[str], now: datetime
    ) -> tuple[tuple[Row, ...], tuple[str, ...], tuple[Fault, ...]]:
        rows = {row.id: row for page in listing.all(now) for row in page if row.id in ids}
        return tuple(rows.values()), tuple(sorted(ids - set(rows))), ()


def _for_ids(resource: Resource, ids: Ids) -> Rows:
    given = {name: value for name in ("path", "body", "rows", "paginate") if (value := getattr(ids, name)) is not None}
    return resource.model_copy(update={**given, "params": {**resource.params, **ids.params}})


def _read_rows(read: Read, resource: Resource) -> Rows:
    # A reply that says where to go on is not whole, however few ids were asked for.
    follows = isinstance(resource.paginate, NextLink | LinkHeader)
    return Rows(
        path=read.path, method=read.method, params=read.params, headers=read.headers, body=read.body, rows=read.rows,
        paginate=resource.paginate if follows else Single(),
    )  # fmt: skip
