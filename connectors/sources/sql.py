"""Rows of a database as items, in any dialect that SQLAlchemy speaks. An item's key is the row's key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, text

from connectors.errors import ItemFailed, ItemGone, SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.kinds import Kind, Opening
from connectors.sources.base import (
    AccessPage,
    Account,
    AnySource,
    Cursor,
    Item,
    ItemAccess,
    ListingSource,
    Page,
    Step,
)
from connectors.sources.sql_config import SqlConfig
from connectors.sources.sql_database import CONFIGURATION, SqlDatabase
from connectors.sources.sql_rows import Position, Row, Rows
from connectors.sources.sql_values import Packed, earlier, key_values, pack, shown, unpack
from core.clock import Clock

KEYS_AT_ONCE = 200
"""Databases bound the parameters and the depth of a statement."""


class SqlCursor(Cursor):
    """``since``: the time from which the next pass reads. Within a pass ``after`` is the last row that was read, and
    ``since`` where the pass after it will begin."""

    since: Packed | None
    after: tuple[Packed, tuple[Packed, ...]] | None = None


@dataclass(frozen=True, slots=True)
class SqlListing(ListingSource):
    """Reads every row at each poll, in the order of keys: for tables that keep no time of change."""

    rows: Rows
    database: SqlDatabase
    clock: Clock
    max_bytes: int

    @property
    def config(self) -> SqlConfig:
        return self.rows.config

    def check(self) -> Iterator[Step]:
        found = 0
        try:
            with self.database.connection() as connection:
                for step in self._steps(connection):
                    found += 1
                    yield step
                    if not step.ok:
                        return
        except SourceUnavailable as error:
            yield Step("reach" if found == 0 else "read", False, error.message, error.hint)
        except SourceRejected as error:
            yield Step(
                "authenticate" if found == 0 else "read" if found < 3 else "permissions",
                False,
                error.message,
                error.hint,
            )

    def poll(self, cursor: Any) -> Iterator[Page]:
        after: tuple[Any, ...] | None = None
        with self.database.connection() as connection:
            while True:
                rows, page = self._page(connection, self.rows.listed(self.config.columns(), after))
                yield page
                if len(rows) < self.config.page_rows:
                    return
                after = _moved(after, self._key_columns(rows[-1]))

    def fetch(self, key: str) -> Item:
        for page in self.read([key]):
            for fault in page.faults:
                raise ItemFailed(fault.reason, transient=fault.transient)
            for change in page.changes:
                if change.item is not None:
                    return change.item
        raise ItemGone("is not in the table any more")

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        names = self.config.columns()
        with self.database.connection() as connection:
            for wanted, typed in self._typed(connection, keys):
                _, page = self._page(connection, self.rows.named(names, typed) if typed else None)
                named = {c.key for c in page.changes} | {f.key for f in page.faults} | set(page.deleted)
                gone = tuple(key for key in wanted if key not in named)
                yield Page(page.changes, page.deleted + gone, page.faults)

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        after: tuple[Any, ...] | None = None
        with self.database.connection() as connection:
            while True:
                rows = self._rows(connection, self.rows.listed(self.config.access_columns(), after))
                yield tuple(self.rows.key(row) for row in rows if not self.rows.is_deleted(row))
                if len(rows) < self.config.page_rows:
                    return
                after = _moved(after, self._key_columns(rows[-1]))

    def access(self, keys: Sequence[str]) -> AccessPage:
        items: list[ItemAccess] = []
        own = self.rows.restricted()
        with self.database.connection() as connection:
            for _, typed in self._typed(connection, keys):
                statement = self.rows.named(self.config.access_columns(), typed) if typed else None
                rows, readers = self._read(connection, statement)
                for row in rows:
                    key = self.rows.key(row)
                    if not self.rows.is_deleted(row):
                        items.append(ItemAccess(key, self.rows.access(row, key, readers), own))
        return AccessPage(tuple(items))

    def principals(self) -> Iterator[Account]:
        people = self.config.people
        if people is None:
            return
        found: dict[str, tuple[Row, list[str]]] = {}
        with self.database.connection() as connection:
            for row in self._rows(connection, text(people.query)):
                if not {"account", "email", "grp"} <= row.keys():
                    raise SourceRejected("The people query lacks a column.", hint="Select account, email and grp.")
                _, groups = found.setdefault(shown(row["account"]), (row, []))
                groups += [shown(row["grp"])] if row["grp"] is not None else []
        for key, (row, groups) in sorted(found.items()):
            email = shown(row["email"]) or None
            yield Account(key, email, shown(row.get("name")), tuple(sorted(set(groups))), verified=people.verified)

    def _steps(self, connection: Connection) -> Iterator[Step]:
        yield Step("reach", True, f"A {connection.dialect.name} database answers.")
        yield Step("authenticate", True, "It accepts the account.")
        rows, page = self._page(connection, self.rows.listed(self.config.columns(), None).limit(1))
        yield self._read_step(connection, rows)
        if self.config.people is not None:
            next(self.principals(), None)
        nobody = any(not change.access.allow for change in page.changes)
        detail = "The first row that was read is nobody's." if nobody else "Access is read with the rows."
        yield Step("permissions", True, detail, "Check access, if that is not intended." if nobody else "")

    def _read_step(self, connection: Connection, rows: Sequence[Row]) -> Step:
        return Step("read", True, "Rows can be read." if rows else "The table can be read; it is empty.")

    def _page(self, connection: Connection, statement: Select[Any] | None) -> tuple[list[Row], Page]:
        rows, readers = self._read(connection, statement)
        return rows, self.rows.page(rows, readers, self.max_bytes)

    def _read(self, connection: Connection, statement: Select[Any] | None) -> tuple[list[Row], dict[str, list[str]]]:
        """The rows of a statement and, in the same transaction, who may read them."""
        if statement is None:
            return [], {}
        with self.database.reading(connection):
            rows: list[Row] = [dict(row) for row in connection.execute(statement).mappings()]
            return rows, self.rows.readers(connection, rows)

    def _rows(self, connection: Connection, statement: Any) -> list[Row]:
        with self.database.reading(connection):
            return [dict(row) for row in connection.execute(statement).mappings()]

    def _typed(
        self, connection: Connection, keys: Sequence[str]
    ) -> Iterator[tuple[Sequence[str], list[tuple[Any, ...]]]]:
        """Keys in portions, with the values that their columns have. A row of the table shows their types."""
        sample = self._rows(connection, self.rows.listed(self.config.key, None).limit(1))
        kinds = [pack(value)[0] for value in self._key_columns(sample[0])] if sample else []
        for start in range(0, len(keys), KEYS_AT_ONCE):
            wanted = keys[start : start + KEYS_AT_ONCE]
            typed = [key_values(key, kinds) for key in wanted] if kinds else []
            yield wanted, [values for values in typed if values is not None]

    def _key_columns(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.config.key)


@dataclass(frozen=True, slots=True)
class SqlSource(SqlListing):
    """Reads rows in the order in which they changed, page after page behind the last row that was read."""

    cursor = SqlCursor  # type: ignore[assignment]
    lists_everything = False

    def poll(self, cursor: SqlCursor | None) -> Iterator[Page]:
        after = _position(cursor)
        with self.database.connection() as connection:
            since = unpack(cursor.since) if cursor and cursor.since else None
            # A pass that goes on keeps where the next one begins; a new one looks where the changes end now.
            rest = since if after else self._rest(connection)
            while True:
                rows, page = self._page(connection, self.rows.changed(since, after))
                full = len(rows) >= self.config.page_rows
                if full:
                    after = _moved(after, (rows[-1]["vouch_stamp"], self._key_columns(rows[-1])))
                yield Page(page.changes, page.deleted, page.faults, _cursor(rest, after if full else None))
                if not full:
                    return

    def _rest(self, connection: Connection) -> Any:
        """Where the next pass begins: a little before the newest change that is visible when this one does."""
        newest = self._rows(connection, self.rows.newest())
        stamp = next(iter(newest[0].values()))
        try:
            return None if stamp is None else earlier(stamp, self.config.lag, self.clock(), self.config.zone)
        except (ValueError, TypeError):
            hint = "Name a column with a time, a number that grows with each change, or an ISO date as text."
            raise SourceRejected("The updated column holds no time of change.", hint=hint) from None

    def _read_step(self, connection: Connection, rows: Sequence[Row]) -> Step:
        self._rest(connection)
        missing = next(iter(self._rows(connection, self.rows.without_stamp())[0].values()))
        detail = "Rows can be read in the order in which they changed."
        if missing:
            hint = "They are found by the sweep only; name a second column, such as updated: [updated_at, created_at]."
            return Step("read", True, f"{detail} {missing} rows have no time of change.", hint)
        return Step("read", True, detail)


def _moved(before: Any, after: Any) -> Any:
    """The next position, which must not be the one before."""
    if before == after:
        raise SourceMisbehaves(
            "The rows do not come in the order of time and key.", hint=f"A page repeats itself. {CONFIGURATION}"
        )
    return after


def _position(cursor: SqlCursor | None) -> Position | None:
    if cursor is None or cursor.after is None:
        return None
    stamp, keys = cursor.after
    return unpack(stamp), tuple(unpack(key) for key in keys)


def _cursor(rest: Any, after: Position | None) -> SqlCursor:
    since = None if rest is None else pack(rest)
    if after is None:
        return SqlCursor(since=since)
    return SqlCursor(since=since, after=(pack(after[0]), tuple(pack(value) for value in after[1])))


def open_sql(config: SqlConfig, opening: Opening) -> AnySource:
    database = SqlDatabase(
        lambda: opening.secret(config.connection), opening.http.permit, config.statement_timeout_seconds
    )
    kind = SqlSource if config.updated else SqlListing
    return kind(Rows(config, opening.name), database, opening.clock, opening.max_bytes)


KIND = Kind(
    name="sql",
    title="SQL database",
    category="sql",
    auth="a SQLAlchemy URL by reference",
    cursor="time of change and key, with a lag; without a time of change every row at each poll",
    deletions="a column that marks them, and a sweep over the keys",
    permissions="a column, a query or declared rules; accounts by a query; field groups",
    tested="PostgreSQL and SQLite; other dialects not",
    config=SqlConfig,
    open=open_sql,
    example="""\
connection: env:HELPDESK_DATABASE_URL
table: helpdesk.tickets
key: id
updated: [updated_at, created_at]
deleted: {column: deleted_at}
access: {column: teams}
title: "{number} {subject}"
text: "{description}"
fields: {State: state, Priority: priority, Cost: cost}
restricted:
  - {fields: [Cost], allow: [finance]}
labels: {state: state}
link: "https://helpdesk.example.com/tickets/{id}"
""",
)
