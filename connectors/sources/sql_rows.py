"""The statements of a SQL source, and rows as changes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
    text,
)

from connectors.errors import SourceRejected
from connectors.record import Record
from connectors.sources.base import Change, Fault, Page, source_grant
from connectors.sources.declared import access_of
from connectors.sources.sql_config import SqlConfig, fill
from connectors.sources.sql_values import bound, key_text, moment_of, names_in, shown, truth
from core import access
from core.access import NOBODY, Access
from core.errors import Invalid
from core.people import checked_group

Row = Mapping[str, Any]
Position = tuple[Any, tuple[Any, ...]]
"""The time and the key columns of a row that has been read."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is asked of one table or query. ``source`` is the source's name."""

    config: SqlConfig
    source: str

    def stamp(self) -> ColumnElement[Any]:
        names = _columns(self.config.updated)
        return names[0] if len(names) == 1 else func.coalesce(*names)

    def keys(self) -> list[ColumnElement[Any]]:
        return _columns(self.config.key)

    def changed(self, since: Any, after: Position | None) -> Select[Any]:
        """One page in the order of change: from ``since`` on, or behind the row at ``after``."""
        stamp, keys = self.stamp(), self.keys()
        query = self._select(self.config.columns(), stamp.label("vouch_stamp")).where(stamp.is_not(None))
        if after is not None:
            # The first condition is implied by the second, but it is the one that an index can use.
            later = or_(stamp > bound(after[0]), and_(stamp == bound(after[0]), _behind(keys, after[1])))
            query = query.where(stamp >= bound(after[0]), later)
        elif since is not None:
            query = query.where(stamp >= bound(since))
        return query.order_by(stamp, *keys).limit(self.config.page_rows)

    def listed(self, names: Iterable[str], after: tuple[Any, ...] | None) -> Select[Any]:
        """One page in the order of keys."""
        keys = self.keys()
        query = self._select(names)
        if after is not None:
            query = query.where(_behind(keys, after))
        return query.order_by(*keys).limit(self.config.page_rows)

    def named(self, names: Iterable[str], wanted: Sequence[tuple[Any, ...]]) -> Select[Any]:
        """The rows with these keys."""
        keys = self.keys()
        if len(keys) == 1:
            return self._select(names).where(keys[0].in_([bound(values[0]) for values in wanted]))
        each = [and_(*(key == bound(value) for key, value in zip(keys, values, strict=True))) for values in wanted]
        return self._select(names).where(or_(*each))

    def newest(self) -> Select[Any]:
        return select(func.max(self.stamp())).select_from(self._from())

    def without_stamp(self) -> Select[Any]:
        return select(func.count()).select_from(self._from()).where(self.stamp().is_(None))

    def readers(self, connection: Connection, rows: Sequence[Row]) -> dict[str, list[str]]:
        """Item key -> groups, by the access query."""
        if self.config.access.query is None or not rows:
            return {}
        (name,) = self.config.key
        statement = text(self.config.access.query).bindparams(bindparam("keys", expanding=True))
        found: dict[str, list[str]] = {}
        for key, group in connection.execute(statement, {"keys": [row[name] for row in rows]}):
            if key is not None and isinstance(group, str):
                found.setdefault(key_text([key]), []).append(group)
        return found

    def page(self, rows: Sequence[Row], readers: Mapping[str, list[str]], max_bytes: int) -> Page:
        """Rows as changes, deletions and faults; without a cursor."""
        changes: dict[str, Change] = {}
        deleted: list[str] = []
        faults: list[Fault] = []
        keys = [self.key(row) for row in rows]
        twice = {key for key, number in Counter(keys).items() if number > 1}
        for key, row in zip(keys, rows, strict=True):
            if key in twice:
                reason = "several rows have this key; name key columns that are unique, or group the query by them"
                faults.append(Fault(key, reason, "ambiguous", transient=False))
            elif self.is_deleted(row):
                deleted.append(key)
            else:
                change = self._change(key, row, readers)
                assert change.item is not None
                if len(change.item.body) > max_bytes:
                    faults.append(Fault(key, f"larger than {max_bytes // 2**20} MiB", "too_large", transient=False))
                else:
                    changes[key] = change
        unique = {fault.key: fault for fault in faults}
        return Page(tuple(changes.values()), tuple(deleted), tuple(unique.values()))

    def key(self, row: Row) -> str:
        try:
            return key_text([row[name] for name in self.config.key])
        except ValueError as error:
            hint = "Name columns that are never null as key: numbers, text, dates or UUIDs."
            raise SourceRejected(f"A key column {error}.", hint=hint) from None

    def is_deleted(self, row: Row) -> bool:
        mark = self.config.deleted
        if mark is None:
            return False
        value = row[mark.column]
        return shown(value) in mark.values if mark.values else truth(value)

    def access(self, row: Row, key: str, readers: Mapping[str, list[str]]) -> Access:
        """Who may read the row. Names that cannot be groups give nobody anything."""
        declared = self.config.access
        if declared.rules:
            for rule in declared.rules:
                if all(shown(row[name]) in values for name, values in rule.when.items()):
                    return access_of(rule.allow, rule.deny)
            return NOBODY
        names = names_in(row[declared.column], declared.separator) if declared.column else readers.get(key, [])
        return Access.of(grant for name in names if (grant := self._grant(name)))

    def restricted(self) -> tuple[tuple[str, Access], ...]:
        own = {name: access_of(group.allow) for group in self.config.restricted for name in group.fields}
        return tuple(sorted(own.items()))

    def _grant(self, name: str) -> str:
        if self.config.people is not None:
            return source_grant(self.source, name) if name.isprintable() else ""
        try:
            return access.group(checked_group(name))
        except Invalid:
            return ""

    def _change(self, key: str, row: Row, readers: Mapping[str, list[str]]) -> Change:
        config = self.config
        texts = {name: shown(value) for name, value in row.items()}
        quoted = {name: quote(value, safe="") for name, value in texts.items()}
        record = Record(
            " ".join(fill(config.title, texts).split()),
            fill(config.text, texts),
            tuple((name, texts[place]) for name, place in config.fields.items() if texts[place]),
            frozenset(name for name, _ in self.restricted()),
            tuple((name, texts[place]) for name, place in config.labels.items() if texts[place]),
        )
        stamp = next((row[name] for name in config.updated if row[name] is not None), None)
        return Change(
            key,
            hashlib.sha256(record.body()).hexdigest()[:40],
            self.access(row, key, readers),
            None if stamp is None else moment_of(stamp, config.zone),
            fill(config.link, quoted) if config.link else None,
            self.restricted(),
            record.item(key),
        )

    def _select(self, names: Iterable[str], *more: ColumnElement[Any]) -> Select[Any]:
        return select(*_columns(names), *more).select_from(self._from())

    def _from(self) -> FromClause:
        config = self.config
        if config.table is not None:
            schema, _, name = config.table.rpartition(".")
            return table(name, schema=schema or None)
        assert config.query is not None
        return text(config.query.strip().rstrip(";")).columns().subquery("vouch_rows")


def _columns(names: Iterable[str]) -> list[ColumnElement[Any]]:
    return [cast(ColumnElement[Any], column(name)) for name in names]


def _behind(keys: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether the key columns come after ``values``, compared one after the other."""
    first = keys[0] > bound(values[0])
    if len(keys) == 1:
        return first
    return or_(first, and_(keys[0] == bound(values[0]), _behind(keys[1:], values[1:])))
