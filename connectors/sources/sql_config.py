"""The configuration of a SQL source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from connectors.kinds import SecretRef, SourceConfig
from connectors.sources.declared import access_of
from connectors.sources.sql_values import shown
from core.errors import Invalid

PLACE = re.compile(r"\{(\w+)\}")
"""A column's place in a template."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _shown(value: Any) -> Any:
    """Values as rows show them, so that ``true`` and ``7`` can be written without quotes."""
    return [shown(each) for each in value] if isinstance(value, list | tuple) else [shown(value)]  # pyright: ignore


def _named(value: Any) -> Any:
    return {name: name for name in value} if isinstance(value, list | tuple) else value  # pyright: ignore


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("is not a time zone; write one such as Europe/Berlin") from None
    return name


Columns = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
Named = Annotated[dict[str, str], BeforeValidator(_named)]
"""Name shown -> column; a list of columns shows them by their own names."""


Values = Annotated[tuple[str, ...], BeforeValidator(_shown)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Part):
    """Rows whose columns have these values may be read by ``allow``, minus ``deny``. An empty ``when`` is any row."""

    when: dict[str, Values] = Field(default={})
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _groups_exist(self) -> Rule:
        _usable(self.allow, self.deny)
        return self


class RowAccess(_Part):
    """Who may read a row: exactly one of a column of group names, a query, or rules of which the first that fits
    counts. A row that gets no group from it is nobody's."""

    column: str | None = None
    separator: Annotated[str, Field(min_length=1)] = ","
    query: str | None = None
    """Gives two columns, the key and a group, for the keys in ``:keys``:
    ``select ticket, team from readers where ticket in :keys``."""
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> RowAccess:
        if sum(map(bool, (self.column, self.query, self.rules))) != 1:
            raise ValueError("give exactly one of column, query and rules")
        if self.query and ":keys" not in self.query:
            raise ValueError("the query has to select by the keys in :keys")
        return self

    def columns(self) -> set[str]:
        return {name for rule in self.rules for name in rule.when} | ({self.column} if self.column else set())


class FieldGroup(_Part):
    """Fields, by the names they are shown with, that only these groups read among those who read the row."""

    fields: Columns
    allow: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _groups_exist(self) -> FieldGroup:
        _usable(self.allow)
        return self


class Deleted(_Part):
    """The column that marks deleted rows: true, a date or a number, or one of ``values``."""

    column: str
    values: Values = ()


class People(_Part):
    """A query for the accounts of the database: columns ``account``, ``email`` and ``grp`` (a row for each group, or
    null), optionally ``name``. With it, groups in columns and queries are those of this source, not the company's."""

    query: str
    verified: bool = False
    """Whether the administrator vouches that each address belongs to the account's person."""


class SqlConfig(SourceConfig):
    """A table, or a query, of which each row is an item."""

    connection: SecretRef
    """A SQLAlchemy URL: ``postgresql://USER:PASSWORD@HOST/DATABASE``."""
    table: str | None = None
    """``tickets`` or ``helpdesk.tickets``."""
    query: str | None = None
    key: Columns
    updated: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """The column with the time of the last change; of several, the first that is not null counts."""
    lag: Annotated[float, Field(ge=0)] = 300
    """How much later than its time a change may become visible: seconds, or the units of a numeric column."""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Of times without a zone."""
    deleted: Deleted | None = None
    access: RowAccess
    people: People | None = None
    title: str
    text: str = ""
    fields: Named = Field(default={})
    restricted: tuple[FieldGroup, ...] = ()
    labels: Named = Field(default={})
    link: str | None = None
    page_rows: Annotated[int, Field(ge=1, le=10_000)] = 500
    statement_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60

    @model_validator(mode="after")
    def _consistent(self) -> SqlConfig:
        if bool(self.table) == bool(self.query):
            raise ValueError("give either table or query")
        if self.access.query and len(self.key) > 1:
            raise ValueError("an access query needs a key of one column")
        self._restricted_columns_stay_fields()
        return self

    def _restricted_columns_stay_fields(self) -> None:
        """What only some may read must not show in the title, the text, a label or a link, which everybody reads."""
        names = [name for group in self.restricted for name in group.fields]
        if len(set(names)) != len(names):
            raise ValueError("a field is in two groups of restricted; put it in one")
        if unknown := sorted(set(names) - set(self.fields)):
            raise ValueError(f"{', '.join(unknown)} in restricted is not among the fields")
        hidden = {self.fields[name] for name in names}
        open_fields = {column for name, column in self.fields.items() if name not in names}
        seen = {*self._templates(), *self.labels.values(), *self.key, *open_fields}
        if leaks := sorted(hidden & seen):
            raise ValueError(f"{', '.join(leaks)} is restricted, so it must not be shown in any other way")

    def _templates(self) -> Iterator[str]:
        for template in (self.title, self.text, self.link or ""):
            yield from PLACE.findall(template)

    def columns(self) -> tuple[str, ...]:
        """All columns that are read, each once."""
        more = {self.deleted.column} if self.deleted else set[str]()
        names = [*self.key, *self.updated, *self._templates(), *self.fields.values(), *self.labels.values()]
        return tuple(dict.fromkeys([*names, *sorted(self.access.columns() | more)]))

    def access_columns(self) -> tuple[str, ...]:
        """The columns that tell whether an item exists and who may read it."""
        more = {self.deleted.column} if self.deleted else set[str]()
        return tuple(dict.fromkeys([*self.key, *sorted(self.access.columns() | more)]))

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.time_zone)


def fill(template: str, texts: Mapping[str, str]) -> str:
    """A template with the columns of a row in their places."""
    return PLACE.sub(lambda place: texts[place[1]], template)


def _usable(allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> None:
    try:
        access_of(allow, deny)
    except Invalid as error:
        raise ValueError(error.message) from None
