"""What a record of Tryton needs to be read, as account groups: ``model:NAME`` (may read the model, and everything of
other models that its documents show) and what the record rules ask, as ``Rule.get`` of Tryton 8.2 combines them.
``directory`` says which accounts hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from connectors.sources.tryton.client import Domain, TrytonClient
from connectors.sources.tryton.graph import FieldsOf, Graph, Path
from connectors.sources.tryton.models import Spec
from connectors.sources.tryton.pyson import Unsupported
from connectors.sources.tryton.rules import (
    ALWAYS,
    NEVER,
    Clauses,
    Fact,
    Held,
    Node,
    RuleGroup,
    Terms,
    Told,
    all_of,
    compile_domain,
    governing,
    leaves,
    resolve,
)
from connectors.sources.tryton.values import Row, elements, value_at

KNOWN = frozenset({"is_administrator", "groups", "companies"})
"""What Tryton gives to the rules of every model."""
TIMESHEETS = frozenset({
    "timesheet.line", "timesheet.hours_employee", "timesheet.hours_employee_weekly", "timesheet.hours_employee_monthly",
})  # fmt: skip
"""The models to whose rules the timesheet module also gives ``employees``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document of a model shows of which models, and what its fields that are kept apart show."""

    spec: Spec
    places: Mapping[Path, str]
    plain: Mapping[str, set[str]]
    apart: Mapping[str, Mapping[str, set[str]]]
    """Field -> the models and fields that showing it reads."""

    @classmethod
    def of(cls, spec: Spec, graph: Graph, restricted: Iterable[str]) -> Reading:
        names = set(spec.names)
        apart: dict[str, list[str]] = {each: [] for each in restricted}
        for each in spec.fields:
            if each.apart or each.field in apart:
                apart.setdefault(each.field, []).append(each.name)
        for prices in spec.prices:
            own = [name for name in names if name.startswith(f"{prices.relation}.")]
            apart.setdefault(prices.field, []).extend([prices.field, *own])
        kept = {name for group in apart.values() for name in group}
        # What the title or the filters show is shown to whoever finds the document.
        bare = {spec.name, spec.subtitle, *spec.labels.values()} & names
        plain = graph.fields_read(spec.model, (names - kept) | bare)
        return cls(
            spec,
            graph.places(spec.model, names),
            plain,
            {name: graph.fields_read(spec.model, group) for name, group in apart.items()},
        )


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The record rules of the models that are read, compiled."""

    groups: tuple[RuleGroup, ...]
    members: Mapping[int, frozenset[int]]
    """Rule group -> the user groups it is for."""
    terms: Terms
    graph: Graph = field(repr=False)

    def about(self, model: str) -> tuple[tuple[RuleGroup, Path], ...]:
        """The rule groups that count for records of a model, each with the path to what it is about."""
        holders = self.graph.holders(model)
        return tuple((group, holders[group.model]) for group in self.groups if group.model in holders)

    def requirements(self, reading: Reading) -> tuple[Requirement, ...]:
        """What the rules ask of the places of a document."""
        return tuple(_requirements(reading, self))

    def flaws(self, models: Iterable[str]) -> tuple[str, ...]:
        wanted = {holder for model in models for holder in self.graph.holders(model)}
        return tuple(
            f"{group.model}, rule group {group.id}: {flaw}"
            for group in self.groups
            if group.model in wanted and group.reads
            for flaw in group.flaws
        )


class Rules:
    """Reads the rule groups in one call and compiles them again only when they have changed."""

    def __init__(
        self, client: TrytonClient, graph: Graph, readings: Iterable[Reading], added: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._client, self._graph, self._added = client, graph, added
        self._models = {
            each for reading in readings for place in reading.places.values() for each in graph.holders(place)
        }
        self._stored: dict[tuple[str, str], bool] = {}
        self._seen: bytes | None = None
        self._book = Rulebook((), {}, Terms(), graph)

    def now(self) -> Rulebook:
        names = ("model", "global_p", "default_p", "perm_read", "groups", "rules.domain")
        rows = list(self._client.everything("ir.rule.group", [], names))
        seen = orjson.dumps(rows)
        if seen != self._seen:
            self._book, self._seen = self._compiled(rows), seen
        return self._book

    def _compiled(self, rows: list[Row]) -> Rulebook:
        terms = Terms()
        groups = tuple(self._group(row, terms) for row in rows if row["model"] in self._models)
        members = {int(row["id"]): frozenset(map(int, row["groups"])) for row in rows}
        return Rulebook(groups, members, terms, self._graph)

    def _group(self, row: Row, terms: Terms) -> RuleGroup:
        model = str(row["model"])
        names = KNOWN | {"employees"} if model in TIMESHEETS else KNOWN
        names |= frozenset(self._added.get(model, ()))
        fields = FieldsOf(self._client, self._graph, model, self._stored)
        tests: list[Node] = []
        flaws: list[str] = []
        for rule in cast(list[Row], row["rules."]):
            try:
                domain = orjson.loads(rule["domain"])
                tests.append(compile_domain(domain, names, terms, fields))
            except Unsupported as unsupported:
                flaws.append(unsupported.reason)
                tests.append(NEVER_NODE)
        return RuleGroup(
            int(row["id"]), model, bool(row["global_p"]), bool(row["default_p"]), bool(row["perm_read"]),
            tuple(tests), tuple(flaws),
        )  # fmt: skip


NEVER_NODE = Fact('[["id", "=", -1]]')
"""What no record satisfies."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the rules ask of one place of a document."""

    path: Path
    model: str
    node: Node
    held: tuple[Held, ...]
    facts: tuple[Fact, ...]
    told: tuple[str, ...]
    """The account groups it asks for whatever the record."""


class Judge:
    """What each record of a reading needs, by the rules as they are now."""

    def __init__(self, reading: Reading, book: Rulebook, grant: Callable[[str], str]) -> None:
        self._reading, self._grant = reading, grant
        self._requirements = book.requirements(reading)
        self._resolved: dict[tuple[int, tuple[tuple[Any, ...], ...], frozenset[Fact]], Clauses] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """What must be read of each record to judge it."""
        found = {".".join((*each.path, *held.path)) for each in self._requirements for held in each.held}
        found |= {".".join((*each.path, "id")) for each in self._requirements if each.facts}
        return tuple(sorted(found))

    def judged(self, client: TrytonClient, rows: list[Row]) -> dict[int, Clauses]:
        """Record -> what it needs."""
        facts = [self._facts(client, each, rows) for each in self._requirements]
        base = frozenset({frozenset({self._grant(f"model:{self._reading.spec.model}")})})
        return {
            int(row["id"]): all_of([base, *(
                self._needs(number, element, facts[number])
                for number, each in enumerate(self._requirements)
                for element in elements(row, each.path)
            )])
            for row in rows
        }  # fmt: skip

    def _needs(self, number: int, element: Row, satisfied: Mapping[Fact, set[int]]) -> Clauses:
        requirement = self._requirements[number]
        values = {held: tuple(value_at(element, held.path)) for held in requirement.held}
        facts = frozenset(fact for fact, ids in satisfied.items() if element["id"] in ids)
        key = (number, tuple(values.values()), facts)
        if key not in self._resolved:
            try:
                self._resolved[key] = resolve(requirement.node, values, facts, self._grant)
            except Unsupported:
                self._resolved[key] = NEVER
        return self._resolved[key]

    @staticmethod
    def _facts(client: TrytonClient, requirement: Requirement, rows: list[Row]) -> dict[Fact, set[int]]:
        """Which records satisfy each fact: Tryton itself is asked."""
        if not requirement.facts:
            return {}
        ids = sorted({int(element["id"]) for row in rows for element in elements(row, requirement.path)})
        return {
            fact: {
                each
                for start in range(0, len(ids), 1000)
                for each in client.search(
                    requirement.model,
                    [["id", "in", ids[start : start + 1000]], cast(Domain, orjson.loads(fact.text))],
                    inactive=True,
                )
            }
            for fact in requirement.facts
        }


def _requirements(reading: Reading, book: Rulebook) -> Iterator[Requirement]:
    for path, model in reading.places.items():
        about = book.about(model)
        # The rules of an order hold for its lines too, and are asked of the order itself already.
        owned = len(path) == 1 and book.graph.kind_of(reading.spec.model, path) == "one2many"
        if owned and {group.model for group, _ in about} <= {reading.spec.model}:
            continue
        node = governing(model, about)
        if node == ALWAYS:
            continue
        found = tuple(leaves(node))
        yield Requirement(
            path, model, node, tuple(each for each in found if isinstance(each, Held)),
            tuple(each for each in found if isinstance(each, Fact)),
            tuple(each.group for each in found if isinstance(each, Told)),
        )  # fmt: skip
