"""How the rows of one resource are listed: pages, the mark that says how far it got, and the rows' own id and time.

A mark goes with the page that it came with. Between runs it holds the bound of the next run; within a run it also holds
where to go on: the last row of a keyset, or the saved request for the next page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict

from connectors.errors import SourceMisbehaves
from connectors.sources.rest import declaration as d
from connectors.sources.rest.client import Client, Fetched, PageRefused, Saved
from connectors.sources.rest.moments import back, floor, parse, write
from connectors.sources.rest.template import Context, TemplateFailed, expression, template

RESUME_REFUSED = (400, 404, 410)
"""A saved page that has expired is answered with one of these; the run then starts anew from its bound."""


class Mark(BaseModel):
    """How far one resource has been read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: AwareDatetime | None = None
    """The bound: of the next run, or, within a run, of its requests."""
    began: AwareDatetime | None = None
    """When the run began; None between runs."""
    top: AwareDatetime | None = None
    """The latest change seen so far."""
    after: str | int | None = None
    saved: Saved | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``problem`` says why it cannot be used."""

    id: str
    record: Any = field(repr=False)
    modified_at: datetime | None = None
    gone: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """The rows of one page that count, and the mark once it is committed."""

    rows: tuple[Row, ...]
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Lists ``rows`` (a resource, or its deletions). ``context`` has the settings and lookups."""

    client: Client
    rows: d.Rows
    id: str
    cursor: d.CursorField | None
    deleted: str | None
    context: Context

    def run(self, mark: Mark | None, now: datetime) -> Iterator[Leg]:
        """What changed since the mark, with a mark for each page; everything when there is none."""
        start = self._start(mark, now)
        try:
            yield from self._legs(start, fresh=start.saved is None)
        except PageRefused as error:
            if start.saved is None or error.status not in RESUME_REFUSED:
                raise
            yield from self._legs(start.model_copy(update={"saved": None, "after": None}), fresh=True)

    def all(self, now: datetime) -> Iterator[tuple[Row, ...]]:
        """Everything that exists now."""
        for leg in self.run(None, now):
            yield leg.rows

    def row(self, record: Any) -> Row:
        """A record with its id and time. One that cannot be used is named by its hash."""
        context = {**self.context, "record": record}
        unnamed = "?" + hashlib.sha256(orjson.dumps(record)).hexdigest()[:16]
        if not isinstance(record, Mapping):
            return Row(unnamed, None, problem="is not an object")
        try:
            held = expression(self.id)(context)
        except TemplateFailed as error:
            return Row(unnamed, None, problem=str(error))
        if held is None or isinstance(held, bool | list | dict) or str(held).strip() == "":
            return Row(unnamed, None, problem="has no id")
        try:
            modified = self._modified(context)
            gone = self.deleted is not None and bool(expression(self.deleted)(context))
        except (TemplateFailed, ValueError) as error:
            return Row(str(held), record, problem=str(error))
        return Row(str(held), cast("Any", record), modified, gone)

    def counts(self, record: Any) -> bool:
        """Whether ``where`` holds: the system's own filter is not trusted."""
        if self.rows.where is None:
            return True
        try:
            return bool(expression(self.rows.where)({**self.context, "record": record}))
        except TemplateFailed:
            return False

    def _start(self, mark: Mark | None, now: datetime) -> Mark:
        if self.cursor is None:
            resumed = mark if mark is not None and mark.began is not None else None
            return resumed or Mark(began=now)
        if mark is not None and mark.began is not None:
            return mark
        known = mark.since if mark is not None else None
        since = known or parse(self.cursor.start, "iso", "UTC")
        assert since is not None, "start is checked with the declaration"
        bound = floor(back(since, self.cursor.overlap_seconds if known else 0), self.cursor.grain_seconds)
        return Mark(since=bound, began=now, top=since)

    def _legs(self, mark: Mark, *, fresh: bool) -> Iterator[Leg]:
        if isinstance(self.rows.paginate, d.Keyset):
            yield from self._keyset(self.rows.paginate, mark)
            return
        for page in self.client.pages(self.rows, self._bounds(mark), None if fresh else mark.saved):
            rows = self._rows(page, mark.since)
            mark = mark.model_copy(update={"top": _latest(mark.top, rows), "saved": page.next})
            yield Leg(rows, self._finished(mark) if page.next is None else mark)

    def _keyset(self, paginate: d.Keyset, mark: Mark) -> Iterator[Leg]:
        bound = mark.since
        while True:
            page = self.client.linked(self.rows, self._bounds(mark), mark.saved)
            following = page.next if paginate.more == "link_header" else None
            last = following is None if paginate.more == "link_header" else len(page.rows) < paginate.size
            rows = self._rows(page, bound)
            top = _latest(mark.top, rows)
            if last:
                yield Leg(rows, self._finished(mark.model_copy(update={"top": top})))
                return
            mark = self._moved(paginate, mark, page, following).model_copy(update={"top": top})
            yield Leg(rows, mark)

    def _moved(self, paginate: d.Keyset, mark: Mark, page: Fetched, following: Saved | None) -> Mark:
        """The mark behind the page's last row. A page that was emptied after it was cut is passed by its link."""
        if not page.rows:
            if following is None or following == mark.saved:
                raise SourceMisbehaves(f"{self.client.host} sent a page without rows.", hint=_NOT_MOVING)
            return mark.model_copy(update={"saved": following})
        last = self.row(page.rows[-1])
        if last.record is None or (paginate.by == "modified" and last.modified_at is None):
            raise SourceMisbehaves(f"{self.client.host} sent a last row without id or time.", hint=_NOT_MOVING)
        after: str | int = int(last.id) if isinstance(self._raw_id(last.record), int) else last.id
        since = last.modified_at if paginate.by == "modified" else mark.since
        backwards = since is not None and mark.since is not None and since < mark.since
        if backwards or (since == mark.since and after == mark.after):
            raise SourceMisbehaves(f"{self.client.host} sent a page that was there before.", hint=_NOT_MOVING)
        return mark.model_copy(update={"since": since, "after": after, "saved": None})

    def _raw_id(self, record: Any) -> Any:
        return expression(self.id)({**self.context, "record": record})

    def _rows(self, page: Fetched, bound: datetime | None) -> tuple[Row, ...]:
        rows = (self.row(record) for record in page.rows)
        return tuple(row for row in rows if row.problem or (self._recent(row, bound) and self.counts(row.record)))

    def _recent(self, row: Row, bound: datetime | None) -> bool:
        return bound is None or row.modified_at is None or row.modified_at >= bound

    def _finished(self, mark: Mark) -> Mark:
        """Between runs. What was stamped before the run began and seen after it was read belongs to the next run."""
        if self.cursor is None or mark.top is None or mark.began is None:
            return Mark()
        return Mark(since=min(mark.top, mark.began))

    def _bounds(self, mark: Mark) -> Context:
        cursor = self.cursor
        if cursor is None:
            return {**self.context, "since": None, "until": None, "after": mark.after}
        zone, pattern = self._zone(cursor), cursor.send or cursor.format
        assert mark.since is not None, "a cursor always has a bound"
        until = write(mark.began, pattern, zone) if mark.began else None
        return {**self.context, "since": write(mark.since, pattern, zone), "until": until, "after": mark.after}

    def _modified(self, context: Context) -> datetime | None:
        if self.cursor is None:
            return None
        return parse(expression(self.cursor.field)(context), self.cursor.format, self._zone(self.cursor))

    def _zone(self, cursor: d.CursorField) -> str:
        return template(cursor.zone).text(self.context).strip() or "UTC"


_NOT_MOVING = (
    "It may not honour the filter or the order that it was asked for; see the source's page in docs/connectors."
)


def _latest(top: datetime | None, rows: tuple[Row, ...]) -> datetime | None:
    return max((row.modified_at for row in rows if row.modified_at is not None), default=top) if top is None else max(
        [top, *(row.modified_at for row in rows if row.modified_at is not None)]
    )  # fmt: skip
