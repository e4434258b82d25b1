"""Rows of Tryton as changes: the document, its fingerprint, and who may read it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.sources.base import Change, Fault, ItemAccess, Page, source_grant
from connectors.sources.tryton.access import Judge, Reading, Rules
from connectors.sources.tryton.client import CallRefused, Domain, TrytonClient
from connectors.sources.tryton.config import TrytonConfig
from connectors.sources.tryton.graph import Graph, read_graph
from connectors.sources.tryton.models import SPECS, STAMPS, record
from connectors.sources.tryton.rules import Clauses, all_of, needs
from connectors.sources.tryton.values import Row, moment
from core.access import NOBODY, Access, Conjunction


@dataclass(frozen=True, slots=True)
class Rows:
    """What a call gave. ``last``: the highest id when there may be more."""

    rows: list[Row]
    faults: list[Fault]
    last: int | None


class Reader:
    """Reads the models of one source that the database has."""

    def __init__(self, client: TrytonClient, config: TrytonConfig, name: str) -> None:
        self.client, self._config, self._name = client, config, name
        self.graph: Graph = read_graph(client)
        self.readings = {
            model: Reading.of(self.graph.fitted(SPECS[model]), self.graph, config.restrict.get(model, ()))
            for model in config.models
            if model in self.graph
        }
        self.rules = Rules(client, self.graph, self.readings.values(), config.rule_context)

    def page(self, model: str, domain: Domain, limit: int) -> tuple[Page, int | None]:
        """The first ``limit`` records of the domain, by id, with the last id when there may be more."""
        judge = self._judge(model)
        found = self._rows(model, domain, self._names(model, judge), limit)
        return self._page(model, found, judge), found.last

    def page_of_any(self, model: str, domain: Domain, limit: int) -> tuple[Page, int | None]:
        """The same with deactivated records, which are announced as deleted where they are not kept. One call when
        there are none."""
        ids = self.client.search(model, domain, limit=limit, inactive=True)
        if not ids:
            return Page(()), None
        page, _ = self.page(model, self.among(model, ids), limit)
        return page, ids[-1] if len(ids) >= limit else None

    def access(self, model: str, ids: Sequence[int]) -> tuple[list[ItemAccess], list[Conjunction]]:
        judge = self._judge(model)
        reading = self.readings[model]
        # The fields that are kept apart depend on which of them the record has.
        names = self._names(model, judge) if reading.apart else sorted({"id", *judge.names, *self._active(model)})
        rows = self._wanted(self._rows(model, self.among(model, ids), names, None).rows, ids)
        needed = judge.judged(self.client, rows)
        interned = Interned()
        items: list[ItemAccess] = []
        for row in rows:
            if self._shows(row):
                restricted = self._restricted(reading, row, record(reading.spec, row, reading.apart)[1], interned)
                items.append(ItemAccess(key_of(model, row["id"]), interned.access(needed[row["id"]]), restricted))
        return items, interned.conjunctions

    def among(self, model: str, ids: Iterable[int]) -> Domain:
        """These records, deactivated ones too."""
        domain: Domain = [["id", "in", list(ids)]]
        return [*domain, ["active", "in", [True, False]]] if self.graph.has(model, "active") else domain

    def _wanted(self, rows: list[Row], ids: Sequence[int]) -> list[Row]:
        wanted = set(ids)
        return [row for row in rows if row["id"] in wanted]

    def _judge(self, model: str) -> Judge:
        return Judge(self.readings[model], self.rules.now(), lambda group: source_grant(self._name, group))

    def _names(self, model: str, judge: Judge) -> list[str]:
        return sorted({*self.readings[model].spec.names, *judge.names, *STAMPS, *self._active(model)})

    def _active(self, model: str) -> tuple[str, ...]:
        return ("active",) if self.graph.has(model, "active") else ()

    def _shows(self, row: Row) -> bool:
        # SQLite says 0 where PostgreSQL says false.
        return self._config.include_inactive or bool(row.get("active", True))

    def _rows(self, model: str, domain: Domain, names: list[str], limit: int | None) -> Rows:
        try:
            rows = self.client.search_read(model, domain, names, limit=limit)
            return Rows(rows, [], int(rows[-1]["id"]) if limit and len(rows) >= limit else None)
        except CallRefused:
            # One record that Tryton cannot compute fails the whole call.
            ids = self.client.search(model, domain, limit=limit)
            if not ids:
                raise
            rows, faults = self._halved(model, ids, names)
            return Rows(rows, faults, ids[-1] if limit and len(ids) >= limit else None)

    def _halved(self, model: str, ids: list[int], names: list[str]) -> tuple[list[Row], list[Fault]]:
        """Halves until what cannot be read stands alone."""
        try:
            return self.client.search_read(model, self.among(model, ids), names), []
        except CallRefused as error:
            if len(ids) == 1:
                reason = f"Tryton cannot read it ({error.kind}); open it in Tryton and see the server's log"
                return [], [Fault(key_of(model, ids[0]), reason, "refused")]
        half = len(ids) // 2
        parts = [self._halved(model, each, names) for each in (ids[:half], ids[half:])]
        return [row for rows, _ in parts for row in rows], [fault for _, faults in parts for fault in faults]

    def _page(self, model: str, found: Rows, judge: Judge) -> Page:
        needed = judge.judged(self.client, found.rows)
        interned = Interned()
        changes = tuple(self._change(model, row, needed[row["id"]], interned) for row in found.rows if self._shows(row))
        gone = tuple(key_of(model, row["id"]) for row in found.rows if not self._shows(row))
        return Page(changes, deleted=gone, faults=tuple(found.faults), derived=tuple(interned.conjunctions))

    def _change(self, model: str, row: Row, needed: Clauses, interned: Interned) -> Change:
        reading = self.readings[model]
        key = key_of(model, row["id"])
        made, parts = record(reading.spec, row, reading.apart)
        item = made.item(key)
        return Change(
            key,
            hashlib.sha256(item.body).hexdigest()[:40],
            interned.access(needed),
            moment(row["write_date"]) or moment(row["create_date"]),
            self._config.open_url(model, row["id"]),
            self._restricted(reading, row, parts, interned),
            item,
        )

    def _restricted(
        self, reading: Reading, row: Row, parts: Iterable[tuple[str, str, int | None]], interned: Interned
    ) -> tuple[tuple[str, Access], ...]:
        model = reading.spec.model
        restricted: list[tuple[str, Access]] = []
        for label, field, company in parts:
            asked = [needs([self._grant(f"field:{model}/{field}")])]
            if company is not None:
                asked.append(needs([self._grant(f"companies:{company}")]))
            restricted.append((label, interned.access(all_of(asked))))
        return tuple(restricted)

    def _grant(self, group: str) -> str:
        return source_grant(self._name, group)


class Interned:
    """The accesses of one page; most records share theirs."""

    def __init__(self) -> None:
        self._known: dict[Clauses, Access] = {}
        self.conjunctions: list[Conjunction] = []

    def access(self, clauses: Clauses) -> Access:
        if clauses not in self._known:
            self._known[clauses] = self._made(clauses)
        return self._known[clauses]

    def _made(self, clauses: Clauses) -> Access:
        # No condition at all is a mistake of ours, never an open record; an empty list is a rule nobody satisfies.
        if not clauses or frozenset[str]() in clauses:
            return NOBODY
        if len(clauses) == 1:
            return Access.of(next(iter(clauses)))
        conjunction = Conjunction.of(*clauses)
        self.conjunctions.append(conjunction)
        return Access.of([conjunction.grant])


def key_of(model: str, number: int) -> str:
    return f"{model}/{number}"
