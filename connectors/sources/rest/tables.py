"""What belongs to records but is read apart: their children, and small tables to look things up in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import ItemFailed
from connectors.sources.rest.access import names
from connectors.sources.rest.client import Client, PageRefused
from connectors.sources.rest.declaration import Child, Lookup
from connectors.sources.rest.listing import Row
from connectors.sources.rest.template import Context, TemplateFailed, expression

Children = dict[str, list[Any]]


class Lookups(Mapping[str, Mapping[str, Any]]):
    """``lookups.NAME[ID]``: a table is read whole when something first asks for it."""

    def __init__(self, client: Client, declared: Mapping[str, Lookup], context: Context) -> None:
        self._client = client
        self._declared = declared
        self._context = context
        self._read: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._declared:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = dict(self._rows(self._declared[name]))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._declared)

    def __len__(self) -> int:
        return len(self._declared)

    def __contains__(self, name: object) -> bool:
        return name in self._declared

    def _rows(self, lookup: Lookup) -> Iterator[tuple[str, Any]]:
        for page in self._client.pages(lookup, self._context):
            for record in page.rows:
                context = {**self._context, "record": record}
                if lookup.where is not None and not expression(lookup.where)(context):
                    continue
                for key in names(expression(lookup.key)(context)):
                    yield key, record


class Offspring:
    """The children of the records of one page. Those with ``parent`` are read for many records at once."""

    def __init__(self, client: Client, declared: Mapping[str, Child], context: Context, rows: Sequence[Row]) -> None:
        self._client = client
        self._declared = declared
        self._context = context
        self._batches = {name: self._batch(child, rows) for name, child in declared.items() if child.parent is not None}

    def of(self, row: Row) -> Children:
        """Raises ``ItemFailed`` when they cannot be read."""
        return {
            name: self._own(child, row) if child.parent is None else self._shared(name, child, row)
            for name, child in self._declared.items()
        }

    def _shared(self, name: str, child: Child, row: Row) -> list[Any]:
        held = self._batches[name]
        return [each for key in self._keys(child, row) for each in held.get(key, [])]

    def _keys(self, child: Child, row: Row) -> list[str]:
        if child.of is None:
            return [row.id]
        return names(expression(child.of)({**self._context, "record": row.record, "id": row.id}))

    def _own(self, child: Child, row: Row) -> list[Any]:
        context = {**self._context, "record": row.record, "id": row.id}
        try:
            return [each for page in self._client.pages(child, context) for each in self._counting(child, page.rows)]
        except PageRefused as error:
            raise ItemFailed(f"its children cannot be read: {error.message}", transient=error.status != 403) from None

    def _batch(self, child: Child, rows: Sequence[Row]) -> Children:
        found: Children = defaultdict(list)
        assert child.parent is not None, "only those with a parent are read together"
        ids = list(dict.fromkeys(key for row in rows if row.record is not None for key in self._keys(child, row)))
        for start in range(0, len(ids), child.batch):
            context = {**self._context, "ids": ids[start : start + child.batch]}
            for page in self._client.pages(child, context):
                for each in self._counting(child, page.rows):
                    for parent in names(expression(child.parent)({**self._context, "row": each, "record": each})):
                        found[parent].append(each)
        return found

    def _counting(self, child: Child, rows: Sequence[Any]) -> Iterator[Any]:
        for each in rows:
            context = {**self._context, "row": each, "record": each}
            try:
                if child.where is None or expression(child.where)(context):
                    yield each
            except TemplateFailed:
                continue
